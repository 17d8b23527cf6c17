"""Groups of runs beside groups, on a shop whose truth is known: how often is chance called a change, what is found?

Runs are simulated and measured once, in four pools a spread that share nothing, and each repetition draws its
candidates, baselines and repeats from one of them. How far the four lie apart says how much doubt is in a figure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from typing import Any, Final

import numpy as np
from calibration_pool import ONE_STEP, SECONDS, SESSIONS_PER_S
from calibration_section import Bar, Section
from calibration_trials import DESIGNS, EVERY_STEP, GATED, MARGIN, Found, try_pool

from doorbuster.analysis.comparison_rules import AS_CALIBRATED

SPREADS: Final = (0.0, 0.03, 0.05, 0.08)
"""Standard deviations between runs of the logarithm of the shop's speed, before the queue makes more of them."""
POOLS: Final = 4
SIZE, REPETITIONS = 48, 160
"""Runs in a pool, and repetitions of each design in it."""
SLICE_SIZE, SLICE_REPETITIONS = 24, 60
AT_MARGIN: Final = round(math.exp(MARGIN), 6)
Key = tuple[Any, ...]


class Tallies:
    """What came out by what was asked: a mean over all repetitions, and its standard error between the pools."""

    def __init__(self, pools: list[Found]) -> None:
        self._by_pool: dict[Key, list[list[float]]] = defaultdict(list)
        for found in pools:
            for key, values in found.items():
                self._by_pool[key].append(values)

    def mean(self, *key: Any) -> float:
        return float(np.mean(np.concatenate(self._by_pool[key])))

    def error(self, *key: Any) -> float:
        """Of the mean; never less than that of independent repetitions."""
        each = self._by_pool[key]
        values = np.concatenate(each)
        apart = np.std([np.mean(one) for one in each], ddof=1) / math.sqrt(len(each)) if len(each) > 1 else 0.0
        return max(float(apart), float(np.std(values)) / math.sqrt(len(values)))

    def shown(self, *key: Any) -> str:
        return f"{self.mean(*key):.3f}".removeprefix("0")

    def doubted(self, *key: Any) -> str:
        return f"{self.mean(*key):.3f} +- {self.error(*key):.3f}"

    def repetitions(self, *key: Any) -> int:
        return sum(len(one) for one in self._by_pool[key])


def measure(slice_only: bool) -> Section:
    """The whole, about nine minutes on two cores; a slice is one small pool of the 5 % spread, in half a minute."""
    spreads, pools = ((0.05,), 2) if slice_only else (SPREADS, POOLS)
    size, repetitions = (SLICE_SIZE, SLICE_REPETITIONS) if slice_only else (SIZE, REPETITIONS)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
        jobs = [
            workers.submit(try_pool, spread, number, size, repetitions)
            for spread, number in product(spreads, range(pools))
        ]
        tallies = Tallies([job.result() for job in jobs])
    text = "\n\n".join([_opening(tallies, spreads), _table(tallies, spreads), _beside(tallies, spreads)])
    return Section("Groups of runs", text, tuple(_bars(tallies, spreads)))


def _bars(of: Tallies, spreads: tuple[float, ...]) -> list[Bar]:
    bars = []
    for spread in spreads:
        cell = (spread, 3, 5)
        at = f"3 v 3 with 5 A/A, spread {spread:.0%}"
        boundary = 0.07 if spread == 0.08 else 0.05
        bars += [
            _at_most(of, f"{at}: FAIL where nothing changed", 0.02, *cell, "fail", "every", 1.0),
            _at_most(of, f"{at}: any FAIL with every ratio at its margin", boundary, *cell, "fail", "every", AT_MARGIN),
            _at_most(of, f"{at}: PASS per test at the margin", 0.07, *cell, "pass", "every", AT_MARGIN),
            _at_most(of, f"{at}: PASS of the whole shop at the margin", 0.09, *cell, "run pass", "every", AT_MARGIN),
        ]
        naive = (spread, "naive", "p50, p95, p99")
        bars.append(
            Bar(f"the naive 10 % gate cries wolf > .5, spread {spread:.0%}", of.doubted(*naive), of.mean(*naive) > 0.5)
        )
    if 0.08 in spreads:
        one = (0.08, 1, 5, "pass", "every", AT_MARGIN)
        bars.append(_at_most(of, "1 v 1 with 5 A/A, spread 8%: PASS per test at the margin", 0.09, *one))
    found = (0.05, 3, 5)
    bars += [
        _at_least(of, "one step +20 % found", 0.70, *found, "found", "one", 1.2),
        _at_least(of, "one step +30 % found", 0.95, *found, "found", "one", 1.3),
        _at_least(of, "all steps +50 % found", 0.95, *found, "fail", "every", 1.5),
    ]
    passes = [
        of.mean(spread, 1, 0, "any pass", what, factor)
        for spread in spreads
        for what, factor in (*product(("one",), ONE_STEP), *product(("every",), (1.0, AT_MARGIN, *EVERY_STEP)))
    ]
    bars.append(Bar("1 v 1 without A/A never passes anything", f"{max(passes):.3f}", max(passes) == 0))
    same = ("the quick way and the whole way agree",)
    bars.append(
        Bar(
            "`compare_families` on pooled arrays and `compare_runs` on runs come to the same",
            f"{of.mean(*same):.3f} of {of.repetitions(*same)}",
            of.mean(*same) == 1,
        )
    )
    return bars


def _at_most(of: Tallies, says: str, limit: float, *key: Any) -> Bar:
    return Bar(f"{says} <= {limit:.2f}", of.doubted(*key), of.mean(*key) <= limit)


def _at_least(of: Tallies, says: str, limit: float, *key: Any) -> Bar:
    return Bar(f"3 v 3 with 5 A/A, spread 5%: {says} >= {limit:.2f}", of.doubted(*key), of.mean(*key) >= limit)


def _opening(of: Tallies, spreads: tuple[float, ...]) -> str:
    repetitions = of.repetitions(spreads[0], 3, 5, "fail", "every", 1.0)
    worst = max(
        of.error(spread, a, h, *rest)
        for spread in spreads
        for a, h in DESIGNS
        for rest in (
            ("fail", "every", 1.0),
            ("fail", "every", AT_MARGIN),
            ("found", "one", 1.2),
            ("pass", "every", 1.0),
        )
    )
    return (
        f"{SECONDS // 60} minutes at {SESSIONS_PER_S:.0f} sessions/s, 15 steps and 3 journeys, p50, p95 and p99, "
        f"margin {AS_CALIBRATED.margin}, {AS_CALIBRATED.resamples} resamples, {repetitions} repetitions a cell. "
        f"Standard error of a figure, from how far the pools lie apart: at most {worst:.3f}.\n\n"
        "*Spread* is the standard deviation between runs of the shop's speed; the queue makes more of it. *Nothing*: "
        "any FAIL where nothing changed. *Margin*: any FAIL where every ratio is exactly at its margin, and in "
        "brackets a PASS per test there (after the comma, of the whole shop). *PASS*: per test where nothing changed. "
        "*One step*: one of four steps made so many per cent slower, and that step found. *All*: every step slower, "
        "and any FAIL."
    )


def _table(of: Tallies, spreads: tuple[float, ...]) -> str:
    one = "/".join(f"+{factor - 1:.0%}".rstrip("%") for factor in ONE_STEP)
    every = "/".join(f"+{factor - 1:.0%}".rstrip("%") for factor in EVERY_STEP)
    lines = [
        f"| spread | runs a side + A/A | nothing | margin | PASS | one step {one} % | all {every} % |",
        "|---|---|---|---|---|---|---|",
    ]
    for spread, (a, h) in product(spreads, DESIGNS):
        key = (spread, a, h)
        false_passes = f"{of.shown(*key, 'pass', 'every', AT_MARGIN)}, {of.shown(*key, 'run pass', 'every', AT_MARGIN)}"
        lines.append(
            f"| {spread:.0%} | {a} v {a} + {h} | {of.shown(*key, 'fail', 'every', 1.0)} "
            f"| {of.shown(*key, 'fail', 'every', AT_MARGIN)} ({false_passes}) | {of.shown(*key, 'pass', 'every', 1.0)} "
            f"| {' / '.join(of.shown(*key, 'found', 'one', factor) for factor in ONE_STEP)} "
            f"| {' / '.join(of.shown(*key, 'fail', 'every', factor) for factor in EVERY_STEP)} |"
        )
    return "\n".join(lines)


def _beside(of: Tallies, spreads: tuple[float, ...]) -> str:
    lines = [
        "What everybody else does, one run against one run of the same shop, cries wolf so often (15 steps; "
        "Mann-Whitney one-sided at .05/15):\n",
        "| spread | p50, p95 or p99 more than 10 % slower | p95 alone | Mann-Whitney |",
        "|---|---|---|---|",
    ]
    for spread in spreads:
        cells = [of.shown(spread, "naive", what) for what in ("p50, p95, p99", "p95", "Mann-Whitney")]
        lines.append(f"| {spread:.0%} | {' | '.join(cells)} |")
    lines += [
        "\nA gate that asks for the p95 of one journey, the p95 of the whole shop (10 % each) and all errors (0.2 "
        "percentage points), all required, of a release that changed nothing:\n",
        "| spread | " + " | ".join(f"{a} v {a} + {h}: PASS, FAIL" for a, h in GATED) + " |",
        "|---|" + "---|" * len(GATED),
    ]
    for spread in spreads:
        cells = [f"{of.shown(spread, a, h, 'gate passes')}, {of.shown(spread, a, h, 'gate fails')}" for a, h in GATED]
        lines.append(f"| {spread:.0%} | {' | '.join(cells)} |")
    return "\n".join(lines)
