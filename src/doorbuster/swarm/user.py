"""The Locust user that all locustfiles share: one user is one shopper, who walks one journey and goes home."""

from __future__ import annotations

from typing import Any, NamedTuple

import gevent
from locust import User, constant, task
from locust.user.task import LOCUST_STATE_RUNNING

from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.walk import Walk

gevent.config.track_greenlet_tree = False  # it remembers each shopper's whole stack at birth: as costly as a request


class Arrival(NamedTuple):
    """A shopper at the door: their number in the plan, journey and due time."""

    session: int
    journey: str
    due_us: int


class ShopperUser(User):  # type: ignore[misc]  # Locust ships no complete types
    """Opened by the door with an arrival (open model), or by Locust's own users (closed model, `locust -u 5`)."""

    abstract = True
    journey = "browse"
    """What this class walks when Locust, and not the door, starts it."""
    wait_time = constant(1)

    def __init__(self, environment: Any, floor: ShopFloor | None = None, arrival: Arrival | None = None) -> None:
        super().__init__(environment)
        self._floor = floor
        self._arrival = arrival

    def start(self, group: Any) -> Any:
        """Come in. Who was opened by the door walks at once: a task set for one task costs as much as two requests."""
        if self._arrival is None:
            return super().start(group)
        self._state = LOCUST_STATE_RUNNING
        self._group = group
        self._greenlet = group.spawn(ShopperUser._walk, self)  # Locust finds its users by their greenlets' arguments
        return self._greenlet

    def _walk(self) -> None:
        floor, arrival = self._floor, self._arrival
        assert floor is not None and arrival is not None
        try:
            self.on_start()
            Walk(floor, *arrival).run()
        except Exception as bug:  # noqa: BLE001  (one shopper's bug must not stop the others; it makes the run INVALID)
            floor.bugs.append(f"session {arrival.session}: {type(bug).__name__}: {bug}")
        finally:
            self.on_stop()

    @task  # type: ignore[untyped-decorator]  # the same
    def shop(self) -> None:
        from doorbuster.swarm.quick_look import quick_look

        quick_look(self.environment).one_more(self.journey)
