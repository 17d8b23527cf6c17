"""What every staging service offers backstage: who it is, a reset to a known state, and its faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Any, Final

from starlette.routing import Route

from doorbuster.errors import StagingError
from doorbuster.staging.faults import list_faults
from doorbuster.staging.service_times import ServiceTimes
from doorbuster.staging.switchboard import Switch, switch_from_row
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

NAME: Final = "doorbuster-staging"
SERVICES: Final = ("shop", "gateway", "collector", "mailbox", "back_office")
"""Every process of a staging environment, in the order of their ports; those after the shop stand behind it."""
EXTRA_PORTS: Final = {"smtp": "mailbox"}
"""Ports beside the services' own, after them in order, each with the service that listens on it."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a service was started, which is what a reset goes back to."""

    service: str
    seed: int
    waits: bool
    faults: tuple[str, ...]
    """`NAME` or `NAME=VALUE`, switched on for good."""
    folder: str
    ports: Mapping[str, int]
    """Service name, or extra port's name, to port."""
    access_log: str = ""
    """Where the shop writes down what it was asked; nowhere when empty."""
    extra_fds: Mapping[str, int] = field(default_factory=dict)
    """Listening sockets of this service's extra ports, by the port's name."""


async def _nobody(content: Mapping[str, Any]) -> None:
    """The services behind the shop have nobody to pass anything on to."""


@dataclass(frozen=True)
class Backstage:
    """The backstage door of one service. `pass_reset` and `pass_faults` reach the services behind the shop."""

    start: Start
    counter: Counter
    reset: Callable[[int], None]
    addresses: Callable[[Call], Mapping[str, str]] = lambda call: {}
    pass_reset: Callable[[Mapping[str, Any]], Awaitable[None]] = _nobody
    pass_faults: Callable[[Mapping[str, Any]], Awaitable[None]] = _nobody

    def _info(self, call: Call) -> Reply:
        about = {"name": NAME, "service": self.start.service, "version": version("doorbuster")}
        return Reply({**about, "addresses": self.addresses(call), "waits": self.counter.times.on})

    async def _reset(self, call: Call) -> Reply:
        """POST /admin/reset {seed, waits}: both may be absent and are then as at the start."""
        body = call.json()
        seed, waits = body.get("seed", self.start.seed), body.get("waits", self.start.waits)
        if not isinstance(seed, int) or not isinstance(waits, bool):
            raise Refusal(400, "invalid_reset", "seed must be a whole number and waits true or false.")
        self.reset(seed)
        self.counter.faults.reset(seed)
        self.counter.times = ServiceTimes(seed, waits)
        await self.pass_reset({"seed": seed, "waits": waits})
        return Reply({"seed": seed, "waits": waits})

    async def _steer(self, call: Call) -> Reply:
        """POST /admin/faults {faults: [{name, value, from_unix_s, until_unix_s}]}: replaces the timetable."""
        rows = call.json().get("faults", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refusal(400, "invalid_faults", "faults must be a list of objects.")
        try:
            switches: list[Switch] = [switch_from_row(row) for row in rows]
        except StagingError as wrong:
            raise Refusal(422, "invalid_faults", str(wrong)) from None
        self.counter.faults.steer(switch for switch in switches if switch.fault.service == self.start.service)
        await self.pass_faults({"faults": rows})
        return Reply({"faults": self.counter.faults.rows()})

    def _faults(self, call: Call) -> Reply:
        known = [
            {"name": fault.name, "service": fault.service, "unit": fault.unit, "sentence": fault.sentence}
            for fault in list_faults()
        ]
        history = [window._asdict() for window in self.counter.faults.history()]
        return Reply({"known": known, "switched": self.counter.faults.rows(), "history": history})

    def routes(self) -> list[Route]:
        door = partial(Endpoint, self.counter)
        return [
            Route("/admin/info", door(self._info), methods=["GET"]),
            Route("/admin/reset", door(self._reset), methods=["POST"]),
            Route("/admin/faults", door(self._faults), methods=["GET"]),
            Route("/admin/faults", door(self._steer), methods=["POST"]),
        ]
