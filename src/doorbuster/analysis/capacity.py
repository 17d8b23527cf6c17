"""What the shop completes while a queue stands before it: its capacity, whatever is asked of it.

A shop with a queue is never idle, so that its completion rate is its own and no longer the shoppers'. Completions are
counted as work: a step counts as long as it took while the shop was quiet, and an average session is the unit, because
a shop that is behind serves more of the cheap first steps of sessions that will never get to the dear last ones.
No model of the queue is fitted: the universal scalability law (Gunther 1993) reported a peak in simulation also where
none had been reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, chosen_rows
from doorbuster.analysis.multiples import Multiples
from doorbuster.record.histogram import BOUNDS_US, HIGHEST_US, index_of_bounds

ANSWERED: Final = ("ok", "rejected")
QUIET_SHARE, QUIET_S = 0.1, 30
"""How much of the ramp, and how many seconds at least, tell how fast the shop is when nobody is in the way."""
CALM: Final = 2.0
"""Up to here sessions take their steps at their own pace."""
QUEUED: Final = 5.0
"""Steps in the shop over what its completions would need at the quiet pace (Little's law): at five, four in line wait
for each one that is served, and nobody who serves is idle."""
_SMOOTH_S: Final = 10
SHORTEST_S: Final = 30
FLAT: Final = 1.10
"""The two halves of a plateau agree within this, or it is none: a part of the shop queues while others go on."""


@dataclass(frozen=True)
class Work:
    """A ramp by second after the warm-up. Shapes: (seconds,)."""

    completed: NDArray[np.float64]
    """Work completed, as a multiple of last year's peak."""
    crowding: NDArray[np.float64]
    """Steps in the shop over what its completions would need at the quiet pace; 1 when nobody waits."""
    calm_s: int
    """Seconds until a queue first formed; all of them where none did."""
    lag_s: float
    """Mean time between a shopper's arrival and a step of theirs, while calm."""


@dataclass(frozen=True)
class Plateau:
    """A stretch in which the shop had all the work it could do."""

    from_s: int
    """After the warm-up."""
    until_s: int
    times: float
    """Capacity, as a multiple of last year's peak."""


def work_of(run: Run, load: Multiples) -> Work | None:
    """Count the work of a ramp; None where nothing was answered in its quiet part."""
    seconds = load.times.size
    rows = chosen_rows(run, Selection(), "response")
    at_s = rows["second"].to_numpy() - load.first_s
    count = rows["count"].to_numpy().astype(float)
    answered = rows["outcome"].isin(ANSWERED).to_numpy()
    bucket = index_of_bounds(rows["bucket_us"].to_numpy())
    took_s = (BOUNDS_US[bucket] + np.minimum(BOUNDS_US[bucket + 1], HIGHEST_US)) / 2e6
    kind = rows["journey"].cat.codes.to_numpy() * len(rows["step"].cat.categories) + rows["step"].cat.codes.to_numpy()
    kinds = len(rows["journey"].cat.categories) * len(rows["step"].cat.categories)

    quiet = answered & (at_s < max(QUIET_S, seconds * QUIET_SHARE))
    if not count[quiet].any():
        return None
    quiet_s = float(np.average(took_s[quiet], weights=count[quiet]))
    seen = np.bincount(kind[quiet], count[quiet], kinds)
    weight = np.bincount(kind[quiet], count[quiet] * took_s[quiet], kinds) / np.maximum(seen, 1)
    weight = np.where(seen > 0, weight, quiet_s)

    asked = np.bincount(np.minimum(at_s, seconds), count, seconds + 1)[:seconds].astype(np.float64)
    left = _by_end(at_s, took_s, count, seconds)
    answers = _by_end(at_s[answered], took_s[answered], count[answered], seconds)
    crowding = _smooth(np.cumsum(asked) - np.cumsum(left)) / np.maximum(_smooth(answers) * quiet_s, 1e-9)
    queue = np.flatnonzero(crowding > CALM)
    calm_s = max(int(queue[0]) if queue.size else seconds, min(seconds, QUIET_S))

    journeys = list(rows["journey"].cat.categories)
    begun, lag_s = _sessions_begun(run, load.first_s, calm_s, journeys)
    early = answered & (at_s < calm_s)
    taken = np.bincount(kind[early], count[early], kinds).reshape(len(journeys), -1)
    worth = (taken * weight.reshape(taken.shape)).sum(axis=1) / np.maximum(begun, 1e-9)
    mean_worth = float(np.average(worth, weights=_planned_by_journey(run, journeys)))
    work = _by_end(at_s[answered], took_s[answered], (count * weight[kind])[answered], seconds)
    return Work(work / mean_worth / load.peak_per_s, crowding, calm_s, lag_s)


def plateau_of(work: Work) -> Plateau | None:
    """The longest stretch under a queue; None where it is too short, or completions still rose in it."""
    queued = np.concatenate([[0], work.crowding > QUEUED, [0]]).astype(int)
    turns = np.flatnonzero(np.diff(queued))
    stretches = [(int(b - a), int(a), int(b)) for a, b in zip(turns[::2], turns[1::2], strict=True)]
    length_s, from_s, until_s = max(stretches, default=(0, 0, 0))
    if length_s < SHORTEST_S:
        return None
    done = work.completed[from_s:until_s]
    halves = float(done[: length_s // 2].mean()), float(done[length_s // 2 :].mean())
    if not max(halves) <= FLAT * min(halves):
        return None
    return Plateau(from_s, until_s, float(done.mean()))


def _by_end(
    at_s: NDArray[np.int64], took_s: NDArray[np.float64], count: NDArray[np.float64], seconds: int
) -> NDArray[np.float64]:
    """Counts by the second in which a step ended: it was due some time within its second, so it is spread over two."""
    whole_s = np.floor(took_s).astype(np.int64)
    over = took_s - whole_s
    first = np.minimum(at_s + whole_s, seconds)
    ended = np.bincount(first, count * (1 - over), seconds + 2)
    ended += np.bincount(first + 1, count * over, seconds + 2)
    return np.asarray(ended[:seconds])


def _smooth(by_second: NDArray[np.float64]) -> NDArray[np.float64]:
    window = np.ones(min(_SMOOTH_S, by_second.size))
    return np.convolve(by_second, window, "same") / np.convolve(np.ones(by_second.size), window, "same")


def _sessions_begun(run: Run, first_s: int, calm_s: int, journeys: list[str]) -> tuple[NDArray[np.float64], float]:
    """Sessions by journey that were walked in the calm, parts of them counted as parts; mean age of a step."""
    sessions = run.sessions[run.sessions["ended_us"].notna() & run.sessions["journey"].isin(journeys)]
    began_s = sessions["started_us"].to_numpy(dtype=float) / 1e6 - first_s
    stayed_s = np.maximum(sessions["ended_us"].to_numpy(dtype=float) / 1e6 - first_s - began_s, 1e-3)
    journey = sessions["journey"].astype("str").map({name: i for i, name in enumerate(journeys)}).to_numpy(dtype=int)
    # Who came in the warm-up walks on into the ramp.
    part = np.clip((calm_s - began_s) / stayed_s, 0, 1) - np.clip(-began_s / stayed_s, 0, 1)
    whole = part >= 1
    # A long stay has more steps: they weigh by it.
    lag_s = float((stayed_s[whole] ** 2).sum() / stayed_s[whole].sum() / 2) if whole.any() else 0.0
    return np.bincount(journey, part, len(journeys)).astype(np.float64), lag_s


def _planned_by_journey(run: Run, journeys: list[str]) -> NDArray[np.float64]:
    planned = run.arrivals.groupby("journey", observed=True)["planned"].sum()
    return np.array([float(planned.get(name, 0)) for name in journeys])
