"""One worker's part of one run: its door, its shoppers, its health, and what it reports."""

from __future__ import annotations

import gc
from typing import Any

import gevent

from doorbuster.record.directory import RunDirectory
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.door import Door
from doorbuster.swarm.floor import StepListener
from doorbuster.swarm.health import Health
from doorbuster.swarm.load_run import load_run
from doorbuster.swarm.orders import Orders
from doorbuster.swarm.user import ShopperUser

REPORT_EVERY_S = 0.5
_FAR_OFF_S = 3600.0
_GC_THRESHOLDS = (50_000, 20, 20)


def calm_the_collector() -> None:
    """What is loaded now lives as long as the run, and shoppers leave no cycles behind: look for some less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


class Shift:
    """Loads a prepared run, walks what it is told to, and says what it saw."""

    def __init__(
        self, environment: Any, directory: RunDirectory, user_class: type[ShopperUser], heard: StepListener
    ) -> None:
        """Raises DoorbusterError when the run directory cannot be used."""
        self._plan, self._floor = load_run(directory, RunClock.starting_in(_FAR_OFF_S), heard)
        self._runner = environment.runner
        self._door = Door(self._floor, self._plan, self._runner, user_class)
        self._health = Health()
        self._greenlets: list[Any] = []
        self._broken: str | None = None

    @property
    def plan_fingerprint(self) -> str:
        return self._plan.fingerprint()

    def begin(self, clock: RunClock) -> None:
        """Open the door; nobody comes in before there are orders."""
        for floor in self._floor.floors():
            floor.clock = clock
        calm_the_collector()
        self._greenlets = [gevent.spawn(self._door.run), gevent.spawn(self._health.watch)]
        self._greenlets[0].link_exception(self._door_broke)

    def obey(self, orders: Orders) -> None:
        self._door.obey(orders)

    def shut_door(self) -> None:
        """Nobody else comes in; before the shoppers inside are stopped, or a late one would be missed."""
        gevent.killall(self._greenlets[:1])

    def send_home(self, cut_off_as: str) -> None:
        """Stop whoever is still inside; their sessions are recorded as `in_flight` or `lost`."""
        for floor in self._floor.floors():
            floor.cut_off_as = cut_off_as
        self.shut_door()
        self._runner.user_greenlets.kill()

    def report(self) -> dict[str, Any]:
        """All since the last report; plain values, so that it can travel."""
        return {
            "tally": self._floor.tally.take(),
            "next_due_us": self._door.next_due_us,
            "closed": self._door.closed,
            "in_shop": len(self._runner.user_greenlets),
            "health": self._health.summary(),
            "bugs": {"count": len(self._floor.bugs), "first": self._floor.bugs[:5]},
            "broken": self._broken,
        }

    def end(self) -> None:
        """Put everything down."""
        gevent.killall(self._greenlets)

    def _door_broke(self, greenlet: Any) -> None:
        self._broken = f"the door broke: {greenlet.exception!r}"
