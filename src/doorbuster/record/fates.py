"""What became of every arrival of the plan: exactly one thing, and the sums that follow from it (law 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import RunDirectoryError
from doorbuster.record.histogram import OVERFLOW, index_of_bounds
from doorbuster.traffic.plan import Plan
from doorbuster.vocabulary import ARMS, CONSERVATION, JOURNEYS

_NOT_REACHED, _STARTED, _DROPPED_LIMIT, _DROPPED_WORKER_LOST = range(4)
_INSIDE, _FINISHED, _ABANDONED, _IN_FLIGHT, _LOST = range(5)
_ENDS = {"abandoned": _ABANDONED, "in_flight": _IN_FLIGHT, "lost": _LOST}


class Fates:
    """One entry to each arrival, by its number in the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        arrivals = plan.due_us.size
        self._fate = np.zeros(arrivals, dtype=np.int8)
        self._end = np.zeros(arrivals, dtype=np.int8)
        self._late_us = np.zeros(arrivals, dtype=np.int32)
        self._owner = np.zeros(arrivals, dtype=np.int16)
        self.late_us = np.zeros(OVERFLOW + 1, dtype=np.int64)
        """Histogram of all starts so far: shape (OVERFLOW + 1,)."""
        self.started_count = 0

    def started(self, sessions: Sequence[int], late_us: Sequence[int], owner: int) -> None:
        """Shoppers who came in at worker `owner`, so long after being due. Raises RunDirectoryError the second time."""
        if not sessions:
            return
        numbers, late = np.array(sessions), np.array(late_us)
        self._check_unsettled(numbers)
        # The fate comes last: whoever writes the table meanwhile, on another thread, goes by it.
        self._late_us[numbers] = late
        self._owner[numbers] = owner
        self._fate[numbers] = _STARTED
        np.add.at(self.late_us, index_of_bounds(late), 1)
        self.started_count += len(sessions)

    def dropped(self, sessions: Sequence[int]) -> None:
        """Arrivals turned away at the limit on shoppers in flight. Raises RunDirectoryError the second time."""
        if sessions:
            numbers = np.array(sessions)
            self._check_unsettled(numbers)
            self._fate[numbers] = _DROPPED_LIMIT

    def ended(self, sessions: Sequence[int], outcomes: Sequence[str]) -> None:
        """Sessions and how they ended."""
        if sessions:
            self._end[np.array(sessions)] = [_ENDS.get(outcome, _FINISHED) for outcome in outcomes]

    def lose(self, owner: int, dealt: NDArray[np.intp]) -> list[tuple[int, int]]:
        """A worker is gone: what it did not report is dropped; returns (session, late_us) of its shoppers."""
        never = dealt[self._fate[dealt] == _NOT_REACHED]
        self._fate[never] = _DROPPED_WORKER_LOST
        inside = np.flatnonzero((self._owner == owner) & (self._fate == _STARTED) & (self._end == _INSIDE))
        self._end[inside] = _LOST
        return list(zip(inside.tolist(), self._late_us[inside].tolist(), strict=True))

    def all_settled(self, second: int) -> bool:
        """Whether every arrival due in a second has met its fate."""
        first, last = self._range(second, second + 1)
        return bool((self._fate[first:last] != _NOT_REACHED).all())

    def rows(self, first_second: int, last_second: int) -> list[dict[str, Any]]:
        """Rows of the table `arrivals` for seconds first to last - 1."""
        rows = []
        for second in range(first_second, last_second):
            first, last = self._range(second, second + 1)
            kinds = self.plan.journey_index[first:last] * len(ARMS) + self.plan.arm_index[first:last]
            for kind in np.unique(kinds).tolist():
                chosen = first + np.flatnonzero(kinds == kind)
                about = {"second": second, "journey": JOURNEYS[kind // len(ARMS)], "arm": ARMS[kind % len(ARMS)]}
                rows.append({**about, **self._counts(chosen), **self._late(chosen)})
        return rows

    def conservation(self, arm: str | None = None) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
        """(`conservation`, `sessions`) of run.json, of one arm or of all: law 2 in all and by journey, exactly."""
        meant = True if arm is None else self.plan.arm_index == ARMS.index(arm)
        by_journey = {}
        for column, journey in enumerate(JOURNEYS):
            chosen = np.flatnonzero((self.plan.journey_index == column) & meant)
            counts = {**dict.fromkeys(CONSERVATION, 0), **self._counts(chosen)}
            del counts["dropped"]
            started = chosen[self._fate[chosen] == _STARTED]
            ends = np.bincount(self._end[started], minlength=5)
            counts["finished"], counts["abandoned"] = int(ends[_FINISHED]), int(ends[_ABANDONED])
            counts["in_flight"] = int(ends[_IN_FLIGHT])
            counts["lost"] = int(ends[_LOST] + ends[_INSIDE])
            by_journey[journey] = counts
        return {name: sum(counts[name] for counts in by_journey.values()) for name in CONSERVATION}, by_journey

    def _check_unsettled(self, numbers: NDArray[np.intp]) -> None:
        again = numbers[self._fate[numbers] != _NOT_REACHED]
        if again.size or np.unique(numbers).size != numbers.size:
            raise RunDirectoryError(f"session {int(again[0]) if again.size else int(numbers[0])} was reported twice")

    def _range(self, first_second: int, last_second: int) -> tuple[int, int]:
        first, last = np.searchsorted(self.plan.due_us, (first_second * 1_000_000, last_second * 1_000_000))
        return int(first), int(last)

    def _counts(self, chosen: NDArray[np.intp]) -> dict[str, int]:
        fates = np.bincount(self._fate[chosen], minlength=4).tolist()
        return {
            "planned": int(chosen.size),
            "started": fates[_STARTED],
            "dropped_limit": fates[_DROPPED_LIMIT],
            "dropped_worker_lost": fates[_DROPPED_WORKER_LOST],
            "not_reached": fates[_NOT_REACHED],
            "dropped": fates[_DROPPED_LIMIT] + fates[_DROPPED_WORKER_LOST],
        }

    def _late(self, chosen: NDArray[np.intp]) -> dict[str, float | None]:
        late_ms = self._late_us[chosen[self._fate[chosen] == _STARTED]] / 1000
        if not late_ms.size:
            return {"late_ms_p50": None, "late_ms_p99": None, "late_ms_max": None}
        p50, p99 = np.quantile(late_ms, (0.5, 0.99)).tolist()
        return {"late_ms_p50": p50, "late_ms_p99": p99, "late_ms_max": float(late_ms.max())}
