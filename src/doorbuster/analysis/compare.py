"""This year beside last year, step by step and journey by journey, with how sure one can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from doorbuster.analysis.between_runs import share_difference
from doorbuster.analysis.estimates import Estimates, Sides, geometric_mean_ms
from doorbuster.analysis.intervals import normal_deviate
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, measured_selections

COMPARED_METRICS: Final = ("p50", "p95", "p99", "error_rate")
CONFIDENCE: Final = 0.975  # on each side: the intervals shown are 95 % ones
LOAD_DIFFERENCE: Final = 0.10


@dataclass(frozen=True, eq=False)
class Comparison:
    """A tidy table, one row for each step or journey and metric, and what to know before believing it.

    Columns: kind, name, metric, candidate, baseline (milliseconds; shares of one for error_rate), ratio (nan for
    error_rate), difference (candidate - baseline for error_rate, else nan), low, high (95 % interval of the one that is
    given; nan where it cannot be told), candidate_samples, baseline_samples.
    """

    table: pd.DataFrame
    warnings: tuple[str, ...]


def compare_runs(
    candidates: Sequence[Run],
    baselines: Sequence[Run],
    aa: Sequence[Run] = (),
    estimates: Estimates | None = None,
) -> Comparison:
    """Compare runs; several runs a side are merged (mean of log quantiles, sums of counts)."""
    sides = Sides(tuple(candidates), tuple(baselines), tuple(aa))
    known = estimates or Estimates()
    ours, theirs = _measured_by(candidates), _measured_by(baselines)
    rows = [
        _row(sides, selection, metric, known)
        for selection in dict.fromkeys((*ours, *theirs))
        for metric in COMPARED_METRICS
    ]
    warnings = _warnings(sides)
    if candidates and baselines:
        warnings += [f"{selection.name} was measured this year only" for selection in ours if selection not in theirs]
        warnings += [f"{selection.name} was measured last year only" for selection in theirs if selection not in ours]
    return Comparison(pd.DataFrame(rows, columns=list(_COLUMNS)), tuple(warnings))


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
    "candidate_samples",
    "baseline_samples",
)


def _row(sides: Sides, selection: Selection, metric: str, estimates: Estimates) -> tuple[object, ...]:
    about = (selection.kind, selection.name, metric)
    if metric == "error_rate":
        candidate, baseline = (estimates.share_of(runs, selection) for runs in (sides.candidates, sides.baselines))
        low = high = math.nan
        if candidate.samples and baseline.samples:
            z = normal_deviate(CONFIDENCE)
            low, high = share_difference(candidate, baseline, z, z)
        difference = candidate.value - baseline.value
        return (
            *about,
            candidate.value,
            baseline.value,
            math.nan,
            difference,
            low,
            high,
            candidate.samples,
            baseline.samples,
        )
    ours, theirs = (
        [estimates.quantile(run, selection, metric) for run in runs] for runs in (sides.candidates, sides.baselines)
    )
    candidate_ms, baseline_ms = geometric_mean_ms(ours), geometric_mean_ms(theirs)
    samples = (sum(one.samples for one in ours), sum(one.samples for one in theirs))
    ratio = estimates.ratio(sides, selection, metric)
    span = (ratio.low(CONFIDENCE), ratio.high(CONFIDENCE)) if ratio else (math.nan, math.nan)
    return (*about, candidate_ms, baseline_ms, candidate_ms / baseline_ms, math.nan, *span, *samples)


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
