"""A quick look without a plan: Locust's own users walk a journey again and again (closed model, nothing judged)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from doorbuster.cards import find_scenario
from doorbuster.record.tally import Tally
from doorbuster.scenario import load_scenario
from doorbuster.settings import checked_target, load_settings
from doorbuster.storefronts.platforms import backstage, storefront_factory
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.transport import Browser, transport_options
from doorbuster.swarm.walk import Walk
from doorbuster.traffic.visit import Visits, with_popularity

_SCENARIO = "smoke"


class QuickLook:
    """Shoppers of the smoke scenario on whatever host Locust was given."""

    def __init__(self, base_url: str, heard: Callable[[str, float, str | None], None]) -> None:
        """Raises DoorbusterError when the scenario or the shop cannot be used."""
        scenario = load_scenario(find_scenario(_SCENARIO))
        transport = transport_options(load_settings(), base_url, scenario.limits.allowed_hosts)
        shop = backstage(scenario.storefront.platform, Browser(transport), base_url)
        catalogue = with_popularity(shop.catalogue(), scenario.shopper, _SCENARIO)
        seed = scenario.traffic.seed
        self._sessions = count()
        clock = RunClock.starting_in(0)
        self._floor = ShopFloor(
            scenario=scenario,
            seed=seed,
            base_url=base_url,
            visits=Visits(scenario.shopper, catalogue, shop.coupons(), seed, f"look-{clock.zero_unix_s():.0f}"),
            storefront_of=storefront_factory(scenario.storefront.platform),
            transport=transport,
            clock=clock,
            tally=Tally(),
            heard=heard,
        )

    def one_more(self, journey: str) -> None:
        """One session, due now."""
        Walk(self._floor, next(self._sessions), journey, self._floor.clock.now_us()).run()
        self._floor.tally.take()  # nothing is recorded in a quick look


def quick_look(environment: Any) -> QuickLook:
    """The environment's quick look, made by its first user."""
    from doorbuster.swarm.locust_page import listener

    look = getattr(environment, "doorbuster_quick_look", None)
    if look is None:
        look = QuickLook(checked_target(environment.host or ""), listener(environment))
        environment.doorbuster_quick_look = look
    return look
