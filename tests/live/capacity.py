"""What an engine can take: a few buyers who shop without thinking, one journey after the other, for some seconds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from doorbuster.journeys import WALKS
from doorbuster.journeys.shopper import Call, LeftShop
from doorbuster.scenario import Scenario
from doorbuster.storefronts.base import Answer, Client, Platform, Response, Shop, Visit
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
    requests_of: Mapping[str, float]
    """Step to the requests that it took on average, redirects not counted."""


@dataclass
class _Counting:
    """A `base.Client` that counts what it sends."""

    client: Client
    sent: int = 0

    def request(self, method: str, url: str, **what: Any) -> Response:
        self.sent += 1
        return self.client.request(method, url, **what)


@dataclass
class _Shopper:
    """Takes every step at once (a `journeys.shopper.Shopper`)."""

    visit: Visit
    browser: _Counting
    ended: list[str] = field(default_factory=list)
    steps: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)

    def step(self, name: str, call: Call, *, optional: bool = False, read_back: Call | None = None) -> Answer:
        before = self.browser.sent
        answer = call()
        while answer.again_s is not None:
            time.sleep(answer.again_s)  # as long as the page itself would wait
            answer = call()
        self.steps[name] += 1
        self.requests[name] += self.browser.sent - before
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
    numbers, lock = iter(range(1_000_000)), threading.Lock()
    errors, done, steps, requests = (Counter[str]() for _ in range(4))

    def walk_one(journey: str | None = None) -> None:
        with lock:
            session = next(numbers)
        # `verify`: no TLS on loopback, and to load the certificates for it takes longer than many a session.
        plain_http = httpx.Client(timeout=30, trust_env=False, follow_redirects=True, verify=False)
        browser = _Counting(HttpxClient(plain_http))
        shopper = _Shopper(visits.visit(session, journey or _journey_of(scenario, session)), browser)
        with plain_http, suppress(LeftShop):
            WALKS[shopper.visit.journey](shopper, platform.storefront(browser, plain, shopper.visit))
        with lock:
            errors.update(shopper.ended)
            steps.update(shopper.steps)
            requests.update(shopper.requests)
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
    rate = (done["sessions"] - before) / (time.monotonic() - began_s)
    return Capacity(rate, errors, {step: requests[step] / steps[step] for step in steps})


def _journey_of(scenario: Scenario, session: int) -> str:
    drawn = draws(_SEED, session, "journey")[0]
    for journey in JOURNEYS:
        drawn -= scenario.journeys.share(journey)
        if drawn < 0:
            return journey
    return JOURNEYS[0]
