"""The staging shop as the tests in here use it: shoppers on demand, and its books open."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from doorbuster.staging.environment import Addresses
from doorbuster.storefronts.base import Answer, Line, Product, Shop, Visit
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging import StagingStorefront
from doorbuster.storefronts.staging_backstage import StagingBackstage

SEED = 7


@dataclass(frozen=True)
class Mall:
    """The staging shop with its books open, and shoppers on demand."""

    addresses: Addresses
    http: httpx.Client
    backstage: StagingBackstage
    catalogue: Mapping[str, Product]
    """Variant id to product."""

    def line(self, variant: str, quantity: int = 1) -> Line:
        return Line(self.catalogue[variant], quantity)

    def shopper(self, intent: str, *lines: Line, coupon: str | None = None) -> StagingStorefront:
        visit = Visit(0, "native_checkout", intent, lines, "linen", coupon, 30.0, None)
        # No certificates to load: thousands of these would do little else.
        return StagingStorefront(
            HttpxClient(httpx.Client(verify=False, timeout=15)), Shop(self.addresses.shop_url), visit
        )

    def ready_to_place(self, intent: str, *lines: Line, coupon: str | None = None) -> StagingStorefront:
        """A shopper who has only "place order" left to press; every step so far must have been `ok`."""
        shopper = self.shopper(intent, *lines, coupon=coupon)
        steps: list[Answer] = [shopper.cart_create(), *(shopper.cart_add(line) for line in lines)]
        if coupon:
            steps.append(shopper.cart_discount(coupon))
        steps += [shopper.checkout_start(), shopper.checkout_address(), shopper.checkout_shipping()]
        steps.append(shopper.checkout_payment())
        assert [step for step in steps if step.outcome != "ok"] == []
        return shopper

    def with_token(self, intent: str, *lines: Line, coupon: str | None = None) -> StagingStorefront:
        """A shopper who has only the wallet's tap left."""
        shopper = self.shopper(intent, *lines, coupon=coupon)
        steps = [shopper.wallet_start(lines), shopper.wallet_update(), shopper.wallet_token()]
        assert [step for step in steps if step.outcome != "ok"] == []
        return shopper

    def switch_on(self, name: str, value: float | None = None) -> None:
        self.backstage.steer([{"name": name, "value": value}])

    def switch_on_with_time_to_race(self, name: str) -> None:
        """With waits off the gateway answers within a millisecond; a race needs shoppers to be in there together."""
        self.backstage.steer([{"name": name}, {"name": "gateway_slow", "value": 300}])

    def all_off(self) -> None:
        self.backstage.steer([])

    def facts(self, witness: str, kind: str) -> list[dict[str, Any]]:
        """Facts of a kind, their detail as an object."""
        rows = list(self.backstage.read_back().orders)
        return [
            {**row, "detail": json.loads(row["detail"])}
            for row in rows
            if row["witness"] == witness and row["kind"] == kind
        ]

    def units(self, variant: str) -> int:
        stock = {fact["detail"]["variant"]: fact["detail"]["units"] for fact in self.facts("shop", "stock")}
        return int(stock[variant])

    def coupon_uses(self, code: str) -> int:
        used = {fact["detail"]["code"]: fact["detail"]["used"] for fact in self.facts("shop", "coupon")}
        return int(used[code])


def all_at_once(what: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Everybody presses at the same time."""
    with ThreadPoolExecutor(len(what)) as crowd:
        return [pressed.result() for pressed in [crowd.submit(press) for press in what]]
