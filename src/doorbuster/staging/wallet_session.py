"""How a wallet sees a cart: a checkout session of the Agentic Commerce Protocol, version 2026-04-17."""

from __future__ import annotations

from typing import Any, Final

from doorbuster.staging import orders
from doorbuster.staging.books import Cart
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.discounts import COUPONS
from doorbuster.staging.idempotency import API_VERSION
from doorbuster.staging.pricing import SHIPPING_OPTIONS, Totals, price
from doorbuster.staging.till import Shop
from doorbuster.staging.web import Call

HANDLER: Final = "staging_card"
MERCHANT: Final = "doorbuster_staging"


def _total(kind: str, text: str, amount_minor: int) -> dict[str, Any]:
    return {"type": kind, "display_text": text, "amount": amount_minor}


def _totals(totals: Totals) -> list[dict[str, Any]]:
    return [
        _total("items_base_amount", "Items", totals.items_minor),
        _total("discount", "Discount", totals.discount_minor),
        _total("subtotal", "Subtotal", totals.items_minor - totals.discount_minor),
        _total("fulfillment", "Shipping", totals.shipping_minor),
        _total("tax", "Tax", totals.tax_minor),
        _total("total", "Total", totals.total_minor),
    ]


def _line(shop: Shop, variant_id: str, quantity: int, tax_percent: int) -> dict[str, Any]:
    variant = shop.catalogue.variants[variant_id]
    alone = price([(variant.price_minor, quantity)], tax_percent=tax_percent)
    return {
        "id": f"line_{variant_id}",
        "item": {"id": variant_id, "name": variant.name, "unit_amount": variant.price_minor},
        "quantity": quantity,
        "name": variant.name,
        "unit_amount": variant.price_minor,
        "product_id": variant.product,
        "sku": variant_id,
        "totals": [
            _total("items_base_amount", "Items", alone.items_minor),
            _total("tax", "Tax", alone.tax_minor),
            _total("total", "Total", alone.total_minor),
        ],
    }


def _handler(gateway: str) -> dict[str, Any]:
    """The way to pay: where a wallet exchanges a card for a token bound to one session."""
    return {
        "id": HANDLER,
        "name": "dev.doorbuster.staging.card",
        "version": API_VERSION,
        "spec": f"{gateway}/agentic_commerce/spec",
        "requires_delegate_payment": True,
        "requires_pci_compliance": False,
        "psp": "doorbuster-staging",
        "config_schema": f"{gateway}/agentic_commerce/config.json",
        "instrument_schemas": [f"{gateway}/agentic_commerce/card.json"],
        "config": {"merchant_id": MERCHANT, "delegate_payment_url": f"{gateway}/agentic_commerce/delegate_payment"},
    }


def _discounts(shop: Shop, cart: Cart, rejected: list[dict[str, str]]) -> dict[str, Any]:
    discount_minor = shop.totals(cart).discount_minor
    applied = [
        {
            "id": f"discount_{code.lower()}",
            **({"automatic": True} if code in cart.automatic else {"code": code}),
            "coupon": {"id": code, "name": COUPONS[code].name, "percent_off": COUPONS[code].percent_off},
            "amount": discount_minor if COUPONS[code].percent_off else 0,
        }
        for code in cart.in_force
    ]
    return {"codes": cart.codes, "applied": applied, "rejected": rejected}


def status_of(cart: Cart, paying: bool = False) -> str:
    """Where a checkout session stands, in the protocol's word."""
    if cart.order_number is not None:
        return "completed"
    if cart.canceled:
        return "canceled"
    if paying:
        return "complete_in_progress"
    return "ready_for_payment" if cart.email and cart.address and cart.shipping else "not_ready_for_payment"


def message(code: str, text: str) -> dict[str, str]:
    """An error that the shopper can do something about."""
    return {
        "type": "error",
        "code": code,
        "content_type": "plain",
        "content": text,
        "resolution": "requires_buyer_input",
    }


def session_view(
    shop: Shop,
    call: Call,
    cart: Cart,
    messages: list[dict[str, str]] | None = None,
    rejected: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """A cart as a checkout session, with its order once there is one."""
    here, tax_percent = shop.address_of("shop", call), shop.tax_percent(cart)
    view: dict[str, Any] = {
        "id": cart.id,
        "protocol": {"version": API_VERSION},
        "capabilities": {"payment": {"handlers": [_handler(shop.address_of("gateway", call))]}},
        "status": status_of(cart),
        "currency": CURRENCY.lower(),
        "line_items": [_line(shop, variant, quantity, tax_percent) for variant, quantity in cart.lines.items()],
        "fulfillment_options": [
            {
                "type": "shipping",
                "id": option.id,
                "title": option.title,
                "totals": [_total("total", "Shipping", option.price_minor)],
            }
            for option in SHIPPING_OPTIONS.values()
        ],
        "totals": _totals(shop.totals(cart)),
        "messages": messages or [],
        "links": [{"type": "terms_of_use", "url": f"{here}/terms"}],
        "discounts": _discounts(shop, cart, rejected or []),
    }
    if cart.email:
        view["buyer"] = {"email": cart.email}
    if cart.address:
        view["fulfillment_details"] = {"address": cart.address}
    if cart.shipping:
        chosen = {"type": "shipping", "option_id": cart.shipping, "item_ids": list(cart.lines)}
        view["selected_fulfillment_options"] = [chosen]
    if cart.intent:
        view["metadata"] = {"purchase_intent": cart.intent}
    order = None if cart.order_number is None else orders.by_number(shop.books, cart.order_number)
    if order:
        # The protocol has no plain page of an order; the read-back by intent is where this shop shows one.
        permalink = f"{here}/orders/by-intent/{order.new.intent}"
        view["order"] = {"id": order.id, "checkout_session_id": cart.id, "permalink_url": permalink}
    return view
