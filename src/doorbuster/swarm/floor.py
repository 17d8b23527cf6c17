"""What every shopper of a run shares: the shop, its catalogue, the clock and the tally."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from doorbuster.record.tally import Tally
from doorbuster.scenario import Scenario
from doorbuster.storefronts.base import Client, Storefront, Visit
from doorbuster.storefronts.platforms import StorefrontFactory
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.transport import Browser, TransportOptions
from doorbuster.traffic.visit import Visits

StepListener = Callable[[str, float, str | None], None]
"""(step, service time in ms, what failed or None): how Locust's own page hears of a step."""


@dataclass
class ShopFloor:
    """One run's shop floor, in one process."""

    scenario: Scenario
    seed: int
    base_url: str
    visits: Visits
    storefront_of: StorefrontFactory
    transport: TransportOptions
    clock: RunClock
    tally: Tally
    heard: StepListener
    cut_off_as: str = "in_flight"
    """What a session is whose shopper is stopped: `in_flight` at the end of the run, `lost` when its worker leaves."""
    resting: list[Any] = field(default_factory=list)
    """Greenlets whose shopper has left, for the next to come."""
    bugs: list[str] = field(default_factory=list)
    """Sessions that broke inside doorbuster itself, as `ErrorType: text`; any makes the run INVALID."""

    def browser(self, session: int) -> Browser:
        return Browser(self.transport, session)

    def storefront(self, client: Client, visit: Visit) -> Storefront:
        return self.storefront_of(client, self.base_url, visit)
