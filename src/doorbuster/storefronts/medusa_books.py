"""What a Medusa shop's admin API tells of orders, stock, coupons and tax, as rows of the facts table.

Medusa does not round: an order's parts, and so its total, have fractions of a cent where tax or a discount makes them.
Stock that is sold stays on the shelf, reserved, until it is shipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from doorbuster.promises.words import decimals
from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.medusa_session import INTENT
from doorbuster.storefronts.people import intent_in

Row = Mapping[str, Any]
ORDER_FIELDS: Final = (
    "id,status,email,currency_code,created_at,metadata,payment_status,total,item_subtotal,discount_subtotal,"
    "shipping_subtotal,tax_total,items.variant_id,items.quantity,items.subtotal,items.adjustments.code,"
    "items.detail.fulfilled_quantity,shipping_address.country_code,shipping_methods.name,"
    "shipping_methods.adjustments.code"
)
STOCK_FIELDS: Final = (
    "id,manage_inventory,allow_backorder,inventory_items.required_quantity,"
    "inventory_items.inventory.location_levels.stocked_quantity,"
    "inventory_items.inventory.location_levels.reserved_quantity"
)
COUPON_FIELDS: Final = (
    "code,limit,used,is_automatic,status,campaign.budget.type,campaign.budget.limit,campaign.budget.used"
)
TAX_FIELDS: Final = "country_code,province_code,tax_rates.rate,tax_rates.is_default"
_PAID: Final = frozenset(
    {"authorized", "captured", "partially_authorized", "partially_captured", "partially_refunded", "refunded"}
)
_PARTS: Final = {
    "items_minor": "item_subtotal",
    "discount_minor": "discount_subtotal",
    "shipping_minor": "shipping_subtotal",
    "tax_minor": "tax_total",
}
_NEARLY_NOTHING: Final = Decimal("0.0001")
"""In units of the currency: amounts come as binary fractions."""


def order_row(order: Row) -> dict[str, Any]:
    """One order, paid, waiting to be, or cancelled."""
    currency = order["currency_code"].upper()
    items, shipping = order["items"], order["shipping_methods"]
    country = (order.get("shipping_address") or {}).get("country_code")
    codes = [change["code"] for one in (*items, *shipping) for change in one.get("adjustments") or ()]
    detail = {
        **_parts(order, currency),
        "codes": list(dict.fromkeys(code for code in codes if code)),
        "lines": [_line(item, currency) for item in items],
        "region": country.upper() if country else None,
        "shipping": shipping[0]["name"] if shipping else None,
    }
    return fact(
        "shop",
        _kind(order),
        at_unix_us=int(datetime.fromisoformat(order["created_at"]).timestamp() * 1e6),
        intent=(order["metadata"] or {}).get(INTENT) or intent_in(order["email"]),
        order_id=order["id"],
        amount_minor=minor(order["total"], currency),
        currency=currency,
        detail=detail,
    )


def stock_rows(variants: Sequence[Row], orders: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Units of each variant that is one stocked thing and is not sold on order; kits and untracked ones are left out.

    `initial` is what is on the shelf and what was shipped of all orders that the shop has.
    """
    shipped: Counter[str] = Counter()
    for item in (item for order in orders for item in order["items"]):
        shipped[item["variant_id"]] += item["detail"]["fulfilled_quantity"]
    for variant in variants:
        kept = variant["inventory_items"]
        if not variant["manage_inventory"] or variant["allow_backorder"] or len(kept) != 1:
            continue
        if kept[0]["required_quantity"] != 1:
            continue
        levels = kept[0]["inventory"]["location_levels"]
        stocked = sum(int(level["stocked_quantity"]) for level in levels)
        units = stocked - sum(int(level["reserved_quantity"]) for level in levels)
        initial = stocked + int(shipped[variant["id"]])
        yield fact("shop", "stock", detail={"variant": variant["id"], "units": units, "initial": initial})


def coupon_row(promotion: Row) -> dict[str, Any]:
    """A code, with its own limit or its campaign's. Medusa counts uses only where there is a limit."""
    limit, used = promotion["limit"], promotion["used"]
    budget = (promotion.get("campaign") or {}).get("budget") or {}
    if limit is None and budget.get("type") == "usage":
        limit, used = budget["limit"], budget["used"]
    told = {"limit": None, "used": None} if limit is None else {"limit": int(limit), "used": int(used or 0)}
    return fact("shop", "coupon", detail={"code": promotion["code"], **told})


def tax_row(region: Row) -> dict[str, Any] | None:
    """The rate of a country that has one for everything; None where products or provinces have their own."""
    rates = region["tax_rates"]
    if region["province_code"] or len(rates) != 1 or not rates[0]["is_default"]:
        return None
    return fact("shop", "tax_rate", detail={"region": region["country_code"].upper(), "percent": rates[0]["rate"]})


def _kind(order: Row) -> str:
    if order["status"] == "canceled":
        return "order_failed"
    return "order" if order["payment_status"] in _PAID or not order["total"] else "order_pending"


def _parts(order: Row, currency: str) -> dict[str, int]:
    """Items, discount, shipping and tax in minor units. Where they add up unrounded, tax takes what rounding leaves."""
    parts = {name: minor(order[told], currency) for name, told in _PARTS.items()}
    items, discount, shipping, tax = (Decimal(str(order[told])) for told in _PARTS.values())
    if abs(Decimal(str(order["total"])) - (items - discount + shipping + tax)) < _NEARLY_NOTHING:
        before_tax = parts["items_minor"] - parts["discount_minor"] + parts["shipping_minor"]
        parts["tax_minor"] = minor(order["total"], currency) - before_tax
    return parts


def _line(item: Row, currency: str) -> dict[str, Any]:
    """A line at its price before tax and discount; None where that is no whole number of minor units."""
    each = Decimal(str(item["subtotal"])) / item["quantity"] * 10 ** decimals(currency)
    price_minor = int(each) if each == each.to_integral_value() else None
    return {"variant": item["variant_id"], "quantity": item["quantity"], "price_minor": price_minor}
