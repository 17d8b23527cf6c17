"""Where the workers are. `LocalTeam`: this process is the only one. `remote_team`: they are at the end of a line."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any, Protocol

import gevent

from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.locust_page import listener
from doorbuster.swarm.shift import REPORT_EVERY_S, Shift
from doorbuster.swarm.user import ShopperUser

if TYPE_CHECKING:
    from doorbuster.swarm.conductor import Conductor


class Team(Protocol):
    """What a conductor asks of its workers, wherever they are."""

    lead_s: float
    """Time that the first orders need to arrive."""
    grant_s: float
    """How far ahead of the clock a worker may go without hearing again."""

    def prepare(self, conductor: Conductor) -> None:
        """Have every worker load the run and join. Raises DoorbusterError."""

    def begin(self, clock: RunClock) -> None:
        """The zero is known and the ranks are dealt: off they go."""

    def shut_door(self) -> None:
        """Nobody else comes in."""

    def last_reports(self) -> None:
        """Send whoever is inside home, and hear what is still to be told."""


class LocalTeam:
    """One worker, here. It cannot be lost alone, so that it may go all the way at once."""

    lead_s = 0.0
    grant_s = float("inf")

    def __init__(self, environment: Any, user_class: type[ShopperUser]) -> None:
        self._environment = environment
        self._user_class = user_class
        self._heard = listener(environment)
        self._reporter: Any = None

    def prepare(self, conductor: Conductor) -> None:
        self._conductor = conductor
        self._shift = Shift(self._environment, conductor.directory, self._user_class, self._heard)
        self._member = conductor.join("", about_this_process())

    def begin(self, clock: RunClock) -> None:
        self._shift.begin(clock)
        self._shift.obey(self._conductor.crew.grant(self._member, 0))
        self._reporter = gevent.spawn(self._report)

    def shut_door(self) -> None:
        self._shift.shut_door()

    def last_reports(self) -> None:
        self._reporter.kill()
        self._shift.send_home("in_flight")
        self._conductor.hear(self._member, self._shift.report())
        self._member.last_words = True
        self._shift.end()

    def _report(self) -> None:
        while True:
            gevent.sleep(REPORT_EVERY_S)
            self._conductor.hear(self._member, self._shift.report())


def about_this_process() -> dict[str, Any]:
    """Where a worker runs."""
    return {"host": socket.gethostname(), "pid": os.getpid()}
