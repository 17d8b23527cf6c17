"""A WooCommerce shop's own books as rows of the facts table: orders of a rehearsal, stock, uses of codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.people import EMAIL_DOMAIN, NOTE, intent_in
from doorbuster.storefronts.woocommerce_answers import FAILED, PAID

Row = Mapping[str, Any]
_NOTED: Final = re.compile(rf"{re.escape(NOTE)} (\S+)")


def is_ours(order: Row) -> bool:
    """An order of a rehearsal: by its e-mail address, or by its note where a customer bought."""
    email, note = order["billing"].get("email") or "", order.get("customer_note") or ""
    return email.lower().endswith(f"@{EMAIL_DOMAIN}") or note.startswith(NOTE)


def order_row(order: Row) -> dict[str, Any] | None:
    """An order of the admin API, amounts with six decimals; None for a draft. Raises KeyError, ValueError."""
    status, currency = str(order["status"]), str(order["currency"])
    if status == "checkout-draft":
        return None
    noted = _NOTED.search(order.get("customer_note") or "")
    ways = [str(one["method_id"]) for one in order["shipping_lines"]]
    detail = {
        **_parts(order, currency),
        "codes": [str(one["code"]) for one in order["coupon_lines"]],
        "lines": [_line(item, currency, order["prices_include_tax"]) for item in order["line_items"]],
        "region": (order.get("shipping") or {}).get("country") or (order["billing"].get("country") or None),
        "shipping": ways[0] if len(ways) == 1 else None,
    }
    at = datetime.fromisoformat(str(order["date_created_gmt"])).replace(tzinfo=UTC)
    kind = "order" if status in (*PAID, "refunded") else "order_failed" if status in FAILED else "order_pending"
    return fact(
        "shop",
        kind,
        at_unix_us=int(at.timestamp() * 1e6),
        intent=intent_in(order["billing"].get("email")) or (noted[1] if noted else None),
        order_id=str(order["id"]),
        amount_minor=minor(order["total"], currency),
        currency=currency,
        detail=detail,
    )


def stock_row(variant: str, product: Row) -> dict[str, Any] | None:
    """Units for sale of one variant; None where the shop keeps no count of it."""
    if product.get("manage_stock") is not True or product.get("stock_quantity") is None:
        return None
    return fact("shop", "stock", detail={"variant": variant, "units": int(product["stock_quantity"])})


def coupon_row(coupon: Row) -> dict[str, Any]:
    """How often a code may be used and was, by all orders and not by this rehearsal's alone."""
    detail = {"code": coupon["code"], "limit": coupon.get("usage_limit"), "used": int(coupon["usage_count"])}
    return fact("shop", "coupon", detail=detail)


def variant_of(item: Row) -> str:
    """What was bought: a variation, or a product that has none."""
    return str(item["variation_id"] or item["product_id"])


def _parts(order: Row, currency: str) -> dict[str, int]:
    """Items, discount, shipping and tax, as this shop counts: where its prices hold the tax, so do the parts, and no
    tax is added. Empty where fees would have to be among them.
    """
    if order.get("fee_lines"):
        return {}
    with_tax = order["prices_include_tax"]

    def amount(net: Any, tax: Any) -> int:
        return minor(Decimal(str(net)) + (Decimal(str(tax)) if with_tax else 0), currency)

    return {
        "items_minor": sum(amount(item["subtotal"], item["subtotal_tax"]) for item in order["line_items"]),
        "discount_minor": amount(order["discount_total"], order["discount_tax"]),
        "shipping_minor": amount(order["shipping_total"], order["shipping_tax"]),
        "tax_minor": 0 if with_tax else minor(order["total_tax"], currency),
    }


def _line(item: Row, currency: str, with_tax: bool) -> dict[str, Any]:
    quantity = int(item["quantity"])
    tax = Decimal(str(item["subtotal_tax"])) if with_tax else Decimal(0)
    row_minor = minor(Decimal(str(item["subtotal"])) + tax, currency)
    # A price that was rounded by the row is no price of one unit.
    price_minor = row_minor // quantity if quantity and row_minor % quantity == 0 else None
    return {"variant": variant_of(item), "quantity": quantity, "price_minor": price_minor}
