"""What an engine can take: a few buyers who shop without thinking, one journey after the other, for some seconds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx

from doorbuster.journeys import WALKS
from doorbuster.journeys.shopper import Call, LeftShop
from doorbuster.scenario import Scenario
from doorbuster.storefronts.base import Answer, Platform, Shop, Visit
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.traffic.visit import Visits, draws, with_popularity
from doorbuster.vocabulary import JOURNEYS

_BUYERS = 4
_SEED = 4


class Capacity(NamedTuple):
    """What the closed loop came to."""

    sessions_per_s: float
    errors: Counter[str]
    """`step: outcome, detail` of what ended a session, how often."""


@dataclass
class _Shopper:
    """Takes every step at once (a `journeys.shopper.Shopper`)."""

    visit: Visit
    ended: list[str] = field(default_factory=list)

    def step(self, name: str, call: Call, *, optional: bool = False, read_back: Call | None = None) -> Answer:
        answer = call()
        while answer.again_s is not None:
            time.sleep(answer.again_s)  # as long as the page itself would wait
            answer = call()
        if answer.outcome != "ok" and not (optional and answer.outcome == "rejected"):
            self.ended.append(f"{name}: {answer.outcome}, {answer.detail}")
            raise LeftShop
        return answer

    def buy(self, name: str, call: Call, read_back: Call) -> Answer:
        return self.step(name, call)


def capacity(platform: Platform, shop: Shop, scenario: Scenario, run_id: str, seconds: float) -> Capacity:
    """Sessions a second of the scenario's mix, all journeys walked to their end; the first of each kind not counted.

    `shop` is the one with the books' token; shoppers get it without.
    """
    with httpx.Client(timeout=30, trust_env=False) as client:
        backstage = platform.backstage(HttpxClient(client), shop)
        catalogue = with_popularity(backstage.catalogue(), scenario.shopper, "capacity")
        coupons = list(backstage.coupons())
    visits = Visits(scenario.shopper, catalogue, coupons, _SEED, run_id)
    plain = Shop(shop.base_url, shop.options, shop.token)
    numbers, errors, done, lock = iter(range(1_000_000)), Counter[str](), Counter[str](), threading.Lock()

    def walk_one(journey: str | None = None) -> None:
        with lock:
            session = next(numbers)
        shopper = _Shopper(visits.visit(session, journey or _journey_of(scenario, session)))
        # `verify`: no TLS on loopback, and to load the certificates for it takes longer than many a session.
        plain_http = httpx.Client(timeout=30, trust_env=False, follow_redirects=True, verify=False)
        with plain_http as browser, suppress(LeftShop):
            WALKS[shopper.visit.journey](shopper, platform.storefront(HttpxClient(browser), plain, shopper.visit))
        with lock:
            errors.update(shopper.ended)
            done["sessions"] += 1

    for journey in JOURNEYS:  # what an engine does only once, it does now
        walk_one(journey)
    began_s, before = time.monotonic(), done["sessions"]

    def keep_walking() -> None:
        while time.monotonic() - began_s < seconds:
            walk_one()

    buyers = [threading.Thread(target=keep_walking) for _ in range(_BUYERS)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    return Capacity((done["sessions"] - before) / (time.monotonic() - began_s), errors)


def _journey_of(scenario: Scenario, session: int) -> str:
    drawn = draws(_SEED, session, "journey")[0]
    for journey in JOURNEYS:
        drawn -= scenario.journeys.share(journey)
        if drawn < 0:
            return journey
    return JOURNEYS[0]
