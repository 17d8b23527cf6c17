"""The scenario's clock: microseconds since the start of the run."""

from __future__ import annotations

import time
from dataclasses import dataclass


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
