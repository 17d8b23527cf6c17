"""Which moments of this year's and last year's runs can be set beside each other because both were meant to be as busy.

Windows fall into classes of planned load, a tenth wide, over the range that both sides had. In each class every run is
given the same weight, whatever the number of its windows there: standardisation, as of death rates to one population
(Keiding 1987, doi:10.1111/j.1751-5823.1987.tb00443.x). Weights are harmonic means of the counts, which spreads least.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Cells, Measured, Selection, failures
from doorbuster.analysis.planned_load import Floats, LoadWindows, load_windows

CLASS_WIDTH: Final = 1.1
"""Upper over lower end of a class, at most."""


@dataclass(frozen=True, eq=False)
class MatchedLoad:
    """Classes of windows with the same planned load. Loads are in sessions a minute of last year's mix."""

    runs: tuple[Run, ...]
    """Candidates first, then baselines."""
    cells: tuple[Cells, ...]
    """By run: its windows."""
    classes: tuple[NDArray[np.int64], ...]
    """By run: the class of each window; -1 for one that some other run has no match for."""
    count: int
    """How many classes there are."""
    ours: tuple[float, float]
    theirs: tuple[float, float]
    """From the lowest load to the highest that a side was planned for; nan for runs too short to have one."""
    compared: tuple[float, float]
    """The loads that are compared; nan where nothing is matched."""
    overlap: float
    """Share of last year's steps in windows that are matched."""
    candidate_overlap: float
    """The same of this year's."""


def match_load(candidates: Sequence[Run], baselines: Sequence[Run], steps_of: Mapping[str, float]) -> MatchedLoad:
    """Find the windows of both sides that were planned to be as busy. `steps_of`: see `load_windows`."""
    runs = (*candidates, *baselines)
    windows = load_windows(runs, steps_of)
    ours, theirs = _range(windows[: len(candidates)]), _range(windows[len(candidates) :])
    # What either side was asked beyond the other's busiest moment is worked off before it counts again.
    clear = [_without_backlog(one, min(ours[1], theirs[1])) for one in windows]
    loads = np.array([_range([one]) for one in clear])
    low, high = float(loads[:, 0].max()), float(loads[:, 1].min())  # nan where any run has none
    count = math.ceil(math.log(high / low) / math.log(CLASS_WIDTH)) if low < high else 0
    classes = [_classes(one.per_minute, low, high, count) for one in clear]
    shared = [k for k in range(count) if all((one == k).any() for one in classes)]
    classes = [np.where(np.isin(one, shared), one, -1) for one in classes]
    edges = low * (high / low) ** (np.arange(count + 1) / max(1, count))
    return MatchedLoad(
        runs,
        tuple(one.cells for one in windows),
        tuple(classes),
        count,
        ours,
        theirs,
        (float(edges[shared[0]]), float(edges[shared[-1] + 1])) if shared else (math.nan, math.nan),
        _overlap(baselines, windows[len(candidates) :], classes[len(candidates) :]),
        _overlap(candidates, windows[: len(candidates)], classes[: len(candidates)]),
    )


def _range(windows: Sequence[LoadWindows]) -> tuple[float, float]:
    """Lowest and highest load; one of zero has no shoppers, and is not compared."""
    known = np.concatenate([one.per_minute[one.per_minute > 0] for one in windows])
    return (float(known.min()), float(known.max())) if len(known) else (math.nan, math.nan)


def _without_backlog(windows: LoadWindows, busiest: float) -> LoadWindows:
    """Loads, nan while a shop that can do no more than `busiest` would have a backlog: it is busier than the plan says.

    Told from the plan alone. To leave out moments that *were* slow would leave out what is looked for.
    """
    backlog, after = 0.0, []
    for load in np.nan_to_num(windows.per_minute):
        backlog = max(0.0, backlog + load - busiest)
        after.append(backlog)
    return replace(windows, per_minute=np.where(np.array(after) > 0, np.nan, windows.per_minute))


def _classes(per_minute: Floats, low: float, high: float, count: int) -> NDArray[np.int64]:
    """The class of each load, equally wide in its logarithm; -1 outside."""
    if not count:
        return np.full(len(per_minute), -1, dtype=np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        place = np.log(per_minute / low) / math.log(high / low) * count
        inside = (per_minute >= low) & (per_minute <= high)
    return np.where(inside, np.clip(np.nan_to_num(place, neginf=0.0), 0, count - 1), -1).astype(np.int64)


def _overlap(runs: Sequence[Run], windows: Sequence[LoadWindows], classes: Sequence[NDArray[np.int64]]) -> float:
    matched = total = 0.0
    for run, one, own in zip(runs, windows, classes, strict=True):
        _, steps = failures(run, Selection(), one.cells)
        matched += float(steps[own >= 0].sum())
        total += float(steps.sum())
    return matched / total if total else 0.0


def at_matched_load(matched: MatchedLoad, measured: Sequence[Measured]) -> list[Measured]:
    """The same selection of every run, each weighted to one distribution of load; as many samples as that leaves."""
    counts = [one.counts.sum(axis=1, dtype=np.float64) for one in measured]
    return [
        Measured(one.counts * weight[:, None].astype(np.float32), one.first_bucket, one.cells)
        for one, weight in zip(measured, window_weights(matched, counts), strict=True)
    ]


def window_weights(matched: MatchedLoad, counts: Sequence[Floats]) -> list[Floats]:
    """What each window counts for, by run, so that weighted counts add up to the effective number of samples."""
    by_class = np.array(
        [
            np.bincount(own[own >= 0], count[own >= 0], matched.count)
            for own, count in zip(matched.classes, counts, strict=True)
        ]
    ).reshape(len(counts), matched.count)
    with np.errstate(divide="ignore", invalid="ignore"):
        common = 1 / (1 / by_class).sum(axis=0)  # zero where a run has none
    out = []
    for own, count, in_class in zip(matched.classes, counts, by_class, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            class_weight = np.where(in_class > 0, common / in_class, 0.0)
        weight = np.where(own >= 0, class_weight[own], 0.0) if matched.count else np.zeros(len(own))
        squares = float((weight**2 * count).sum())
        out.append(weight * (float((weight * count).sum()) / squares if squares else 0.0))
    return out
