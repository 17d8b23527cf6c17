"""A Vendure shop from backstage: its catalogue, its codes, and its books, read through the Admin API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Client, Product, ReadBack, Response, Shop
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.vendure_books import books

_DUMMY: Final = "dummy-payment-handler"
_NOTE: Final = "Doorbuster rehearsal"
_CARTS: Final = ("AddingItems", "Created", "Draft")
"""States of orders that nobody has placed."""
_AT_ONCE: Final = 100


@dataclass(slots=True)
class VendureBackstage:
    """`base.Backstage`. DOORBUSTER_ADMIN_TOKEN is `user:password` of an administrator, or of a role that may read
    orders, catalogue, promotions and settings.
    """

    client: Client
    shop: Shop
    _session: str = field(default="", init=False)

    def check(self) -> str:
        """One line that names the shop. Raises TargetError when it is not this platform."""
        channel = self._shop_data("Home", {})["activeChannel"]
        return f"Vendure shop at {self.shop.base_url}, {channel['defaultCurrencyCode']}"

    def hazards(self) -> Sequence[str]:
        """Payment methods that shoppers are offered and whose handler is neither Vendure's dummy nor named a test."""
        if not self.shop.admin_token:
            return ()
        harmless = {_DUMMY, *self.shop.options["test_handlers"]}
        return [
            f'payment method "{one["code"]}" goes through {one["handler"]["code"]}, which may take real money; '
            "disable it, or name its handler in storefront.options.test_handlers if it points at a sandbox of yours"
            for one in self._admin("PaymentMethods", {})["paymentMethods"]["items"]
            if one["enabled"] and one["handler"]["code"] not in harmless
        ]

    def reset(self, seed: int) -> None:
        """Vendure has no reset: the scenario's hooks put it into its known state."""

    def catalogue(self) -> Sequence[Product]:
        """What the shop shows, its price with tax; how much there is only where the Admin API may be asked."""
        units = {one["id"]: one["units"] for one in self._stock()} if self.shop.admin_token else {}
        return [
            Product(
                str(product["slug"]),
                str(variant["id"]),
                str(variant["sku"]),
                int(variant["priceWithTax"]),
                str(variant["currencyCode"]),
                units.get(str(variant["id"])),
            )
            for product in self._pages(self._shop_data, "Catalogue", "products", {})
            for variant in product["variants"]
        ]

    def coupons(self) -> Sequence[str]:
        """Codes that can be used now; none where the Admin API may not be asked."""
        now = datetime.now(UTC)
        return [
            str(one["couponCode"])
            for one in (self._pages(self._admin, "Promotions", "promotions", {}) if self.shop.admin_token else ())
            if one["couponCode"] and one["enabled"] and _is_now(one, now)
        ]

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Cancel each; what was paid is not paid back, because the dummy handler holds no money."""
        told: dict[str, str | None] = dict.fromkeys(order_ids, "the shop has no such order")
        for first in range(0, len(order_ids), _AT_ONCE):
            codes = list(order_ids[first : first + _AT_ONCE])
            for order in self._admin("OrderIds", {"codes": codes})["orders"]["items"]:
                told[str(order["code"])] = self._cancel(order)
        return told

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Vendure has no faults to switch on."""

    def read_back(self) -> ReadBack:
        """Every order that was placed, the stock of every variant, and every discount code."""
        taxed = self._admin("Channel", {})["activeChannel"]["pricesIncludeTax"]
        orders = self._pages(self._admin, "Orders", "orders", {"states": list(_CARTS)})
        coupons = self._pages(self._admin, "Promotions", "promotions", {})
        return ReadBack(books(orders, self._stock(), coupons, taxed), self.catalogue())

    def _cancel(self, order: Mapping[str, Any]) -> str | None:
        if order["state"] == "Cancelled":
            return None
        wanted = {"orderId": order["id"], "cancelShipping": True, "reason": _NOTE}
        member = self._admin("CancelOrder", {"input": wanted})["cancelOrder"]
        return None if member["__typename"] == "Order" else f"Vendure refused ({member['errorCode']})"

    def _stock(self) -> list[dict[str, Any]]:
        """Variant to what is on hand and what of it is spoken for; None for what the shop does not count."""
        told = []
        counted_by_default = self._admin("Settings", {})["globalSettings"]["trackInventory"]
        for one in self._pages(self._admin, "Stock", "productVariants", {}):
            counted = {"TRUE": True, "FALSE": False}.get(one["trackInventory"], counted_by_default)
            on_hand = sum(level["stockOnHand"] for level in one["stockLevels"])
            allocated = sum(level["stockAllocated"] for level in one["stockLevels"])
            told.append(
                {
                    "id": str(one["id"]),
                    "units": on_hand - allocated if counted else None,
                    "on_hand": on_hand if counted else None,
                }
            )
        return told

    def _pages(self, asks: Any, operation: str, name: str, more: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """All rows of a list, page by page."""
        skip, total = 0, 1
        while skip < total:
            page = asks(operation, {"skip": skip, **more})[name]
            yield from page["items"]
            total = int(page["totalItems"])
            skip += _AT_ONCE

    def _shop_data(self, operation: str, variables: Mapping[str, Any]) -> Any:
        headers = {"vendure-token": self.shop.token} if self.shop.token else {}
        url = self.shop.base_url + self.shop.options["shop_api"]
        return self._data(ask(self.client, url, "vendure", operation, variables, headers), url)

    def _admin(self, operation: str, variables: Mapping[str, Any]) -> Any:
        """Data of one admin operation. Logs in with the first. Raises TargetError."""
        url = self.shop.base_url + self.shop.options["admin_api"]
        if not self._session:
            user, colon, password = self.shop.admin_token.partition(":")
            if not colon:
                raise TargetError(
                    f"{self.shop.base_url}: its orders cannot be read; set DOORBUSTER_ADMIN_TOKEN to user:password "
                    "of an administrator"
                )
            answer = ask(
                self.client, url, "vendure_backstage", "LogIn", {"username": user, "password": password}, self._headers
            )
            if self._data(answer, url)["login"]["__typename"] != "CurrentUser":
                raise TargetError(f"{url}: the administrator of DOORBUSTER_ADMIN_TOKEN could not log in; correct it")
            # A shop that knows its visitors by cookie sends no token; the client has kept the cookie.
            self._session = answer.headers.get("vendure-auth-token") or "cookie"
        return self._data(ask(self.client, url, "vendure_backstage", operation, variables, self._headers), url)

    @property
    def _headers(self) -> dict[str, str]:
        headers = {"vendure-token": self.shop.token} if self.shop.token else {}
        if self._session not in ("", "cookie"):
            headers["Authorization"] = f"Bearer {self._session}"
        return headers

    def _data(self, response: Response, url: str) -> Any:
        if response.failure or not response.status:
            raise TargetError(f"{url}: {response.failure or 'no answer'}; is the shop running?")
        try:
            body = orjson.loads(response.body)
            errors, data = body.get("errors"), body.get("data")
        except (orjson.JSONDecodeError, AttributeError):
            errors, data = None, None
        if errors:
            raise TargetError(f"{url}: Vendure says {errors[0].get('message')}")
        if not isinstance(data, dict):
            raise TargetError(f'{url}: not a Vendure API (HTTP {response.status}); check the target and "platform"')
        return data


def _is_now(promotion: Mapping[str, Any], now: datetime) -> bool:
    starts, ends = (datetime.fromisoformat(at) if (at := promotion[name]) else None for name in ("startsAt", "endsAt"))
    return (starts is None or starts <= now) and (ends is None or now < ends)
