"""The scenario's clock, and how a worker finds it: microseconds since the start of the run."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

_RECENT = 40
"""Exchanges, at two a second, among which the quickest says where the master's clock is now."""


@dataclass(frozen=True)
class RunClock:
    """Zero is an instant of the machine's monotonic clock, which no time service can set back."""

    zero_s: float

    @classmethod
    def starting_in(cls, seconds: float) -> RunClock:
        return cls(time.monotonic() + seconds)

    def now_us(self) -> int:
        return int((time.monotonic() - self.zero_s) * 1e6)

    def zero_unix_s(self) -> float:
        """The zero on the wall clock, for people and for other machines' schedules."""
        return time.time() - (time.monotonic() - self.zero_s)


class MasterClock:
    """The master's monotonic clock as seen from a worker.

    Each question and answer bounds the offset to within half its round trip, whatever the way there and back took
    (Mills, RFC 5905, section 8); the quickest of several is the best. The offset is fixed when the run begins, because
    a clock that is corrected under way moves due times; how far it has drifted since is measured and judged.
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT)  # (round trip, offset)
        self._fixed: tuple[float, float] | None = None
        self._wall_offset_s = 0.0

    def heard(self, sent_s: float, at_s: float, now_s: float, wall_s: float | None = None) -> None:
        """One exchange: asked at `sent_s`, answered at `at_s` of the master's clock, answer here at `now_s`."""
        round_trip_s = now_s - sent_s
        self._recent.append((round_trip_s, at_s - (sent_s + now_s) / 2))
        if wall_s is not None:
            self._wall_offset_s = time.time() - round_trip_s / 2 - wall_s

    def fix(self) -> None:
        """From now on `zero_here_s` goes by the best exchange so far."""
        self._fixed = min(self._recent)

    def zero_here_s(self, zero_at_master_s: float) -> float:
        """The run's zero on this machine's monotonic clock."""
        assert self._fixed is not None
        return zero_at_master_s - self._fixed[1]

    def figures(self) -> dict[str, Any]:
        """What goes into the record: how far our zero may be from the master's, in milliseconds."""
        assert self._fixed is not None
        uncertainty_ms = self._fixed[0] / 2 * 1000
        quickest = min(self._recent)
        # Only what the round trips cannot explain is drift.
        unexplained_s = max(0.0, abs(quickest[1] - self._fixed[1]) - (quickest[0] + self._fixed[0]) / 2)
        return {
            "clock_error_ms": round(uncertainty_ms + unexplained_s * 1000, 3),
            "wall_clock_offset_ms": round(self._wall_offset_s * 1000, 3),
        }
