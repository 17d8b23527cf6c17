"""An Adobe Commerce shop's own books as rows of the facts table: orders of a rehearsal, stock, uses of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.people import intent_in

Row = Mapping[str, Any]
# An order by an offline method stays `new` until somebody books the money: it is an order all the same.
_KIND: Final = {
    "new": "order",
    "processing": "order",
    "complete": "order",
    "closed": "order",
    "holded": "order",
    "pending_payment": "order_pending",
    "payment_review": "order_pending",
    "canceled": "order_failed",
}


def order_row(order: Row, order_id: str) -> dict[str, Any]:
    """An order of the admin API, under the id that its shopper was shown. Raises KeyError, ValueError."""
    currency = str(order["order_currency_code"])
    assigned = (order.get("extension_attributes") or {}).get("shipping_assignments") or [{}]
    shipping = assigned[0].get("shipping") or {}
    detail = {
        **_parts(order, currency),
        "codes": [order["coupon_code"]] if order.get("coupon_code") else [],
        "lines": [_line(item, currency) for item in order["items"] if not item.get("parent_item_id")],
        "region": (shipping.get("address") or {}).get("country_id"),
        "shipping": shipping.get("method"),
        "number": order["increment_id"],
    }
    at = datetime.fromisoformat(str(order["created_at"])).replace(tzinfo=UTC)
    return fact(
        "shop",
        _KIND.get(str(order["state"]), "order_pending"),
        at_unix_us=int(at.timestamp() * 1e6),
        intent=intent_in(order["customer_email"]),
        order_id=order_id,
        amount_minor=minor(order["grand_total"], currency),
        currency=currency,
        detail=detail,
    )


def stock_row(sku: str, units: Any) -> dict[str, Any]:
    """Units for sale of one SKU, as the shop counts them now."""
    return fact("shop", "stock", detail={"variant": sku, "units": int(Decimal(str(units)))})


def coupon_row(coupon: Row) -> dict[str, Any]:
    """How often a code may be used and was, by all orders and not by this rehearsal's alone."""
    limit = coupon.get("usage_limit")
    detail = {"code": coupon["code"], "limit": int(limit) if limit else None, "used": int(coupon["times_used"])}
    return fact("shop", "coupon", detail=detail)


def skus_of(orders: Iterable[Row]) -> list[str]:
    """Every SKU that was sold, each once."""
    sold = (str(item["sku"]) for order in orders for item in order["items"] if not item.get("parent_item_id"))
    return list(dict.fromkeys(sold))


def _parts(order: Row, currency: str) -> dict[str, int]:
    """Items, discount, shipping and tax, so that they add up as the shop adds them.

    The shop writes discounts as negative numbers, and keeps apart the tax that is in a discount on prices with tax.
    """

    def amount(name: str) -> int:
        return minor(order.get(name) or 0, currency)

    compensated = amount("discount_tax_compensation_amount") + amount("shipping_discount_tax_compensation_amount")
    return {
        "items_minor": amount("subtotal"),
        "discount_minor": -amount("discount_amount") - compensated,
        "shipping_minor": amount("shipping_amount"),
        "tax_minor": amount("tax_amount"),
    }


def _line(item: Row, currency: str) -> dict[str, Any]:
    quantity = int(item["qty_ordered"])
    row_minor = minor(item["row_total"], currency)
    # A price that was rounded by the row is no price of one unit.
    price_minor = row_minor // quantity if quantity and row_minor % quantity == 0 else None
    return {"variant": str(item["sku"]), "quantity": quantity, "price_minor": price_minor}
