"""What Vendure's books say, as rows of the facts table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from doorbuster.storefronts.facts import Row, fact
from doorbuster.storefronts.people import intent_in
from doorbuster.storefronts.vendure_answers import INTENT, PLACED

_FULFILLED: Final = frozenset({"Shipped", "Delivered"})
_MONEY_TAKEN: Final = frozenset({"Authorized", "Settled"})


def books(
    orders: Iterable[Row], stock: Iterable[Row], promotions: Iterable[Row], prices_include_tax: bool
) -> Iterator[dict[str, Any]]:
    """Orders, stock and codes; at the end that they were read.

    An order that was placed is `order`; one that its shopper tried to pay and that is not placed is `order_pending`;
    a cancelled one is `order_failed`. Stock at the start is what is on hand: Vendure takes goods off that only when
    they leave the house, so it is not told for variants that did.
    """
    left: set[str] = set()
    for order in orders:
        if any(one["state"] in _FULFILLED for one in order["fulfillments"] or ()):
            left.update(str(line["productVariant"]["id"]) for line in order["lines"])
        yield _order(order, prices_include_tax)
    for one in stock:
        initial = None if one["id"] in left else one["on_hand"]
        yield fact("shop", "stock", detail={"variant": one["id"], "units": one["units"], "initial": initial})
    for one in promotions:
        if one["couponCode"]:
            detail = {"code": one["couponCode"], "limit": one["usageLimit"], "used": None}
            yield fact("shop", "coupon", detail=detail)
    yield fact("shop", "books_read")


def _order(order: Row, prices_include_tax: bool) -> dict[str, Any]:
    placed = order["state"] in PLACED
    tax = "WithTax" if prices_include_tax else ""
    lines = order["lines"]
    detail: dict[str, Any] = {
        "codes": order["couponCodes"],
        "region": (order["shippingAddress"] or {}).get("countryCode"),
        "shipping": next((one["shippingMethod"]["code"] for one in order["shippingLines"]), None),
        # Vendure sets goods aside when an order is placed, not before.
        "lines": [_line(line, tax) for line in lines] if placed else [],
        "cart": order["code"],
        "payments": [
            {"method": one["method"], "state": one["state"], "amount_minor": one["amount"]}
            for one in order["payments"] or ()
            if one["state"] in _MONEY_TAKEN
        ],
    }
    if not order["surcharges"]:
        detail |= {
            "items_minor": sum(line[f"linePrice{tax}"] for line in lines),
            "discount_minor": -sum(one[f"amount{tax}"] for one in order["discounts"]),
            "shipping_minor": sum(one[f"price{tax}"] for one in order["shippingLines"]),
            # Where prices hold their tax there is none to add.
            "tax_minor": 0 if prices_include_tax else order["totalWithTax"] - order["total"],
        }
    at = order["orderPlacedAt"] or order["updatedAt"]
    return fact(
        "shop",
        "order" if placed else "order_failed" if order["state"] == "Cancelled" else "order_pending",
        at_unix_us=round(datetime.fromisoformat(at).timestamp() * 1e6),
        intent=intent_in((order["customer"] or {}).get("emailAddress")) or _paid_for(order["payments"] or ()),
        order_id=order["code"],
        amount_minor=order["totalWithTax"],
        currency=order["currencyCode"],
        detail=detail,
    )


def _line(line: Mapping[str, Any], tax: str) -> dict[str, Any]:
    """Price of a unit where the line's price is a whole number of times that, which rounding may prevent."""
    price_minor, rest = divmod(line[f"linePrice{tax}"], max(1, line["quantity"]))
    told = {"variant": str(line["productVariant"]["id"]), "quantity": line["quantity"]}
    return {**told, "price_minor": None if rest else price_minor}


def _paid_for(payments: Iterable[Row]) -> str | None:
    """The purchase intent that a payment names."""
    return next((str(one["metadata"][INTENT]) for one in payments if (one["metadata"] or {}).get(INTENT)), None)
