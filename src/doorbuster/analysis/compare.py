"""This year beside last year, step by step and journey by journey, with how sure one can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from doorbuster.analysis.change import Change
from doorbuster.analysis.comparable import Difference, forbids
from doorbuster.analysis.comparable import differences as differences_of
from doorbuster.analysis.comparison_rules import AS_CALIBRATED, ComparisonRules
from doorbuster.analysis.equal_load import EqualLoad, equal_load
from doorbuster.analysis.estimates import Estimates, Sides, like_clock
from doorbuster.analysis.failing_more import error_changes
from doorbuster.analysis.gate_file import QUANTILES, Regression
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, measured_selections
from doorbuster.analysis.mix import mix_weights
from doorbuster.analysis.noise import NoiseProfile
from doorbuster.analysis.paired import paired_changes
from doorbuster.analysis.slower import latency_changes
from doorbuster.vocabulary import Clock

COMPARED_QUANTILES: Final = ("p50", "p95", "p99")


@dataclass(frozen=True, eq=False)
class Comparison:
    """A tidy table, one row for each step, journey, the whole shop and metric, and what to know before using it.

    Columns: kind ("run", "journey", "step"), name, metric, candidate, baseline (milliseconds; shares of one for
    error_rate; nan for latencies of the whole shop, whose ratio is the median over steps), ratio (nan for error_rate),
    difference (candidate - baseline for error_rate, else nan), low, high (95 % interval of the one that is given; nan
    where it cannot be told), margin (how much worse is fine: a share of last year's time, a difference of shares for
    error_rate; nan where nothing can be told), verdict (FAIL, PASS, INCONCLUSIVE, ADVICE or ""), candidate_samples,
    baseline_samples.
    """

    table: pd.DataFrame
    warnings: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    """The rows of the table, each with what its sentence needs."""
    differences: tuple[Difference, ...] = ()
    """What else is not the same on both sides."""
    equal_load: EqualLoad | None = None
    """The same at equal load; None where both sides were planned for the same load."""
    paired: bool = False
    """Whether the other side is the control that was walked in the same run: then there is the metric `typical` as
    well, and the intervals of all ratios hold together."""

    clock: Clock = "response"
    """What the times of both sides run from: when a step was due, or when it was sent."""

    @property
    def forbidden(self) -> str | None:
        """Why nothing may be concluded from it; None where something may."""
        return forbids(self.differences)

    @property
    def judged(self) -> tuple[Change, ...]:
        """The changes that a verdict may rest on: those at equal load where the load differs, none where forbidden."""
        if self.forbidden:
            return ()
        return self.equal_load.changes if self.equal_load else self.changes

    @property
    def judged_table(self) -> pd.DataFrame:
        """The table whose rows are judged: that at equal load, where there is one."""
        at_equal_load = self.equal_load.table if self.equal_load else None
        return self.table if at_equal_load is None else at_equal_load

    def unjudged(self) -> Comparison:
        """The same numbers, of which none is a result."""
        at_equal_load = self.equal_load
        if at_equal_load:
            there = at_equal_load.table
            at_equal_load = replace(
                at_equal_load,
                changes=_without_verdict(at_equal_load.changes),
                table=None if there is None else there.assign(verdict=""),
            )
        changes, table = _without_verdict(self.changes), self.table.assign(verdict="")
        return replace(self, changes=changes, table=table, equal_load=at_equal_load)

    def of(self, selection: Selection, metric: str) -> Change | None:
        """The change that is judged; None for what neither side measured."""
        found = (one for one in self.judged if (one.selection, one.metric) == (selection, metric))
        return next(found, None)


def compare_runs(
    candidates: Sequence[Run],
    baselines: Sequence[Run],
    aa: Sequence[Run] = (),
    estimates: Estimates | None = None,
    rules: ComparisonRules = AS_CALIBRATED,
    declared: Sequence[Regression] = (),
    noise: NoiseProfile | None = None,
) -> Comparison:
    """Compare groups of runs. `declared` regressions bring margins of their own, and what else is to be compared.

    `aa` are repeats of one system and `noise` what was learnt from earlier ones: how far runs lie apart by chance.
    """
    sides = Sides(tuple(candidates), tuple(baselines), tuple(aa), noise)
    if sides.paired:  # one plan, one clock, one load: nothing is to be allowed for
        changes = _changes(sides, rules, declared, estimates or Estimates(rules.resamples))
        said = (*(candidates[0].info.get("control") or {}).get("differences", ()), *_one_sided(sides))
        return Comparison(_table(changes), said, tuple(changes), paired=True)
    at_equal_load = equal_load(sides, rules)
    differences = differences_of(candidates, baselines, at_equal_load)
    mix = {} if forbids(differences) else mix_weights(candidates, baselines)
    clock = like_clock((*candidates, *baselines, *aa)) if estimates is None else estimates.clock
    known = Estimates(rules.resamples, mix, clock=clock) if mix or estimates is None else estimates
    changes = _changes(sides, rules, declared, known)
    if at_equal_load and not forbids(differences):
        there = Estimates(rules.resamples, mix, at_equal_load.matched, clock, known)
        told = [replace(one, at_equal_load=True) for one in _changes(sides, rules, declared, there)]
        at_equal_load = replace(at_equal_load, changes=tuple(told), table=_table(told))
    if at_equal_load or forbids(differences):
        changes = list(_without_verdict(changes))  # shown, and not judged
    warnings = (*(one.sentence for one in differences), *_one_sided(sides))
    return Comparison(_table(changes), warnings, tuple(changes), differences, at_equal_load, clock=clock)


def _without_verdict(changes: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(replace(one, verdict="") for one in changes)


def _one_sided(sides: Sides) -> list[str]:
    """What one side alone measured, in sentences."""
    if not sides.both:
        return []
    ours, theirs = _measured_by(sides.candidates), _measured_by(sides.baselines)
    return [
        *(f"{selection.name} was measured this year only" for selection in ours if selection not in theirs),
        *(f"{selection.name} was measured last year only" for selection in theirs if selection not in ours),
    ]


def _changes(
    sides: Sides, rules: ComparisonRules, declared: Sequence[Regression], estimates: Estimates
) -> list[Change]:
    """Every step, journey and the whole shop: quantiles first, then the error rate."""
    measured = _measured_by((*sides.candidates, *sides.baselines))
    asked = [one.selection for one in declared]
    selections = [one for one in dict.fromkeys((*measured, *asked)) if one != Selection()]
    quantiles = [one for one in QUANTILES if one in COMPARED_QUANTILES or one in {entry.metric for entry in declared}]
    margins: dict[tuple[Selection, str], float] = {(one.selection, one.metric): one.allowance for one in declared}

    def margin(selection: Selection, metric: str) -> float:
        return margins.get((selection, metric), rules.allowance(metric))

    changes = [
        *(
            paired_changes(sides.candidates[0], sides.baselines[0], selections, quantiles, margin, rules)
            if sides.paired
            else latency_changes(sides, selections, quantiles, margin, rules, estimates)
        ),
        *error_changes(sides, [Selection(), *selections], margin, rules, estimates),
    ]
    order = [Selection(), *selections]
    return sorted(changes, key=lambda one: order.index(one.selection))  # stable


def _measured_by(runs: Sequence[Run]) -> dict[Selection, None]:
    """Steps and journeys that any of these runs measured, in order."""
    return dict.fromkeys(selection for run in runs for selection in measured_selections(run))


_COLUMNS: Final = (
    "kind",
    "name",
    "metric",
    "candidate",
    "baseline",
    "ratio",
    "difference",
    "low",
    "high",
    "margin",
    "verdict",
    "candidate_samples",
    "baseline_samples",
)


def _table(changes: Sequence[Change]) -> pd.DataFrame:
    return pd.DataFrame([_row(change) for change in changes], columns=list(_COLUMNS))


def _row(change: Change) -> tuple[object, ...]:
    ratio, difference = (math.nan, change.candidate - change.baseline) if change.is_errors else (change.size, math.nan)
    return (
        change.selection.kind,
        change.selection.name,
        change.metric,
        change.candidate,
        change.baseline,
        ratio,
        difference,
        change.low,
        change.high,
        change.margin,
        change.verdict,
        change.candidate_samples,
        change.baseline_samples,
    )
