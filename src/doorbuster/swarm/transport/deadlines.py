"""How long anything may take: one sweeper looks at all that wait, so that no request needs a timer of its own."""

from __future__ import annotations

from time import monotonic
from typing import Any

import gevent
from gevent import get_hub

from doorbuster.swarm.transport.failures import TooLate

_SWEEP_EVERY_S = 0.02
"""A time-out is late by no more than this; patience is counted in seconds."""
_IDLE_SWEEPS = 250
"""After so many sweeps with nothing to watch the sweeper goes home; the next wait calls it again."""


class Sweeper:
    """Waits on watchers until they are ready or until their time is up."""

    def __init__(self) -> None:
        self._waiting: dict[Any, float] = {}
        self._greenlet: gevent.Greenlet | None = None

    def wait(self, watcher: Any, until_s: float) -> None:
        """Wait for a watcher of the event loop until an instant of `time.monotonic`. Raises TooLate."""
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._sweep)
        waiting = self._waiting
        waiting[watcher] = until_s
        try:
            get_hub().wait(watcher)
        except TooLate:
            if monotonic() >= until_s:
                raise
            # Meant for the wait before, which ended in the same turn of the loop.
            self.wait(watcher, until_s)
        finally:
            waiting.pop(watcher, None)

    def _sweep(self) -> None:
        idle = 0
        try:
            while idle < _IDLE_SWEEPS:
                gevent.sleep(_SWEEP_EVERY_S)
                idle = 0 if self._waiting else idle + 1
                now_s = monotonic()
                for watcher in [watcher for watcher, until_s in self._waiting.items() if until_s <= now_s]:
                    get_hub().cancel_wait(watcher, TooLate)
        finally:
            self._greenlet = None
