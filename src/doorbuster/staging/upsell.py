"""The upsell app: offers one thing more at the checkout, and puts it into the very cart that is being checked out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from starlette.routing import Route

from doorbuster.staging.books import Cart
from doorbuster.staging.cart_locks import cart_and_discounts
from doorbuster.staging.carts import check_line, in_turn, leaking, view
from doorbuster.staging.catalogue import CURRENCY, Variant
from doorbuster.staging.discount_combiner import combined
from doorbuster.staging.faults import coupon_upsell_deadlock
from doorbuster.staging.till import Shop, page
from doorbuster.staging.web import Call, Refusal, Reply


def _open(shop: Shop, call: Call) -> Cart:
    """A shopper's own cart or any wallet's session, while it can be changed. Raises Refusal 404 or 409."""
    cart = shop.books.cart(call.path["cart"])
    if cart is None or (cart.channel == "native" and cart.session != call.session):
        raise Refusal(404, "no_such_cart", "There is no such cart.")
    if cart.order_number is not None or cart.canceled:
        raise Refusal(409, "already_ordered", "This cart is closed.")
    return cart


def offer_for(shop: Shop, cart: Cart) -> Variant | None:
    """The next thing of the collection that the first line is from, or of the whole shop; None for an empty cart."""
    if not cart.lines:
        return None
    catalogue = shop.catalogue
    first = catalogue.products[catalogue.variants[next(iter(cart.lines))].product]
    of_its_kind = catalogue.collections[first.collection]
    shelf = list(of_its_kind if len(of_its_kind) > 1 else catalogue.products.values())
    here = shelf.index(first)
    others = (product.variants[0] for product in (*shelf[here + 1 :], *shelf[:here]))
    return next((variant for variant in others if variant.id not in cart.lines), None)


def _offer(shop: Shop, call: Call) -> Reply:
    """GET: what is offered with this cart, if anything."""
    offered = offer_for(shop, _open(shop, call))
    told = {"variant": offered.id, "name": offered.name, "price_minor": offered.price_minor} if offered else None
    return Reply({"offer": told, "currency": CURRENCY})


async def _accept(shop: Shop, call: Call) -> Reply:
    """POST {variant}: the app puts it into the cart while the combiner works out the discounts anew."""
    cart, variant = _open(shop, call), str(call.json().get("variant"))
    check_line(shop, variant, cart.lines.get(variant, 0) + 1)

    def add() -> Reply:
        cart = _open(shop, call)
        lines = {**cart.lines, variant: cart.lines.get(variant, 0) + 1}
        shop.books.save_cart(replace(cart, lines=lines, upsell=variant))
        return Reply(None)

    def combine() -> Reply:
        cart = combined(shop, _open(shop, call))
        shop.books.save_cart(cart)
        return Reply(view(shop, cart))

    locks = cart_and_discounts(cart.id)
    # Where there are codes the faulty combiner begins with them, and the two writers wait for each other for ever.
    backwards = bool(cart.codes) and shop.counter.faults.value(coupon_upsell_deadlock.FAULT) is not None
    _, reply = await asyncio.gather(
        shop.locks.write(locks, add), shop.locks.write(locks[::-1] if backwards else locks, combine)
    )
    return leaking(shop, reply)


def routes(shop: Shop) -> list[Route]:
    path = "/apps/upsell/{cart}"
    return [
        page(shop, "GET", path, "cart.view", in_turn(_offer)),
        page(shop, "POST", path, "cart.add", in_turn(_accept)),
    ]
