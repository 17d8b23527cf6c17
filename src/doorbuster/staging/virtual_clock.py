"""The shop's clock for what happens hours later: it runs with the wall clock, and can be moved ahead from backstage."""

from __future__ import annotations

import asyncio
import sched
import time
from collections.abc import Callable
from typing import Final

_LOOK_EVERY_S: Final = 1.0


class VirtualClock:
    """Timers on a clock that jumps from one due timer to the next when it is moved ahead."""

    def __init__(self, wall_s: Callable[[], float] = time.time) -> None:
        """`wall_s` gives seconds of unix time."""
        self._wall_s = wall_s
        self.reset()

    def reset(self) -> None:
        """Back to the wall clock, with no timers."""
        self.ahead_s = 0.0
        # Nobody waits in the scheduler itself: it is asked what is due.
        self._timers = sched.scheduler(self.now_s, lambda wait_s: None)

    def now_s(self) -> float:
        """Seconds of unix time, as this clock has it."""
        return self._wall_s() + self.ahead_s

    def now_us(self) -> int:
        """Microseconds of unix time, as this clock has it."""
        return int(self.now_s() * 1e6)

    def call_at(self, at_s: float, action: Callable[[], None]) -> None:
        """Call `action` when the clock shows `at_s`. It must not raise; it may set other timers."""
        self._timers.enterabs(at_s, 0, action)

    def call_after(self, wait_s: float, action: Callable[[], None]) -> None:
        """Call `action` once `wait_s` have passed on this clock."""
        self.call_at(self.now_s() + wait_s, action)

    async def run_for_ever(self) -> None:
        """Call what becomes due as time goes by, until cancelled."""
        while True:
            self._timers.run(blocking=False)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def advance(self, by_s: float) -> None:
        """Move ahead, timer by timer: each is called when the clock shows its time, those set on the way included."""
        until_ahead_s = self.ahead_s + by_s
        timers = self._timers
        while timers is self._timers:  # a reset meanwhile ends it
            wait_s = timers.run(blocking=False)
            if wait_s is None or self.ahead_s + wait_s > until_ahead_s:
                self.ahead_s = until_ahead_s
                return
            self.ahead_s += max(0.0, wait_s)
            await asyncio.sleep(0)  # what a timer set in motion gets its turn
