"""What a Saleor shop's books tell after a run, as rows of the facts table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.people import intent_in

Row = Mapping[str, Any]
_PAID: Final = ("FULL", "OVERCHARGED")
_ENDED: Final = ("CANCELED", "EXPIRED")


def books(orders: Iterable[Row], stock: Iterable[Row], vouchers: Iterable[tuple[Row, Sequence[Row]]]) -> Iterator[Row]:
    """Rows about orders, shelves and codes; the last says that they were read."""
    for order in orders:
        yield _order(order)
    for variant in stock:
        if variant["trackInventory"]:
            yield fact("shop", "stock", detail={"variant": variant["id"], "units": units_of(variant)})
    for voucher, codes in vouchers:
        limit = 1 if voucher["singleUse"] else voucher["usageLimit"]
        for code in codes:
            yield fact("shop", "coupon", detail={"code": code["code"], "limit": limit, "used": code["used"]})
    yield fact("shop", "books_read")


def units_of(variant: Row) -> int:
    """Units for sale, over all warehouses."""
    return sum(one["quantity"] - one["quantityAllocated"] for one in variant["stocks"] or ())


def _order(order: Row) -> Row:
    """One order, with tax apart: Saleor keeps net and gross of everything, to the unit of its currency."""
    currency = str(order["total"]["currency"])

    def net_minor(price: Row) -> int:
        return minor(price["net"]["amount"], currency)

    lines, code = order["lines"], order["voucherCode"]
    items_minor = sum(net_minor(line["undiscountedTotalPrice"]) for line in lines)
    address = order["shippingAddress"]
    detail = {
        "items_minor": items_minor,
        "discount_minor": items_minor - net_minor(order["subtotal"]),
        "shipping_minor": net_minor(order["shippingPrice"]),
        "tax_minor": minor(order["total"]["tax"]["amount"], currency),
        "codes": [code] if code else [],
        "lines": [
            {
                "variant": line["productVariantId"],
                "quantity": line["quantity"],
                # A voucher lowers the price of a unit: what it cost on the shelf is not told then.
                "price_minor": None if code else minor(line["unitPrice"]["gross"]["amount"], currency),
            }
            for line in lines
        ],
        "region": address["country"]["code"] if address else None,
        "shipping": order["shippingMethodName"],
    }
    return fact(
        "shop",
        _kind(order),
        at_unix_us=round(datetime.fromisoformat(order["created"]).timestamp() * 1e6),
        intent=_intent(order),
        order_id=str(order["number"]),
        amount_minor=minor(order["total"]["gross"]["amount"], currency),
        currency=currency,
        detail=detail,
    )


def _kind(order: Row) -> str:
    if order["status"] in _ENDED:
        return "order_failed"
    paid = order["chargeStatus"] in _PAID or order["authorizeStatus"] == "FULL"
    return "order" if paid else "order_pending"


def _intent(order: Row) -> str | None:
    """By the mark on the checkout that it was; else by a guest's e-mail address."""
    return order["metafield"] or intent_in(order["userEmail"])
