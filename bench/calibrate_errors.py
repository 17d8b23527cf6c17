"""Error rates beside error rates: failures one by one and in bursts, and what the verdict makes of them."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import Any, Final

import numpy as np
from calibration_section import Bar, Section

from doorbuster.analysis.change import Change
from doorbuster.analysis.comparison_rules import AS_CALIBRATED
from doorbuster.analysis.failing_more import changes_of_shares
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.shares import Share
from doorbuster.vocabulary import STEPS

SEED: Final = 8
TESTED: Final = tuple(Selection(step) for step in STEPS)
BLOCKS: Final = 20  # of 30 s, in ten minutes
BURSTS: Final = 3  # of 10 s, in a block
BURST_SHAPE: Final = 0.3
"""Of the gamma that multiplies the error rate of each 10 s of a bursty shop: most hardly fail, a few do eight-fold."""
BEFORE, AT_MARGIN, WORSE = 0.001, 0.003, 0.005
STEPS_A_SIDE: Final = (3_000, 10_000, 50_000)
Key = tuple[bool, int, float]


def side(rng: np.random.Generator, rate: float, steps: int, bursty: bool) -> Share:
    """One run: failures in blocks of equal size."""
    shape = (BLOCKS, BURSTS)
    each = steps // (BLOCKS * BURSTS)
    rates = rate * (rng.gamma(BURST_SHAPE, 1 / BURST_SHAPE, shape) if bursty else np.ones(shape))
    failed = rng.binomial(each, np.minimum(rates, 1.0)).sum(axis=1).astype(float)
    return Share(failed, np.full(BLOCKS, float(each * BURSTS)))


def measure(slice_only: bool) -> Section:
    """Half a minute; a slice is a tenth of it."""
    repetitions = 60 if slice_only else 600
    rng = np.random.default_rng(SEED)
    found: dict[Key, list[list[Change]]] = defaultdict(list)
    for bursty, steps, rate in product((False, True), STEPS_A_SIDE, (BEFORE, AT_MARGIN, WORSE)):
        for _ in range(repetitions):
            shares = [(one, side(rng, rate, steps, bursty), side(rng, BEFORE, steps, bursty)) for one in TESTED]
            found[bursty, steps, rate].append(changes_of_shares(shares, 1, True, _margin, AS_CALIBRATED))
    return Section("Error rates", _table(found, repetitions), tuple(_bars(found)))


def _margin(_selection: Selection, metric: str) -> float:
    return AS_CALIBRATED.allowance(metric)


def _each(trials: list[list[Change]], **wanted: Any) -> float:
    """Share of single tests that have these fields."""
    return float(np.mean([_has(change, wanted) for trial in trials for change in trial]))


def _any(trials: list[list[Change]], **wanted: Any) -> float:
    """Share of comparisons in which any test has these fields."""
    return float(np.mean([any(_has(change, wanted) for change in trial) for trial in trials]))


def _has(change: Change, wanted: dict[str, Any]) -> bool:
    return all(getattr(change, name) == value for name, value in wanted.items())


def _table(found: dict[Key, list[list[Change]]], repetitions: int) -> str:
    lines = [
        f"{len(TESTED)} steps; {BEFORE:.1%} failed last year, and {BEFORE:.1%}, {AT_MARGIN:.1%} or {WORSE:.1%} this "
        f"year; limit {AS_CALIBRATED.error_margin}; {repetitions} repetitions. In bursts: every 10 s have a rate of "
        f"their own, gamma with shape {BURST_SHAPE}. *Rise*: called a rise beyond chance. A lucky run of a shop that "
        "fails in bursts passes at its limit more often than one in twenty: twenty blocks show few bursts.\n",
        "| failures | steps a side | any FAIL, nothing changed | any FAIL, all at the limit | any rise, nothing changed"
        f" | PASS at {BEFORE:.1%} | PASS at the limit | FAIL at {WORSE:.1%} | rise at {WORSE:.1%} |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for bursty, steps in product((False, True), STEPS_A_SIDE):
        same, limit, worse = (found[bursty, steps, rate] for rate in (BEFORE, AT_MARGIN, WORSE))
        cells = [
            _any(same, verdict="FAIL"),
            _any(limit, verdict="FAIL"),
            _any(same, beyond_chance=True),
            _each(same, verdict="PASS"),
            _each(limit, verdict="PASS"),
            _each(worse, verdict="FAIL"),
            _each(worse, beyond_chance=True),
        ]
        shown = " | ".join(f"{cell:.3f}".removeprefix("0") for cell in cells)
        lines.append(f"| {'in bursts' if bursty else 'one by one'} | {steps:,} | {shown} |")
    return "\n".join(lines)


def _bars(found: dict[Key, list[list[Change]]]) -> list[Bar]:
    same = max(_any(found[bursty, steps, BEFORE], verdict="FAIL") for bursty in (False, True) for steps in STEPS_A_SIDE)
    bars = [Bar("errors: any FAIL where nothing changed <= 0.02", f"{same:.3f}", same <= 0.02)]
    for bursty, named, most in ((False, "one by one", 0.07), (True, "in bursts", 0.10)):
        at_limit = max(_any(found[bursty, steps, AT_MARGIN], verdict="FAIL") for steps in STEPS_A_SIDE)
        passed = max(_each(found[bursty, steps, AT_MARGIN], verdict="PASS") for steps in STEPS_A_SIDE)
        bars.append(Bar(f"errors {named}: any FAIL at the limit <= 0.07", f"{at_limit:.3f}", at_limit <= 0.07))
        bars.append(Bar(f"errors {named}: PASS per test at the limit <= {most:.2f}", f"{passed:.3f}", passed <= most))
    seen = _each(found[False, 50_000, WORSE], verdict="FAIL")
    bars.append(
        Bar(
            f"errors: {BEFORE:.1%} that became {WORSE:.1%} fails with 50,000 steps >= 0.95", f"{seen:.3f}", seen >= 0.95
        )
    )
    return bars
