"""A Shopify shop's books, through its Admin API: orders of a rehearsal read back, cancelled, and whose shop it is.

What it asks and is told is written from Shopify's published pages. No schema of the Admin API was at hand, so these
shapes are proved by nothing but their own tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.answers import MALFORMED, minor, retry_after_s
from doorbuster.storefronts.base import Client, Response, Shop
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.people import NOTE, intent_in
from doorbuster.storefronts.shopify_answers import order_number
from doorbuster.storefronts.shopify_cart import INTENT

_NO_TOKEN: Final = "its orders are in the Admin API alone; set DOORBUSTER_ADMIN_TOKEN to a token with read_orders"
_NO_CANCEL: Final = "not cancelled: DOORBUSTER_ADMIN_TOKEN is not set; cancel it in the shop's admin"
_TURNED_AWAY: Final = 30
"""Throttles in a row after which the Admin API is given up."""
_KIND: Final = {
    **dict.fromkeys(("PAID", "AUTHORIZED", "PARTIALLY_REFUNDED", "REFUNDED"), "order"),
    **dict.fromkeys(("PENDING", "PARTIALLY_PAID"), "order_pending"),
    **dict.fromkeys(("VOIDED", "EXPIRED"), "order_failed"),
}
"""An authorised payment is the gateway's yes; shops that capture by hand never show more during a rehearsal."""


@dataclass(frozen=True, slots=True)
class Admin:
    """Asks with the admin token; raises TargetError where the books stay shut."""

    client: Client
    shop: Shop
    variant: Callable[[str], str] = lambda gid: gid
    """How this platform's catalogue names a variant."""
    sleep: Callable[[float], None] = time.sleep

    @property
    def opens(self) -> bool:
        """Whether there is a token to ask with."""
        return bool(self.shop.admin_token)

    def is_development_store(self) -> bool:
        """Whether Shopify knows the shop as one for testing, where no buyer can pay."""
        return bool(self._ask("Plan", {})["shop"]["plan"]["partnerDevelopment"])

    def facts(self) -> Iterator[Mapping[str, Any]]:
        """Every marked order of the last hours that the options name, as rows of the facts table.

        Orders that carry no mark of a rehearsal are left out: others may work in the same development store.
        """
        if not self.opens:
            raise TargetError(f"{self.shop.base_url}: its books were not read: {_NO_TOKEN}")
        since = datetime.now(UTC) - timedelta(hours=float(self.shop.options["orders_of_last_h"]))
        query, after = f"created_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'", None
        while True:
            page = self._ask("Orders", {"query": query, "after": after})["orders"]
            yield from (self._row(order) for order in page["nodes"] if _marked(order))
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        yield fact("shop", "books_read")

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Cancel, refund, restock, tell nobody. Shopify does it in the background: None is its promise to."""
        if not self.opens:
            return dict.fromkeys(order_ids, _NO_CANCEL)
        said: dict[str, str | None] = {}
        for order_id in order_ids:
            asked = {"orderId": f"gid://shopify/Order/{order_id}", "note": NOTE}
            try:
                asked_back = {"refund": {"originalPaymentMethodsRefund": True}}
                answer = self._ask("Cancel", {**asked, **asked_back})["orderCancel"]
                errors = answer["orderCancelUserErrors"]
                said[order_id] = str(errors[0]["message"]) if errors else None
            except TargetError as refused:
                said[order_id] = str(refused)
        return said

    def _row(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        total = order["totalPriceSet"]["presentmentMoney"]
        currency = total["currencyCode"]
        status = order["displayFinancialStatus"]
        return fact(
            "shop",
            "order_failed" if order["cancelledAt"] else _KIND.get(status, "order_pending"),
            at_unix_us=round(datetime.fromisoformat(order["createdAt"]).timestamp() * 1e6),
            intent=_intent(order),
            order_id=order_number(order["id"]),
            amount_minor=minor(total["amount"], currency),
            currency=currency,
            detail=self._detail(order),
        )

    def _detail(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """What promises read of an order. Goods that do not fit into one page are left out, not cut short."""
        items = order["lineItems"]
        lines = [
            {
                "variant": self.variant(line["variant"]["id"]) if line["variant"] else "",
                "quantity": line["quantity"],
                "price_minor": _money(line["originalUnitPriceSet"]),
            }
            for line in items["nodes"]
        ]
        whole = not items["pageInfo"]["hasNextPage"]
        goods = sum(line["quantity"] * line["price_minor"] for line in lines)
        return {
            "items_minor": goods if whole else None,
            "discount_minor": _money(order["totalDiscountsSet"]),
            "shipping_minor": _money(order["totalShippingPriceSet"]),
            # What is in the prices already is not added to them.
            "tax_minor": 0 if order["taxesIncluded"] else _money(order["totalTaxSet"]),
            "codes": order["discountCodes"],
            "lines": lines if whole else None,
            "region": (order["shippingAddress"] or {}).get("countryCodeV2"),
            "shipping": (order["shippingLine"] or {}).get("title"),
        }

    def _ask(self, operation: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        options = self.shop.options
        base_url = f"https://{options['admin_host']}" if options["admin_host"] else self.shop.base_url
        url = f"{base_url}/admin/api/{options['api_version']}/graphql.json"
        headers = {"X-Shopify-Access-Token": self.shop.admin_token}
        for _ in range(_TURNED_AWAY):
            response = ask(self.client, url, "shopify_admin", operation, variables, headers)
            if response.status != 429:
                data = _read(response, url, operation)
                if data is not None:
                    return data
            self.sleep(retry_after_s(response) or 2.0)
        raise TargetError(f"{url}: throttled {_TURNED_AWAY} times in a row; read the books later")


def _read(response: Response, url: str, operation: str) -> Mapping[str, Any] | None:
    """What was asked for; None where the Admin API, with a 200, wants to be asked later. Raises TargetError."""
    if response.failure or response.status != 200:
        why = response.failure or f"HTTP {response.status}"
        raise TargetError(f"{url}: {why}; check DOORBUSTER_ADMIN_TOKEN and storefront.options.admin_host")
    try:
        body = orjson.loads(response.body)
        codes = [error["extensions"].get("code") for error in body.get("errors") or ()]
        data = body.get("data")
    except MALFORMED:
        codes, data = ["no JSON of the Admin API"], None
    if "THROTTLED" in codes:
        return None
    if codes or not isinstance(data, dict):
        why = codes[0] if codes else "no data"
        raise TargetError(f"{url}: {operation} was refused ({why}); check the scopes of DOORBUSTER_ADMIN_TOKEN")
    return data


def _intent(order: Mapping[str, Any]) -> str | None:
    named = next((one["value"] for one in order["customAttributes"] if one["key"] == INTENT), None)
    return named or intent_in(order["email"])


def _marked(order: Mapping[str, Any]) -> bool:
    return _intent(order) is not None or NOTE in (order["note"] or "")


def _money(bag: Mapping[str, Any] | None) -> int | None:
    if not bag:
        return None
    return minor(bag["presentmentMoney"]["amount"], bag["presentmentMoney"]["currencyCode"])
