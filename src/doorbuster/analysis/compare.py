"""This year beside last year, step by step and journey by journey, with how sure one can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from doorbuster.analysis.change import Change
from doorbuster.analysis.comparison_rules import AS_CALIBRATED, ComparisonRules
from doorbuster.analysis.estimates import Estimates, Sides
from doorbuster.analysis.failing_more import error_changes
from doorbuster.analysis.gate_file import QUANTILES, Regression
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, measured_selections
from doorbuster.analysis.noise import NoiseProfile
from doorbuster.analysis.paired import paired_changes
from doorbuster.analysis.slower import latency_changes

COMPARED_QUANTILES: Final = ("p50", "p95", "p99")
LOAD_DIFFERENCE: Final = 0.10


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
    paired: bool = False
    """Whether the other side is the control that was walked in the same run."""

    def of(self, selection: Selection, metric: str) -> Change | None:
        """One change; None for what neither side measured."""
        found = (one for one in self.changes if (one.selection, one.metric) == (selection, metric))
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
    known = estimates or Estimates(rules.resamples)
    ours, theirs = _measured_by(candidates), _measured_by(baselines)
    asked = [one.selection for one in declared]
    selections = [one for one in dict.fromkeys((*ours, *theirs, *asked)) if one != Selection()]
    quantiles = [one for one in QUANTILES if one in COMPARED_QUANTILES or one in {entry.metric for entry in declared}]
    margins: dict[tuple[Selection, str], float] = {(one.selection, one.metric): one.allowance for one in declared}

    def margin(selection: Selection, metric: str) -> float:
        return margins.get((selection, metric), rules.allowance(metric))

    changes = [
        *(
            paired_changes(candidates[0], baselines[0], selections, quantiles, margin, rules)
            if sides.paired
            else latency_changes(sides, selections, quantiles, margin, rules, known)
        ),
        *error_changes(sides, [Selection(), *selections], margin, rules, known),
    ]
    order = [Selection(), *selections]
    changes.sort(key=lambda one: order.index(one.selection))  # stable: quantiles first, then the error rate
    warnings = list(candidates[0].info.get("control", {}).get("differences", ())) if sides.paired else _warnings(sides)
    if sides.both:
        warnings += [f"{selection.name} was measured this year only" for selection in ours if selection not in theirs]
        warnings += [f"{selection.name} was measured last year only" for selection in theirs if selection not in ours]
    table = pd.DataFrame([_row(change) for change in changes], columns=list(_COLUMNS))
    return Comparison(table, tuple(warnings), tuple(changes), sides.paired)


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


def _warnings(sides: Sides) -> list[str]:
    if not sides.baselines or not sides.candidates:
        return []
    ours, theirs = sides.candidates[0], sides.baselines[0]
    warnings = []
    for key, said in (("platform", "platform"), ("seed", "seed"), ("scenario", "scenario")):
        here, there = (
            {str(value) for run in runs if (value := run.info.get(key)) is not None}
            for runs in (sides.candidates, sides.baselines)
        )
        if here and there and here != there:  # real shoppers had no seed
            warnings.append(
                f"the {said} differs: {', '.join(sorted(here))} this year, {', '.join(sorted(there))} last year"
            )
    load, load_then = planned_per_minute(ours), planned_per_minute(theirs)
    if load_then and abs(load / load_then - 1) > LOAD_DIFFERENCE:
        warnings.append(
            f"the planned load differs: {load:.0f} sessions a minute this year, {load_then:.0f} last year, "
            "so part of any difference is the load"
        )
    return warnings


def planned_per_minute(run: Run) -> float:
    """Sessions a minute that were planned after the warm-up."""
    planned = run.arrivals.loc[run.arrivals["second"] >= run.warm_up_s, "planned"].sum()
    return 60 * float(planned) / max(1.0, run.duration_s - run.warm_up_s)
