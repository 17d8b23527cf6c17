"""A quick look without a plan: Locust's own users walk a journey again and again (closed model, nothing judged)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Final

from gevent.lock import RLock

from doorbuster.cards import find_scenario
from doorbuster.errors import DoorbusterError
from doorbuster.record.tally import Tally
from doorbuster.rehearsal.preflight import no_hazards, preflight
from doorbuster.scenario import load_scenario
from doorbuster.settings import checked_target, load_settings
from doorbuster.storefronts.platforms import platform_named
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.transport import Browser, transport_options
from doorbuster.swarm.walk import Walk
from doorbuster.traffic.visit import Visits, with_popularity

_SCENARIO = "smoke"
_OPENING: Final = RLock()
"""The first user asks whether the shop may be loaded; the others wait for the answer."""


class QuickLook:
    """Shoppers of the smoke scenario on whatever host Locust was given."""

    def __init__(self, base_url: str, heard: Callable[[str, float, str | None], None]) -> None:
        """Raises DoorbusterError when the scenario or the shop cannot be used."""
        scenario = load_scenario(find_scenario(_SCENARIO))
        settings = load_settings()
        transport = transport_options(settings, base_url, scenario.limits.allowed_hosts)
        # Without a plan nobody knows the rate.
        preflight(Browser(transport), base_url, scenario, settings, math.inf)
        platform = platform_named(scenario.storefront.platform, Path(), _SCENARIO)
        shop = settings.shop(base_url, {})
        books = platform.backstage(Browser(transport), shop)
        no_hazards(books, base_url)
        catalogue = with_popularity(books.catalogue(), scenario.shopper, _SCENARIO)
        seed = scenario.traffic.seed
        self._sessions = count()
        clock = RunClock.starting_in(0)
        self._floor = ShopFloor(
            scenario=scenario,
            seed=seed,
            shop=shop,
            visits=Visits(scenario.shopper, catalogue, books.coupons(), seed, f"look-{clock.zero_unix_s():.0f}"),
            storefront_of=platform.storefront,
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
    """The environment's quick look, made by its first user. Raises DoorbusterError for all of them where it failed."""
    from doorbuster.swarm.locust_page import listener

    with _OPENING:
        look = getattr(environment, "doorbuster_quick_look", None)
        if look is None:
            try:
                look = QuickLook(checked_target(environment.host or ""), listener(environment))
            except DoorbusterError as refused:  # kept: Locust tries its users again and again
                look = refused
            environment.doorbuster_quick_look = look
    if isinstance(look, DoorbusterError):
        raise look
    return look
