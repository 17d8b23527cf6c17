"""Shoppers who come to a shop one after another, each with a browser of their own, for a check."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import httpx

from doorbuster.errors import DoorbusterError
from doorbuster.rehearsal.lone_shopper import LoneShopper, WatchedBrowser
from doorbuster.rehearsal.preflight import MOST_UNPERMITTED_PER_S, is_loopback
from doorbuster.rehearsal.seen import Moment, Tried, Walked
from doorbuster.storefronts.base import Backstage, Line, Platform, Product, Shop, Storefront, Visit
from doorbuster.swarm.transport import TransportOptions
from doorbuster.traffic.pools import NO_POOLS, Pools

Way = Callable[[LoneShopper, Storefront], None]
BUYING: Final = ("native_checkout", "express_wallet")
_STOCK_AFTER: Final = frozenset({"cart.add", "checkout.start", "checkout.payment", "checkout.complete"})


@dataclass
class Walking:
    """One shopper after another, each with a browser of their own."""

    patience_s: float
    platform: Platform
    shop: Shop
    transport: TransportOptions
    books: Backstage
    product: Product
    run_id: str
    pools: Pools = NO_POOLS
    """The first address of each, and the first account where shoppers log in, is this shopper's."""
    stock: list[Moment] = field(default_factory=list)
    """Of the product, along the native checkout."""
    _sessions: int = 0
    _next_s: float = 0.0

    def walk(self, journey: str, way: Way, code: str | None = None) -> Walked:
        """Send one shopper."""
        session, self._sessions = self._sessions, self._sessions + 1
        intent = f"{self.run_id}-{session}" if journey in BUYING else None
        lines = (Line(self.product, 1),)
        visit = Visit(session, journey, intent, lines, self.product.search_word, code, self.patience_s, None)
        pools = self.pools
        visit = visit._replace(
            address=pools.addresses[0] if pools.addresses else None,
            customer=pools.customers[0] if pools.customers_share and journey == "native_checkout" else None,
        )
        self._politely()
        browser = WatchedBrowser(self.transport, session)
        after = self._count if journey == "native_checkout" else lambda step: None
        shopper = LoneShopper(visit, browser, after)
        shopper.walk(lambda one: way(one, self.platform.storefront(browser.client, self.shop, visit)))
        return Walked(journey, intent, tuple(shopper.taken), shopper.bought)

    def _politely(self) -> None:
        """At most a session a second, anywhere but on this machine."""
        if not is_loopback(urlsplit(self.shop.base_url).hostname or ""):
            time.sleep(max(0.0, self._next_s - time.monotonic()))
            self._next_s = time.monotonic() + 1 / MOST_UNPERMITTED_PER_S

    def _count(self, step: str) -> None:
        if step in _STOCK_AFTER:
            self.count(step)

    def count(self, step: str) -> None:
        """How many units there are by now, as the shop's books say."""
        try:
            now = next((one.stock for one in self.books.catalogue() if one.variant == self.product.variant), None)
        except (DoorbusterError, httpx.HTTPError):
            now = None
        self.stock.append(Moment(step, now))


def try_code(walking: Walking, code: str) -> Tried:
    """Put one product into a cart and the code upon it."""

    def way(shopper: LoneShopper, shop: Storefront) -> None:
        line = shopper.visit.lines[0]
        shopper.step("cart.create", shop.cart_create)
        shopper.step("cart.add", partial(shop.cart_add, line))
        shopper.step("cart.view", shop.cart_view)
        shopper.step("cart.discount", partial(shop.cart_discount, code))
        shopper.step("cart.view", shop.cart_view)

    walked = walking.walk("cart", way)
    answers = [(one.step, one.answer) for one in walked.steps]
    at = next((index for index, (step, _) in enumerate(answers) if step == "cart.discount"), len(answers))
    before, after = (
        [one.total_minor for _, one in part if one.total_minor is not None] for part in (answers[:at], answers[at:])
    )
    currency = next((one.currency for _, one in answers if one.currency), None)
    # Whatever stopped this shopper is told, be it the code or what comes before it.
    said = walked.last("cart.discount") or (walked.stopped.answer if walked.stopped else None)
    return Tried(code, said, before[-1] if before else None, after[-1] if after else None, currency, walked)
