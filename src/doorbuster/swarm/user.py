"""The Locust user that all locustfiles share: one user is one shopper, who walks one journey and goes home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from locust import User, constant, task
from locust.exception import StopUser

from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.walk import Walk


@dataclass(frozen=True)
class Arrival:
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

    @task  # type: ignore[untyped-decorator]  # the same
    def shop(self) -> None:
        if self._floor is not None and self._arrival is not None:
            try:
                Walk(self._floor, self._arrival.session, self._arrival.journey, self._arrival.due_us).run()
            except Exception as bug:  # noqa: BLE001  (Locust would let this shopper come again; the run is INVALID instead)
                self._floor.bugs.append(f"session {self._arrival.session}: {type(bug).__name__}: {bug}")
            raise StopUser
        from doorbuster.swarm.quick_look import quick_look

        quick_look(self.environment).one_more(self.journey)
