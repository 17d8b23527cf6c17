"""What every shopper of a deployment shares: the shop, its catalogue, the clock and the tally."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from doorbuster.record.tally import Tally
from doorbuster.scenario import Scenario
from doorbuster.storefronts.base import Client, Shop, Storefront, Visit
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.transport import Browser, TransportOptions
from doorbuster.traffic.visit import Visits
from doorbuster.vocabulary import ARM

_SIGNS_EVERY_US: Final = 250_000
StepListener = Callable[[str, float, str | None], None]
"""(step, service time in ms, what failed or None): how Locust's own page hears of a step."""


class PatientClient(Client, Protocol):
    """A shopper's own client, which knows when they give up."""

    patient_until_s: float
    """By `time.monotonic`."""

    def close(self) -> None: ...


@dataclass
class ShopFloor:
    """One deployment's shop floor, in one process."""

    scenario: Scenario
    seed: int
    shop: Shop
    visits: Visits
    storefront_of: Callable[[Client, Shop, Visit], Storefront]
    transport: TransportOptions
    clock: RunClock
    tally: Tally
    heard: StepListener
    arm: str = ARM
    control: ShopFloor | None = None
    """The floor of last release's deployment, where one is walked beside; it shares clock, tally, resting and bugs."""
    cut_off_as: str = "in_flight"
    """What a session is whose shopper is stopped: `in_flight` at the end of the run, `lost` when its worker leaves."""
    resting: list[Any] = field(default_factory=list)
    """Greenlets whose shopper has left, for the next to come."""
    bugs: list[str] = field(default_factory=list)
    """Sessions that broke inside doorbuster itself, as `ErrorType: text`; any makes the run INVALID."""

    _next_sign_us: int = field(default=0, init=False)

    def sign_of_life(self, at_us: int, step: str, outcome: str, waited_us: int) -> None:
        """Four times a second at most: a fact that the shop answered somebody, and after how long a wait."""
        if at_us < self._next_sign_us or outcome != "ok" or step == "wallet.token":  # the gateway answers that one
            return
        self._next_sign_us = at_us + _SIGNS_EVERY_US
        told = dict.fromkeys(("session", "intent", "order_id", "amount_minor", "currency"))
        told |= {"detail": f'{{"waited_ms":{waited_us // 1000}}}', "arm": self.arm}
        self.tally.facts.append({"at_us": at_us, "witness": "shopper", "kind": "shop_answered", **told})

    def floors(self) -> tuple[ShopFloor, ...]:
        """In the order of ARMS."""
        return (self,) if self.control is None else (self, self.control)

    def browser(self, session: int) -> PatientClient:
        return Browser(self.transport, session)

    def storefront(self, client: Client, visit: Visit) -> Storefront:
        return self.storefront_of(client, self.shop, visit)
