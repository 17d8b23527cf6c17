"""How busy a shop was meant to be at each moment of a run: the load under which a latency was measured.

The load of a window is what was planned to arrive in it and shortly before, since shoppers who came a moment ago are
still clicking. It is told by the plan, never by what the shop made of it: a shop that answers late would else change
its own yardstick. Journeys count by the steps they bring: a checkout is more load than a glance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Cells, Selection, chosen_rows, judged_cells

WINDOW_S: Final = 10
TRAIL_S: Final = 30
"""Planned load is summed over so long before the end of a window, or over a mean visit where that is longer."""
LOAD_DIFFERENCE: Final = 0.05
"""Beyond this, load shows. In a shop that is busy for 80 % at its peak, 5 % more load alone made p95 4 % slower."""
CHANCE: Final = 3.0
"""Standard errors of a Poisson count: intervals hold what chance made of the same plan."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LoadWindows:
    """A run in windows of a few seconds."""

    cells: Cells
    trail_s: int
    per_minute: Floats
    """Planned load of each, in sessions a minute of last year's mix: shape (windows,).

    nan at first, where the shop is still filling up or, in a log, who came before is not known; and after the last
    arrival.
    """


def load_windows(runs: Sequence[Run], steps_of: Mapping[str, float]) -> list[LoadWindows]:
    """Windows of several runs on one yardstick. `steps_of`: what a session of each journey counts for.

    Windows are 10 s, trails 30 s, and shorter in runs of less than ten minutes: a sixtieth and a twentieth of the run.
    """
    shortest_s = min(_judged_s(run) for run in runs)
    window_s = max(1, min(WINDOW_S, round(shortest_s / 60)), *(math.ceil(_resolution_s(run)) for run in runs))
    # Where a shop is slow visits last longer: the shortest tells what shoppers meant to take.
    visit_s = min((visit for run in runs if (visit := _mean_visit_s(run))), default=0.0)
    trail_s = max(window_s, min(TRAIL_S, round(shortest_s / 20)), math.ceil(visit_s))
    return [_windows(run, steps_of, window_s, trail_s) for run in runs]


def load_differs(candidates: Sequence[Run], baselines: Sequence[Run], steps_of: Mapping[str, float]) -> bool:
    """Whether one side was planned to be busier, in the mean or at its busiest, by more than chance explains."""
    windows = load_windows((*candidates, *baselines), steps_of)
    means = [planned_per_minute(side, steps_of) for side in (candidates, baselines)]
    counts = [sum(planned_sessions(side).values()) for side in (candidates, baselines)]
    if _apart(*means, *counts):
        return True
    sides = windows[: len(candidates)], windows[len(candidates) :]
    busiest = [max(float(np.nanmax(one.per_minute, initial=0.0)) for one in side) for side in sides]
    return _apart(*busiest, *(one * windows[0].trail_s / 60 for one in busiest))


def _apart(ours: float, theirs: float, ours_n: float, theirs_n: float) -> bool:
    if not (ours and theirs):
        return ours != theirs
    return abs(math.log(ours / theirs)) > max(LOAD_DIFFERENCE, CHANCE * math.sqrt(1 / ours_n + 1 / theirs_n))


def planned_per_minute(runs: Sequence[Run], steps_of: Mapping[str, float]) -> float:
    """Mean load that runs were planned for after the warm-up, in sessions a minute of last year's mix."""
    load = sum(count * steps_of.get(journey, 0.0) for journey, count in planned_sessions(runs).items())
    return 60 * load / max(1.0, sum(_judged_s(run) for run in runs))


def _judged_s(run: Run) -> float:
    return max(1.0, run.duration_s - run.warm_up_s)


def steps_per_session(runs: Sequence[Run], mix_of: Sequence[Run]) -> dict[str, float]:
    """Steps that a session of each journey brought in all these runs, as multiples of the mean over `mix_of`'s mix."""
    sessions, steps = planned_sessions(runs), _steps(runs)
    each = {journey: steps.get(journey, 0.0) / count for journey, count in sessions.items() if count}
    mix = planned_sessions(mix_of)
    mean = sum(each.get(journey, 0.0) * count for journey, count in mix.items()) / max(1.0, sum(mix.values()))
    return {journey: (own / mean if mean else 1.0) for journey, own in each.items()}


def planned_sessions(runs: Sequence[Run]) -> dict[str, float]:
    """Sessions planned after the warm-up by journey, over all these runs."""
    out: dict[str, float] = {}
    for run in runs:
        judged = run.arrivals[run.arrivals["second"] >= run.warm_up_s]
        for journey, planned in judged.groupby("journey", observed=True)["planned"].sum().items():
            out[str(journey)] = out.get(str(journey), 0.0) + float(planned)
    return out


def _steps(runs: Sequence[Run]) -> dict[str, float]:
    out: dict[str, float] = {}
    for run in runs:
        rows = chosen_rows(run, Selection(), "response")
        for journey, count in rows.groupby("journey", observed=True)["count"].sum().items():
            out[str(journey)] = out.get(str(journey), 0.0) + float(count)
    return out


def _windows(run: Run, steps_of: Mapping[str, float], window_s: int, trail_s: int) -> LoadWindows:
    own = judged_cells(run)
    judged_s = own.count * own.cell_s
    block = max(1, round(own.block * own.cell_s / window_s))
    cells = Cells(own.first_s, math.ceil(judged_s / window_s), window_s, block)

    last_s = cells.first_s + cells.count * window_s
    weights = run.arrivals["journey"].astype(str).map(steps_of).fillna(0.0).to_numpy(dtype=np.float64)
    second = run.arrivals["second"].to_numpy()
    inside = second < last_s
    by_second = np.bincount(second[inside], (run.arrivals["planned"].to_numpy() * weights)[inside], last_s)
    until = np.concatenate([[0.0], np.cumsum(by_second)])
    end = cells.first_s + window_s * np.arange(1, cells.count + 1)
    begin = np.maximum(0, end - trail_s)
    per_minute = 60 * (until[end] - until[begin]) / trail_s
    told = (end >= trail_s) & (end <= math.ceil(run.duration_s))
    return LoadWindows(cells, trail_s, np.where(told, per_minute, np.nan))


def _resolution_s(run: Run) -> float:
    """What counts of a log are by: a window cannot be shorter."""
    return float((run.info.get("telemetry") or {}).get("resolution_s") or 1.0)


def _mean_visit_s(run: Run) -> float:
    """Mean length of a visit; 0 where sessions are not known, as in a log."""
    visits = run.sessions[run.sessions["ended_us"].notna()] if len(run.sessions) else run.sessions
    return float((visits["ended_us"] - visits["started_us"]).mean() / 1e6) if len(visits) else 0.0
