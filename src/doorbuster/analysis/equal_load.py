"""This year beside last year at equal load: what is left to compare when this year was sent more on purpose.

A shop is slower when it is busier. Where this year carries growth and a buffer, its clock beside last year's compares
two loads, not two releases: at half as much again every quantile is slower though nothing changed, at twice as much
the queue is all there is to see. So both are told at the loads that both had. `docs/calibration.md` has how far off
either view is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from doorbuster.analysis.change import Change
from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.estimates import Sides
from doorbuster.analysis.matched_load import MatchedLoad, match_load
from doorbuster.analysis.planned_load import load_differs, planned_per_minute, planned_sessions, steps_per_session
from doorbuster.analysis.wording import percent, whole


@dataclass(frozen=True, eq=False)
class EqualLoad:
    """The comparison at equal load, or why there is none. Loads are sessions a minute of last year's mix."""

    matched: MatchedLoad
    planned: tuple[float, float]
    """Mean load that this year and last year were planned for."""
    refused: str | None
    changes: tuple[Change, ...] = ()
    table: pd.DataFrame | None = None
    """As `Comparison.table`; None where refused."""

    @property
    def sentence(self) -> str:
        """What the reader has to know of it."""
        planned = (
            f"the planned load differs: {whole(self.planned[0])} sessions a minute this year, "
            f"{whole(self.planned[1])} last year"
        )
        if self.refused:
            return f"{planned}; {self.refused}"
        low, high = self.matched.compared
        return (
            f"{planned}; so years are compared where both were planned for {whole(low)} to {whole(high)}: "
            f"{percent(round(self.matched.overlap, 2))} of last year's steps, "
            f"{percent(round(self.matched.candidate_overlap, 2))} of this year's"
        )


def equal_load(sides: Sides, rules: ComparisonRules) -> EqualLoad | None:
    """Which moments can be compared at equal load; None where planned loads are the same, or one is not known."""
    if not sides.both or not all(sum(planned_sessions(side).values()) for side in (sides.candidates, sides.baselines)):
        return None
    runs = (*sides.candidates, *sides.baselines)
    steps_of = steps_per_session(runs, sides.baselines)
    if not load_differs(sides.candidates, sides.baselines, steps_of):
        return None
    matched = match_load(sides.candidates, sides.baselines, steps_of)
    planned = planned_per_minute(sides.candidates, steps_of), planned_per_minute(sides.baselines, steps_of)
    return EqualLoad(matched, planned, _unknown(sides) or _refusal(matched, rules.overlap_floor))


def _unknown(sides: Sides) -> str | None:
    """Another tool's results do not say who was due when."""
    tools = sorted({run.other_tool for run in (*sides.candidates, *sides.baselines) if run.other_tool})
    if not tools:
        return None
    told = f"the files of {' and '.join(tools)} do not say when shoppers were due"
    return f"{told}: which load they met is not known, and nothing is judged at equal load"


def _refusal(matched: MatchedLoad, floor: float) -> str | None:
    (low, high), (low_then, high_then) = matched.ours, matched.theirs
    if math.isnan(low) or math.isnan(low_then):
        return "a run is too short to tell its load from moment to moment: nothing can be compared at equal load"
    loads = f"({whole(low)} to {whole(high)} sessions a minute, last year {whole(low_then)} to {whole(high_then)})"
    if low >= high_then:
        return f"this year's load starts where last year's ended {loads}: nothing can be compared at equal load"
    if low_then >= high:
        return f"this year's load ended where last year's starts {loads}: nothing can be compared at equal load"
    shares = min((matched.overlap, "last year's"), (matched.candidate_overlap, "this year's"))
    if shares[0] < floor:
        return (
            f"only {percent(round(shares[0], 2))} of {shares[1]} steps came at a load that both years had {loads}: too "
            f"little to compare at equal load, which takes {percent(floor)}"
        )
    return None
