"""The express wallet: one session, one token, one tap; the Agentic Commerce Protocol, version 2026-04-17."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from starlette.routing import Route

from doorbuster.staging.books import Cart
from doorbuster.staging.cart_locks import cart_and_discounts
from doorbuster.staging.carts import SENTENCES, check_line
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.discount_combiner import combined, why_not
from doorbuster.staging.faults import wallet_update_freezes_cart
from doorbuster.staging.idempotency import Idempotency, check_headers, protocol_error
from doorbuster.staging.pricing import SHIPPING_OPTIONS
from doorbuster.staging.till import Shop, page
from doorbuster.staging.wallet_session import message, session_view, status_of
from doorbuster.staging.web import Call, Refusal, Reply

_ADDRESS: Final = ("name", "line_one", "line_two", "city", "state", "country", "postal_code", "company")
_NEEDED: Final = frozenset({"name", "line_one", "city", "state", "country", "postal_code"})
# What the shop refuses for a business reason, in the protocol's words for messages.
_MESSAGES: Final = {
    "out_of_stock": "out_of_stock",
    "payment_declined": "payment_declined",
    "discount_code_usage_limit_reached": "coupon_invalid",
}


def _object(value: Any, param: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal(400, "invalid", f"{param} must be an object.", param=param)
    return value


def _lines(shop: Shop, items: Any) -> dict[str, int]:
    """Variant to quantity: this version of the protocol says "two of them" by naming an item twice."""
    if not isinstance(items, list) or not items:
        raise Refusal(400, "missing", "line_items must not be empty.", param="$.line_items")
    lines: dict[str, int] = {}
    for number, item in enumerate(items):
        variant = str(_object(item, f"$.line_items[{number}]").get("id"))
        if variant not in shop.catalogue.variants:
            raise Refusal(400, "invalid_item_id", "There is no such item.", param=f"$.line_items[{number}].id")
        lines[variant] = lines.get(variant, 0) + 1
    for variant, quantity in lines.items():
        check_line(shop, variant, quantity)
    return lines


def _address(details: dict[str, Any]) -> dict[str, Any] | None:
    given = details.get("address")
    if given is None:
        return None
    param = "$.fulfillment_details.address"
    address = _object(given, param)
    if not address.keys() >= _NEEDED:
        raise Refusal(400, "missing", "The address is incomplete.", param=param)
    return {name: address[name] for name in _ADDRESS if name in address}


def _apply(shop: Shop, cart: Cart, body: dict[str, Any]) -> tuple[Cart, list[dict[str, str]]]:
    """The cart with all that a create or update request says, and the discount codes it could not have."""
    if "line_items" in body:
        cart = replace(cart, lines=_lines(shop, body["line_items"]))
    details = _object(body.get("fulfillment_details", {}), "$.fulfillment_details")
    email = _object(body.get("buyer", {}), "$.buyer").get("email") or details.get("email") or cart.email
    cart = replace(cart, email=email, address=_address(details) or cart.address)
    for chosen in body.get("selected_fulfillment_options", ()):
        option = _object(chosen, "$.selected_fulfillment_options").get("option_id")
        if option not in SHIPPING_OPTIONS:
            raise Refusal(400, "invalid", "There is no such option.", param="$.selected_fulfillment_options")
        cart = replace(cart, shipping=option)
    rejected: list[dict[str, str]] = []
    if "discounts" in body:
        codes: list[str] = []
        for code in _object(body["discounts"], "$.discounts").get("codes", ()):
            reason = why_not(shop, str(code), codes)
            if reason:
                rejected.append({"code": str(code), "reason": reason, "message": SENTENCES[reason]})
            else:
                codes.append(str(code))
        cart = replace(cart, codes=codes)
    return combined(shop, cart), rejected


def _session(shop: Shop, call: Call) -> Cart:
    cart = shop.books.cart(call.path["session"])
    if cart is None or cart.channel != "wallet":
        raise Refusal(404, "not_found", "There is no such checkout session.")
    return cart


def _open_session(shop: Shop, call: Call) -> Cart:
    cart = _session(shop, call)
    if status_of(cart) in ("completed", "canceled"):
        raise Refusal(405, "not_allowed", "This checkout session is closed.")
    return cart


async def _create(shop: Shop, call: Call) -> Reply:
    body = call.json()
    if str(body.get("currency", "")).upper() != CURRENCY:
        raise Refusal(400, "invalid", f"This shop sells in {CURRENCY.lower()}.", param="$.currency")
    _object(body.get("capabilities"), "$.capabilities")
    if "line_items" not in body:
        raise Refusal(400, "missing", "line_items must not be empty.", param="$.line_items")
    intent = _object(body.get("metadata", {}), "$.metadata").get("purchase_intent")
    blank = Cart(id=f"cs_{secrets.token_hex(8)}", session="", channel="wallet", intent=intent)
    cart, rejected = _apply(shop, blank, body)
    shop.books.save_cart(cart)
    return Reply(session_view(shop, call, cart, rejected=rejected), 201)


async def _update(shop: Shop, call: Call) -> Reply:
    cart, rejected = _apply(shop, _open_session(shop, call), call.json())
    if cart.codes and shop.counter.faults.value(wallet_update_freezes_cart.FAULT) is not None:
        lock, _ = cart_and_discounts(cart.id)
        # The update has the cart, and lets the combiner ask for it once more.
        await shop.locks.write((lock, lock), lambda: Reply(None))
    shop.books.save_cart(cart)
    return Reply(session_view(shop, call, cart, rejected=rejected))


async def _complete(shop: Shop, call: Call) -> Reply:
    cart, body = _session(shop, call), call.json()
    status = status_of(cart)
    if status == "completed":
        return Reply(session_view(shop, call, cart))
    if status != "ready_for_payment":
        raise Refusal(400, "invalid", f"The checkout session is {status}.", param="$.status")
    param = "$.payment_data"
    for name in ("payment_data", "instrument", "credential"):
        body = _object(body.get(name), param)
    token = body.get("token")
    if not isinstance(token, str):
        raise Refusal(400, "missing", "payment_data holds no token.", param=param)
    intent = cart.intent or call.header("idempotency-key")
    # The token is in the key: another token is another attempt, the same one can only be charged once anyway.
    wish = replace(shop.wish(cart, intent), source=token, payment_key=f"{intent}-{token}")
    try:
        order = await shop.purchases.buy(wish)
    except Refusal as refusal:
        if refusal.code not in _MESSAGES:
            raise
        # The protocol's decline: 200, the session is ready for payment again, and a message says why.
        return Reply(session_view(shop, call, cart, [message(_MESSAGES[refusal.code], refusal.message)]))
    cart = replace(cart, intent=intent, order_number=order.number)
    shop.books.save_cart(cart)
    return Reply(session_view(shop, call, cart))


async def _cancel(shop: Shop, call: Call) -> Reply:
    cart = replace(_open_session(shop, call), canceled=True)
    shop.books.save_cart(cart)
    return Reply(session_view(shop, call, cart))


def _get(shop: Shop, call: Call) -> Reply:
    check_headers(call)
    return Reply(session_view(shop, call, _session(shop, call)))


def routes(shop: Shop, idempotency: Idempotency) -> list[Route]:
    one = "/checkout_sessions/{session}"

    def post(path: str, step: str, handle: Any) -> Route:
        def once(shop: Shop, call: Call) -> Awaitable[Reply]:
            session = call.path.get("session", "")
            lock, _ = cart_and_discounts(session)
            in_turn = partial(shop.locks.when_free, lock, partial(handle, shop, call))
            return idempotency.once(call, f"{path} {session}", in_turn)

        return page(shop, "POST", path, step, once, shape=protocol_error)

    return [
        post("/checkout_sessions", "wallet.start", _create),
        post(one, "wallet.update", _update),
        post(one + "/complete", "wallet.complete", _complete),
        post(one + "/cancel", "wallet.update", _cancel),
        page(shop, "GET", one, "wallet.update", _get, shape=protocol_error),
    ]
