"""Comparisons drawn from a pool of runs whose truth is known: what came out of each, counted."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from calibration_pool import ONE_STEP, QUANTILES, SEED, SLOW_STEPS, Pool, make_pool

from doorbuster.analysis.compare import compare_runs
from doorbuster.analysis.comparison_rules import AS_CALIBRATED
from doorbuster.analysis.estimates import Sides
from doorbuster.analysis.families import Families, compare_families
from doorbuster.analysis.gate_file import Regression
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.regressions import judge_regression, undeclared
from doorbuster.analysis.spread import Group

DESIGNS: Final = ((1, 0), (1, 5), (3, 0), (3, 5), (5, 5))
"""Runs a side, and further A/A runs."""
MARGIN: Final = math.log(1 + AS_CALIBRATED.allowance("p95"))
EVERY_STEP: Final = (1.2, 1.3, 1.5)
GATED: Final = ((1, 5), (3, 5), (5, 5))
GATE: Final = tuple(
    Regression.model_validate({"required": True, **entry})
    for entry in (
        {"journey": "native_checkout", "metric": "p95", "worse_than_last_year": "10%"},
        {"step": "*", "metric": "p95", "worse_than_last_year": "10%"},
        {"step": "*", "metric": "error_rate", "worse_than_last_year": "0.2pp"},
    )
)
"""What a shop would have PASS rest on: the journey that earns the money, the whole shop, and errors."""


Found = dict[tuple[Any, ...], list[float]]
"""Outcomes by what was asked: one number a repetition."""


def try_pool(spread: float, number: int, size: int, repetitions: int) -> Found:
    """Every design on one pool: `repetitions` of each."""
    pool = make_pool(spread, number, size)
    rng = np.random.default_rng([SEED, round(spread * 1000), number, 1])
    found: Found = defaultdict(list)
    limits = np.full(pool.logs.shape[1:], MARGIN)
    for a, h in DESIGNS:
        for repetition in range(repetitions):
            step = repetition % len(SLOW_STEPS)
            ours, theirs, repeats = _draw(rng, size, step, a, h)
            key = (spread, a, h)
            for what, factor, families in _families(pool, ours, theirs, repeats):
                failed = bool(families.failed(limits).any() or families.run_failed(limits[0]).any())
                found[*key, "fail", what, factor].append(failed)
                passed = families.passed(limits, AS_CALIBRATED.pass_confidence)
                run_passed = families.run_passed(limits[0], AS_CALIBRATED.pass_confidence)
                if what == "every":
                    told = ~np.isnan(families.low)
                    found[*key, "pass", what, factor].append(float(passed[told].mean()))
                    found[*key, "run pass", what, factor].append(float(run_passed.mean()))
                found[*key, "any pass", what, factor].append(bool(passed.any() or run_passed.any()))
                if what == "one":
                    at = pool.selections.index(Selection(SLOW_STEPS[step]))
                    found[*key, "found", what, factor].append(bool(families.failed(limits)[at].any()))
    _try_the_gate(pool, rng, spread, repetitions, found)
    _try_naive(pool, spread, found)
    return dict(found)


def _draw(
    rng: np.random.Generator, size: int, step: int, a: int, h: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Candidates that can have the same slow step, baselines and A/A runs, no run twice."""
    ours = rng.choice(np.arange(step, size, len(SLOW_STEPS)), a, replace=False)
    others = rng.permutation(np.setdiff1d(np.arange(size), ours))
    return ours, others[:a], others[a : a + h]


def _families(
    pool: Pool, ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], repeats: np.ndarray[Any, Any]
) -> Iterator[tuple[str, float, Families]]:
    """The comparison as it was, with one step slower, and with every step slower ("every" at 1.0 is no change)."""
    baselines = Group(pool.logs[theirs], pool.within[theirs])
    aa = (Group(pool.logs[repeats], pool.within[repeats]),) if len(repeats) else ()
    blocks = pool.estimates.cells(pool.runs[0]).blocks
    changes = [("one", factor, pool.slowed[factor][ours]) for factor in ONE_STEP]
    changes += [
        ("every", factor, pool.logs[ours] + math.log(factor))
        for factor in (1.0, round(math.exp(MARGIN), 6), *EVERY_STEP)
    ]
    for what, factor, logs in changes:
        candidates = Group(logs, pool.within[ours])
        yield what, factor, compare_families(candidates, baselines, pool.steps, AS_CALIBRATED, blocks, aa)


def _try_the_gate(pool: Pool, rng: np.random.Generator, spread: float, repetitions: int, found: Found) -> None:
    """The gate in its recommended form, from runs to verdict, for a release that changed nothing."""
    for a, h in GATED:
        for repetition in range(repetitions):
            drawn = _draw(rng, len(pool.runs), repetition % len(SLOW_STEPS), a, h)
            ours, theirs, repeats = ([pool.runs[at] for at in side] for side in drawn)
            comparison = compare_runs(ours, theirs, repeats, pool.estimates, AS_CALIBRATED, GATE)
            sides = Sides(tuple(ours), tuple(theirs), tuple(repeats))
            entries = [judge_regression(one, comparison, sides, "", pool.estimates) for one in GATE]
            words = {entry.verdict for entry in (*entries, *undeclared(comparison, GATE))}
            found[spread, a, h, "gate fails"].append("FAIL" in words)
            found[spread, a, h, "gate passes"].append(words <= {"PASS", "ADVICE"})
            families = next(one for what, at, one in _families(pool, *drawn) if (what, at) == ("every", 1.0))
            limits = np.full(pool.logs.shape[1:], MARGIN)
            quick = bool(families.failed(limits).any() or families.run_failed(limits[0]).any())
            slower = any(change.verdict == "FAIL" and not change.is_errors for change in comparison.changes)
            found["the quick way and the whole way agree",].append(quick == slower)


def _try_naive(pool: Pool, spread: float, found: Found) -> None:
    """What everybody else does with one run and one run: a percentage, or a rank test over all latencies."""
    ratio = pool.logs[:, pool.steps]
    for ours, theirs in zip(range(0, len(ratio) - 1, 2), range(1, len(ratio), 2), strict=False):
        beyond = ratio[ours] - ratio[theirs] > math.log(1.1)
        found[spread, "naive", "p50, p95, p99"].append(bool(beyond.any()))
        found[spread, "naive", "p95"].append(bool(beyond[:, QUANTILES.index("p95")].any()))
    for ours, theirs in zip(pool.histograms[::2], pool.histograms[1::2], strict=False):
        worst = max(_rank_sum_z(mine, yours) for mine, yours in zip(ours, theirs, strict=True))
        found[spread, "naive", "Mann-Whitney"].append(worst > 2.713)  # one-sided .05 / 15


def _rank_sum_z(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> float:
    """Mann-Whitney's normal deviate from two histograms, ties corrected; positive where ours is slower."""
    both = ours + theirs
    before = np.cumsum(both) - both
    m, n, total = ours.sum(), theirs.sum(), both.sum()
    rank_sum = float((ours * (before + (both + 1) / 2)).sum())
    variance = m * n / 12 * (total + 1 - float((both**3 - both).sum()) / (total * (total - 1)))
    return float((rank_sum - m * (total + 1) / 2) / math.sqrt(variance))
