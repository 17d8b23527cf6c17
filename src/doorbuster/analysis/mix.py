"""Who shopped: the shares of the journeys on both sides, and weights that make one mix of two.

A year with more browsers has a faster "all steps", though nobody's page came faster. So where journeys are taken
together, each counts as much as it did last year (direct standardisation; Keiding 1987,
doi:10.1111/j.1751-5823.1987.tb00443.x).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from doorbuster.analysis.load import Run
from doorbuster.analysis.planned_load import planned_sessions
from doorbuster.analysis.wording import percent

MIX_DIFFERENCE: Final = 0.01
"""Shares of sessions that differ by less are left alone, and so are those that chance explains:"""
CHANCE: Final = 3.0
"""standard errors."""


def mix_difference(candidates: Sequence[Run], baselines: Sequence[Run]) -> tuple[bool, str, str] | None:
    """Whether any journey was walked on both sides, and both mixes in words; None where they are alike."""
    ours, theirs = planned_sessions(candidates), planned_sessions(baselines)
    ours_n, theirs_n = sum(ours.values()), sum(theirs.values())
    if not ours_n or not theirs_n:
        return None
    apart = [
        journey
        for journey in dict.fromkeys((*theirs, *ours))
        if _apart(ours.get(journey, 0.0), ours_n, theirs.get(journey, 0.0), theirs_n)
    ]
    if not apart:
        return None
    shared = any(ours[journey] and theirs.get(journey) for journey in ours)
    named = [
        ", ".join(f"{journey} {percent(side.get(journey, 0.0) / total)}" for journey in apart)
        for side, total in ((ours, ours_n), (theirs, theirs_n))
    ]
    return shared, named[0], named[1]


def _apart(ours: float, ours_n: float, theirs: float, theirs_n: float) -> bool:
    difference = abs(ours / ours_n - theirs / theirs_n)
    share = (ours + theirs) / (ours_n + theirs_n)
    chance = math.sqrt(share * (1 - share) * (1 / ours_n + 1 / theirs_n))
    return difference > max(MIX_DIFFERENCE, CHANCE * chance)


def mix_weights(candidates: Sequence[Run], baselines: Sequence[Run]) -> dict[Run, Mapping[str, float]]:
    """What a step of each journey counts for in each run, so that all have last year's mix; empty where they have it.

    A journey that some run did not have counts for nothing, in none of them.
    """
    if mix_difference(candidates, baselines) is None:
        return {}
    each = {run: planned_sessions([run]) for run in (*candidates, *baselines)}
    mix = planned_sessions(baselines)
    in_all = [journey for journey, count in mix.items() if count and all(one.get(journey) for one in each.values())]
    shared = {run: sum(one[journey] for journey in in_all) for run, one in each.items()}
    mix_n = sum(mix[journey] for journey in in_all)
    return {
        run: {journey: mix[journey] / mix_n / (one[journey] / shared[run]) for journey in in_all}
        for run, one in each.items()
    }
