"""Which steps and journeys are slower than last year, and is the whole shop? `families.py` with names and limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from scipy.special import stdtrit

from doorbuster.analysis.change import Change, ChangeVerdict
from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.estimates import Estimates, Sides, geometric_mean_ms
from doorbuster.analysis.families import Families, compare_families, mean_told
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.spread import Floats

TWO_SIDED_95: Final = 0.975
# Standard errors that lie between a limit and a PASS (96 %, with the usual repeats), and what gets it in 9 of 10 tries.
_SURE, LIKELY = 1.9, 1.28

Margin = Callable[[Selection, str], float]


def latency_changes(
    sides: Sides,
    selections: Sequence[Selection],
    metrics: Sequence[str],
    margin: Margin,
    rules: ComparisonRules,
    estimates: Estimates,
) -> list[Change]:
    """The whole shop (median over steps), then each selection, by metric. `margin`: shares of last year's time."""
    measured = [[_measured(sides, one, metric, estimates) for metric in metrics] for one in selections]
    if not sides.both:
        return [change for row in measured for change in row]
    families = families_of(sides, selections, metrics, rules, estimates)
    rows = [[_whole_shop(measured, q, metric) for q, metric in enumerate(metrics)], *measured]
    margins = np.array([[margin(change.selection, change.metric) for change in row] for row in rows])
    lines = _Lines(families, np.log1p(margins), rules, 1 / len(sides.candidates) + 1 / len(sides.baselines))
    return [
        replace(change, margin=float(margins[s, q]), **lines.told(s, q))
        for s, row in enumerate(rows)
        for q, change in enumerate(row)
    ]


def families_of(
    sides: Sides,
    selections: Sequence[Selection],
    metrics: Sequence[str],
    rules: ComparisonRules,
    estimates: Estimates,
) -> Families:
    """The three families on these axes: journeys, and steps within a journey, are not among the steps."""
    steps = np.array([one.kind == "step" and one.journey is None for one in selections])
    noise = sides.noise.spread_for([one.name for one in selections], metrics) if sides.noise else None
    # A profile was learnt from whole runs, and is told from what chance does in those.
    whole = (
        estimates.unmatched.group((*sides.candidates, *sides.baselines), selections, metrics)
        if (noise and estimates.unmatched)
        else None
    )
    return compare_families(
        estimates.group(sides.candidates, selections, metrics),
        estimates.group(sides.baselines, selections, metrics),
        steps,
        rules,
        blocks=min(estimates.cells(run).blocks for run in (*sides.candidates, *sides.baselines)),
        repeats=(estimates.group(sides.aa, selections, metrics),) if sides.aa else (),
        noise=noise,
        within_noise=mean_told(whole.within, axis=0) if whole else None,
    )


class _Lines:
    """Families and limits with the whole shop as row 0 above the selections."""

    def __init__(self, families: Families, limits: Floats, rules: ComparisonRules, runs: float) -> None:
        """`limits`: logarithms, shape (1 + selections, quantiles); `runs`: 1/a + 1/b."""
        known = np.vstack([families.run_repeats, np.broadcast_to(families.repeats, families.change.shape)])
        self.single = known == 0
        self.limits, self.runs = limits, runs
        self.change = np.vstack([families.run_change, families.change])
        self.error = np.vstack([families.run_error[None, :], families.error])
        self.df = np.vstack([families.run_df, np.broadcast_to(families.df, families.change.shape)])
        self.low = np.vstack([families.run_low, families.low])
        nothing = np.full((1, limits.shape[1]), math.nan)
        self.relative_low = np.vstack([nothing, families.relative_low])
        self.relative_reach = np.vstack([nothing, families.relative_change - families.relative_low])
        self.beside = np.vstack([nothing > 0, families.failed_beside_the_rest(limits[1:])])
        self.failed = np.vstack([families.run_failed(limits[0]), families.failed(limits[1:])])
        sure = rules.pass_confidence
        self.passed = np.vstack([families.run_passed(limits[0], sure), families.passed(limits[1:], sure)])

    def told(self, s: int, q: int) -> dict[str, Any]:
        """Fields of a Change; nothing where a side measured too few."""
        change, error, limit = self.change[s, q], self.error[s, q], self.limits[s, q]
        if math.isnan(change) or math.isnan(error):
            return {}
        half = float(stdtrit(self.df[s, q], TWO_SIDED_95)) * error
        reach = change - self.low[s, q]
        verdict: ChangeVerdict = (
            "FAIL"
            if self.failed[s, q]
            else "PASS"
            if self.passed[s, q]
            else "ADVICE"
            if self.single[s, q]
            else "INCONCLUSIVE"
        )
        return {
            "size": math.exp(change),
            "low": math.exp(change - half),
            "high": math.exp(change + half),
            "verdict": verdict,
            "at_least_beside_the_rest": math.exp(self.relative_low[s, q]) if self.beside[s, q] else math.nan,
            "smallest_seen": math.exp(limit + float(np.fmin(reach, self.relative_reach[s, q]))),
            "runs_to_settle": self._runs_to_settle(change, reach / error, error, limit, bool(self.single[s, q])),
        }

    def _runs_to_settle(self, change: float, critical: float, error: float, limit: float, single: bool) -> float:
        """n >= 2 ((z + z') s / distance)^2 runs a side: to pass, or to fail where the limit is behind the change.

        One run a side says too little about the distance, so that no change is taken for granted.
        """
        distance = limit if single else abs(limit - change)
        wanted = _SURE if single or change < limit else critical
        one_run = error / math.sqrt(self.runs)
        return math.ceil(2 * ((wanted + LIKELY) * one_run / distance) ** 2) if distance else math.inf


def _measured(sides: Sides, selection: Selection, metric: str, estimates: Estimates) -> Change:
    ours, theirs = (
        [estimates.quantile(run, selection, metric) for run in runs] for runs in (sides.candidates, sides.baselines)
    )
    return Change(
        selection,
        metric,
        geometric_mean_ms(ours),
        geometric_mean_ms(theirs),
        sum(one.samples for one in ours),
        sum(one.samples for one in theirs),
    )


def _whole_shop(measured: Sequence[Sequence[Change]], q: int, metric: str) -> Change:
    steps = [row[q] for row in measured if row[q].selection.kind == "step" and row[q].selection.journey is None]
    return Change(
        Selection(),
        metric,
        math.nan,
        math.nan,
        sum(one.candidate_samples for one in steps),
        sum(one.baseline_samples for one in steps),
    )
