"""Carts: made, filled, changed, discounted and looked at, each by the shopper it belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from starlette.routing import Route

from doorbuster.staging.books import Cart
from doorbuster.staging.cart_locks import cart_and_discounts
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.discount_combiner import combined, why_not
from doorbuster.staging.discounts import Reason
from doorbuster.staging.faults import latency_leak
from doorbuster.staging.till import Page, Shop, page
from doorbuster.staging.web import Call, Refusal, Reply

MOST_OF_ONE: Final = 20
SENTENCES: Final[dict[Reason, str]] = {
    "discount_code_invalid": "There is no such discount code.",
    "discount_code_already_applied": "This discount code is already applied.",
    "discount_code_combination_disallowed": "This discount code cannot be combined with the one applied.",
    "discount_code_usage_limit_reached": "The discount code is used up.",
}


def in_turn(handle: Page) -> Page:
    """A page that touches the cart in its path: it waits while another writer has that one."""

    def when_free(shop: Shop, call: Call) -> Reply | Awaitable[Reply]:
        lock, _ = cart_and_discounts(call.path["cart"])
        return shop.locks.when_free(lock, partial(handle, shop, call)) if shop.locks.held(lock) else handle(shop, call)

    return when_free


def own_cart(shop: Shop, call: Call) -> Cart:
    """The cart that the path names, if it is this shopper's own and not yet an order. Raises Refusal 404 or 409."""
    cart = shop.books.cart(call.path["cart"])
    # Somebody else's cart is answered like none at all: its id must not be worth guessing.
    if cart is None or cart.session != call.session or cart.channel != "native":
        raise Refusal(404, "no_such_cart", "There is no such cart.")
    return cart


def open_cart(shop: Shop, call: Call) -> Cart:
    """The same, but only while it can still be changed. Raises Refusal 404 or 409."""
    cart = own_cart(shop, call)
    if cart.order_number is not None:
        raise Refusal(409, "already_ordered", "This cart is an order already.")
    return cart


def view(shop: Shop, cart: Cart) -> dict[str, Any]:
    """A cart as JSON, with what it costs."""
    lines = [
        {"variant": variant, "quantity": quantity, "price_minor": shop.price_minor(cart, variant)}
        for variant, quantity in cart.lines.items()
    ]
    totals = shop.totals(cart)
    return {"id": cart.id, "lines": lines, "codes": cart.in_force, "currency": CURRENCY, "totals": asdict(totals)}


def check_line(shop: Shop, variant: str, quantity: int) -> None:
    """Raises Refusal where nothing like this can be in a cart."""
    if variant not in shop.catalogue.variants:
        raise Refusal(404, "no_such_variant", "There is no such variant.")
    if not 0 <= quantity <= MOST_OF_ONE:
        raise Refusal(422, "quantity_exceeded", f"From 0 to {MOST_OF_ONE} of one thing, please.")
    shop.shelves.count()
    if shop.books.units(variant) < quantity:
        raise Refusal(422, "out_of_stock", "Not enough units in stock.")


def _quantity(body: dict[str, Any]) -> int:
    quantity = body.get("quantity", 1)
    if not isinstance(quantity, int):
        raise Refusal(400, "invalid_quantity", "quantity must be a whole number.")
    return quantity


def _create(shop: Shop, call: Call) -> Reply:
    email = call.json().get("email")
    if email is not None and (not isinstance(email, str) or "@" not in email):
        raise Refusal(400, "invalid_email", "email must be an address.")
    cart = Cart(id=secrets.token_hex(8), session=call.session, channel="native", email=email)
    shop.books.save_cart(cart)
    return Reply(view(shop, cart), 201)


def _set_line(shop: Shop, cart: Cart, variant: str, quantity: int) -> Reply:
    check_line(shop, variant, quantity)
    lines = {**cart.lines, variant: quantity}
    cart = combined(shop, replace(cart, lines={known: number for known, number in lines.items() if number}))
    shop.books.save_cart(cart)
    return Reply(view(shop, cart))


def _add(shop: Shop, call: Call) -> Reply:
    cart, body = open_cart(shop, call), call.json()
    variant = str(body.get("variant"))
    return leaking(shop, _set_line(shop, cart, variant, cart.lines.get(variant, 0) + _quantity(body)))


def leaking(shop: Shop, reply: Reply) -> Reply:
    """With the fault on, putting something into a cart takes longer with each cart that there is."""
    leak_ms = shop.counter.faults.value(latency_leak.FAULT)
    return reply if leak_ms is None else replace(reply, late_ms=leak_ms * shop.books.carts())


def _update(shop: Shop, call: Call) -> Reply:
    return _set_line(shop, open_cart(shop, call), call.path["variant"], _quantity(call.json()))


def _discount(shop: Shop, call: Call) -> Reply:
    cart, code = open_cart(shop, call), str(call.json().get("code", "")).upper()
    reason = why_not(shop, code, cart.codes)
    if reason:
        raise Refusal(422, reason, SENTENCES[reason])
    cart = combined(shop, replace(cart, codes=[*cart.codes, code]))
    shop.books.save_cart(cart)
    return Reply(view(shop, cart))


def _view(shop: Shop, call: Call) -> Reply:
    cart = own_cart(shop, call)
    return Reply(shop.kept_pages.cart(lambda: view(shop, cart)))


def routes(shop: Shop) -> list[Route]:
    return [
        page(shop, "POST", "/carts", "cart.create", _create),
        page(shop, "GET", "/carts/{cart}", "cart.view", in_turn(_view)),
        page(shop, "POST", "/carts/{cart}/lines", "cart.add", in_turn(_add)),
        page(shop, "PUT", "/carts/{cart}/lines/{variant}", "cart.update", in_turn(_update)),
        page(shop, "POST", "/carts/{cart}/discounts", "cart.discount", in_turn(_discount)),
    ]
