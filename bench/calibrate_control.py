"""A control walked at the same time: how often it shows what is not there, and what it finds in ten minutes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
from calibration_section import Bar, Section
from simulated_shop import STEPS, SimulatedRun, Weather, peaked, service_mean_s, simulate, weather

from doorbuster.analysis.change import Change
from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.measure import measured_selections
from doorbuster.analysis.paired import paired_changes

SECONDS, RUN_SD, WORKERS = 600, 0.05, 8
RATE_PER_S = 12.8  # sessions to each deployment: about 3,070 requests of the steps below, and more of most others
STEPS_OF_3000 = ("cart.create", "cart.add", "cart.view")
METRICS = ("p50", "p95", "p99")
SIZES = (1.03, 1.05, 1.20)
RULES = ComparisonRules()


class Setting(NamedTuple):
    """What the two deployments do not share."""

    seed: int
    own_sd: float = 0.0
    """How far a deployment of the same release differs in each step by itself."""
    apart: float = 0.0
    """Share of the drift's variance that each has for itself."""


class Pair(NamedTuple):
    """What one run with a control came to: its latency rows."""

    changes: list[Change]

    def shown(self, names: Iterable[str] | None = None, size: float = 1.0) -> list[bool]:
        """Of each step or journey (all unless named), whether any of its intervals excludes 1.00, were it so slower."""
        rows: dict[str, bool] = {}
        for one in self.changes:
            if names is None or one.selection.name in names:
                off = one.low * size > 1 or one.high * size < 1
                rows[one.selection.name] = rows.get(one.selection.name, False) or off
        return list(rows.values())


def measure(slice_only: bool) -> Section:
    """The section on controls; a slice has few pairs and only the first table."""
    days, slow_days, odd_days = (8, 6, 0) if slice_only else (200, 150, 45)
    with get_context("fork").Pool(os.cpu_count()) as pool:
        same = _flat(pool.map(partial(_pairs, Setting(1)), range(days), chunksize=1))
        slow = pool.map(partial(_slowed_pair, Setting(1)), range(slow_days), chunksize=1)
        odd = {
            (name, sd): _flat(pool.map(partial(_pairs, setting, deployment_sd=sd, arms=2), range(2 * odd_days)))
            for name, setting in _ODD.items()
            for sd in (RULES.deployment_sd, 0.01)
            if odd_days
        }
    return _section(same, slow, odd)


_ODD = {
    "each step of a deployment is 1 % off by itself": Setting(2, own_sd=0.01),
    "three tenths of the drift are each deployment's own": Setting(3, apart=0.3),
}


def _pairs(setting: Setting, day: int, deployment_sd: float = RULES.deployment_sd, arms: int = 3) -> list[Pair]:
    """Every arm of a day beside the next: nothing changed. Three arms make three pairs."""
    walked = [_arm(setting, day, arm) for arm in range(arms)]
    beside = walked[1:] + (walked[:1] if arms > 2 else [])
    return [_pair(one, other, deployment_sd) for one, other in zip(walked, beside, strict=False)]


def _slowed_pair(setting: Setting, day: int) -> Pair:
    """The candidate is slower by a tenth in three steps, which weigh too little to move the whole shop's median."""
    candidate = _arm(setting, day, 0, dict.fromkeys(STEPS_OF_3000, 1.10))
    return _pair(candidate, _arm(setting, day, 1), RULES.deployment_sd)


def _pair(candidate: SimulatedRun, control: SimulatedRun, deployment_sd: float) -> Pair:
    rules = RULES.model_copy(update={"deployment_sd": deployment_sd})
    selections = measured_selections(candidate)
    return Pair(paired_changes(candidate, control, selections, METRICS, lambda *_: rules.allowance("p50"), rules))


def _arm(setting: Setting, day: int, arm: int, slower: dict[str, float] | None = None) -> SimulatedRun:
    """One deployment's part of a day: the weather is that of all, chance and its own differences are not."""
    shared = weather(np.random.default_rng([setting.seed, day]), SECONDS, RUN_SD)
    own = np.random.default_rng([setting.seed, day, arm])
    rate = peaked(SECONDS, RATE_PER_S)
    mean_s = service_mean_s(float(rate.max()), 0.7, WORKERS)
    return simulate(own, rate, _by_itself(shared, setting, own), mean_s, WORKERS, slower)


def _by_itself(day: Weather, setting: Setting, own: np.random.Generator) -> Weather:
    speeds = {step: speed * float(np.exp(own.normal(0, setting.own_sd))) for step, speed in day.step_speed.items()}
    if not setting.apart:
        return replace(day, step_speed=speeds)
    other = weather(own, SECONDS, RUN_SD).drift
    drift = np.exp(np.sqrt(1 - setting.apart) * np.log(day.drift) + np.sqrt(setting.apart) * np.log(other))
    return replace(day, step_speed=speeds, drift=drift)


def _flat(lists: Iterable[list[Pair]]) -> list[Pair]:
    return [pair for pairs in lists for pair in pairs]


def _section(same: Sequence[Pair], slow: Sequence[Pair], odd: dict[tuple[str, float], list[Pair]]) -> Section:
    alarms = _share(any(pair.shown()) for pair in same)
    found = _share(hit for pair in slow for hit in _told_of_3000(pair))
    rows = [one for pair in slow for one in pair.changes if one.selection.name in STEPS_OF_3000]
    passed = {metric: _share(one.verdict == "PASS" for one in rows if one.metric == metric) for metric in _ROWS}
    calm = [one for pair in same for one in pair.changes]
    fine = {metric: _share(one.verdict == "PASS" for one in calm if one.metric == metric) for metric in _ROWS}
    failed = _share(any(one.verdict == "FAIL" for one in pair.changes) for pair in same)
    worst = max(passed.values())
    bars = (
        Bar("any interval off 1.00 where nothing changed <= .02", f"{alarms:.3f} of {len(same)} runs", alarms <= 0.02),
        Bar("a step of 3,000 requests a side, 10 % slower, is shown >= .95", f"{found:.3f}", found >= 0.95),
        Bar("false PASS at exactly the margin, per row <= .05", f"{worst:.3f}", worst <= 0.05),
        Bar("any FAIL where nothing changed <= .02", f"{failed:.3f}", failed <= 0.02),
    )
    power = " | ".join(f"{_share(hit for pair in same for hit in _told_of_3000(pair, size)):.2f}" for size in SIZES)
    shop = _share(pair.shown(("all steps",), 1.10)[0] for pair in same)
    told = ("chance alone", f"{RULES.deployment_sd:.1%}", str(len(same)), f"{alarms:.3f}", power, f"{found:.2f}")
    table = [f"| {' | '.join(told)} | {shop:.2f} |"]
    for (name, sd), pairs in odd.items():
        sizes = (*SIZES, 1.10)
        hits = " | ".join(f"{_share(h for pair in pairs for h in _told_of_3000(pair, size)):.2f}" for size in sizes)
        all_steps = _share(pair.shown(("all steps",), 1.10)[0] for pair in pairs)
        any_shown = _share(any(pair.shown()) for pair in pairs)
        table.append(f"| {name} | {sd:.1%} | {len(pairs)} | {any_shown:.3f} | {hits} | {all_steps:.2f} |")
    verdicts = "\n".join(f"| {metric} | {fine[metric]:.2f} | {passed[metric]:.3f} |" for metric in _ROWS)
    return Section("A control walked at the same time", _TEXT.format(table="\n".join(table), verdicts=verdicts), bars)


_ROWS = ("typical", *METRICS)


def _told_of_3000(pair: Pair, size: float = 1.0) -> list[bool]:
    """Of each step that has 3,000 requests a side, whether it is shown."""
    enough = {
        one.selection.name
        for one in pair.changes
        if one.selection.name in STEPS_OF_3000 and min(one.candidate_samples, one.baseline_samples) >= 3000
    }
    return pair.shown(enough, size)


def _share(hits: Iterable[bool]) -> float:
    return float(np.mean(list(hits)))


_TEXT = f"""
Runs of {SECONDS // 60} minutes with {2 * RATE_PER_S:.1f} sessions a second, of which each of two deployments gets half,
{len(STEPS)} steps and three journeys; each deployment has its own {WORKERS} workers, at seven tenths of their capacity
at the peak. The speed of the day (standard deviation {RUN_SD:.0%} between runs), that of each step on that day and the
drift within the run are the same for both: this cancels. Arrivals, service times, queues and pauses are each
deployment's own: this does not cancel, and the bootstrap sees it.

What no run can see is how far two deployments of one release differ by themselves. `deployment_sd` in the gate file
says how much of that to allow for, by step; the lower rows have deployments that differ by more than the default
allows for, beside what allowing for 1 % makes of it.

"Shown" means that an interval excludes 1.00: of typical time or a quantile, all rows of a run held together. The 10 %
was simulated in three steps of about 3,070 requests a side; the other sizes, and the whole shop's, are laid onto the
intervals of runs in which nothing changed.

| the deployments differ by | allowed for | runs | A/A shows any | +3 % | +5 % | +20 % | +10 % | whole shop, all +10 % |
|---|---|---|---|---|---|---|---|---|
{{table}}

| row | PASS where nothing changed | false PASS of a step at exactly its margin of 10 % |
|---|---|---|
{{verdicts}}
"""
