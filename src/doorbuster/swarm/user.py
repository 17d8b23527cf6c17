"""The Locust user that all locustfiles share: one user is one shopper, who walks one journey and goes home."""

from __future__ import annotations

from typing import Any, NamedTuple

import gevent
from gevent import Greenlet, get_hub
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


class Walker(Greenlet):  # type: ignore[misc]  # gevent ships no complete types
    """Walks one shopper after another: to make and to bury a greenlet for each costs as much as half a request."""

    def __init__(self, resting: list[Walker]) -> None:
        super().__init__()
        self._resting = resting
        self._user: Any = None
        self._group: Any = None

    @property
    def args(self) -> tuple[Any]:
        """Where Locust looks for its users."""
        return (self._user,)

    def walk(self, user: ShopperUser, group: Any) -> None:
        """Let this user in, as one of `group` until they leave."""
        self._user, self._group = user, group
        group.add(self)
        if self.started:
            get_hub().loop.run_callback(self.switch)
        else:
            self.start()

    def _run(self) -> None:
        while True:
            self._user.visit()
            self._group.discard(self)
            self._user = None
            self._resting.append(self)
            get_hub().switch()


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
        if self._floor is None:
            return super().start(group)
        resting = self._floor.resting
        self._state = LOCUST_STATE_RUNNING
        self._group = group
        self._greenlet = resting.pop() if resting else Walker(resting)
        if self._greenlet.dead:  # stopped in the instant in which its shopper had left
            self._greenlet = Walker(resting)
        self._greenlet.walk(self, group)
        return self._greenlet

    def visit(self) -> None:
        """One shopper's whole session."""
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
