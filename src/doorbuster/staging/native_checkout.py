"""The shop's own checkout, in separate calls: start, address, shipping, payment, complete; and the order afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import Any, Final

from starlette.routing import Route

from doorbuster.staging import orders
from doorbuster.staging.books import Cart
from doorbuster.staging.carts import in_turn, open_cart, own_cart, view
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.faults import price_changed
from doorbuster.staging.gateway_calls import Declined, GatewaySilent, MethodUnavailable
from doorbuster.staging.orders import Order
from doorbuster.staging.pricing import SHIPPING_OPTIONS
from doorbuster.staging.till import Shop, page
from doorbuster.staging.web import Call, Refusal, Reply

INTENT: Final = "x-purchase-intent"
_ADDRESS: Final = ("name", "line_one", "city", "postal_code", "country")


def order_view(order: Order) -> dict[str, Any]:
    """An order as a shopper sees it."""
    totals = asdict(order.new.totals)
    return {"order": {"id": order.id, "status": order.status, "currency": CURRENCY, "totals": totals}}


def _intent(call: Call) -> str:
    intent = call.header(INTENT)
    if not intent:
        raise Refusal(400, "purchase_intent_required", "The header X-Purchase-Intent is missing.")
    return intent


def _start(shop: Shop, call: Call) -> Reply:
    cart, email = open_cart(shop, call), call.json().get("email")
    if not cart.lines:
        raise Refusal(422, "empty_cart", "There is nothing in this cart.")
    if not isinstance(email, str) or "@" not in email:
        raise Refusal(400, "invalid_email", "email must be an address.")
    cart = replace(cart, email=email)
    shop.books.save_cart(cart)
    return Reply(view(shop, cart))


def _address(shop: Shop, call: Call) -> Reply:
    cart, address = open_cart(shop, call), call.json()
    missing = [name for name in _ADDRESS if not address.get(name)]
    if missing:
        raise Refusal(400, "invalid_address", f"The address lacks {', '.join(missing)}.")
    cart = replace(cart, address={name: address[name] for name in _ADDRESS})
    shop.books.save_cart(cart)
    options = [asdict(option) for option in SHIPPING_OPTIONS.values()]
    return Reply({**view(shop, cart), "shipping_options": options})


def _shipping(shop: Shop, call: Call) -> Reply:
    cart, option = open_cart(shop, call), call.json().get("option")
    if option not in SHIPPING_OPTIONS:
        raise Refusal(400, "invalid_shipping", "There is no such shipping option.")
    cart = replace(cart, shipping=option)
    shop.books.save_cart(cart)
    return Reply(view(shop, cart))


async def _payment(shop: Shop, call: Call) -> Reply:
    """Hold the money at the gateway; nothing is taken before the order is placed."""
    cart, intent, card = open_cart(shop, call), _intent(call), str(call.json().get("card", ""))
    if not (cart.email and cart.address and cart.shipping):
        raise Refusal(422, "checkout_incomplete", "Email, address and shipping come before the payment.")
    cart = _repriced(shop, cart, intent)
    amount_minor = shop.wish(cart, intent).totals.total_minor
    earlier = cart.authorisation
    if cart.authorised_minor != amount_minor or cart.intent != intent:
        try:
            held = await shop.gateway.authorise(f"{intent}-hold-{amount_minor}", intent, amount_minor, card)
        except Declined:
            raise Refusal(422, "payment_declined", "The payment was declined.") from None
        except MethodUnavailable:
            no = "Cards do not work at the moment; pay with your wallet."
            raise Refusal(422, "payment_method_unavailable", no, offer="express_wallet") from None
        except GatewaySilent:
            raise Refusal(503, "payment_unavailable", "The payment gateway does not answer.") from None
        # The cart may have changed during the call; what was authorised is compared again when the order is placed.
        cart = replace(
            open_cart(shop, call),
            intent=intent,
            authorisation=held.payment,
            authorised_minor=amount_minor,
            source=held.source,
            repriced=cart.repriced,
        )
        shop.books.save_cart(cart)
        if earlier and earlier != held.payment:
            await _let_go(shop, earlier)
    return Reply({"status": "authorised", "amount_minor": amount_minor, "currency": CURRENCY})


def _repriced(shop: Shop, cart: Cart, intent: str) -> Cart:
    """With the fault on, prices are looked up anew once the shopper has seen them."""
    on = shop.counter.faults.value(price_changed.FAULT) is not None
    return replace(cart, repriced=shop.counter.faults.hits(price_changed.FAULT, intent)) if on else cart


async def _let_go(shop: Shop, authorisation: str) -> None:
    """Void what is held, as far as the gateway can be reached: an authorisation nobody takes lapses by itself."""
    try:
        await shop.gateway.void(authorisation)
    except (Declined, GatewaySilent):
        return


async def _complete(shop: Shop, call: Call) -> Reply:
    cart, intent = own_cart(shop, call), _intent(call)
    if cart.intent != intent:
        raise Refusal(409, "intent_mismatch", "This cart was paid for under another purchase intent.")
    wish = shop.wish(cart, intent)
    if cart.authorisation is None or cart.authorised_minor != wish.totals.total_minor:
        raise Refusal(422, "payment_required", "The payment does not cover this cart; pay again.")
    try:
        order = await shop.purchases.buy(wish)
    except Refusal as refusal:
        if refusal.status == 422:
            # The shopper has lost the goods: the money that is held for them must not stay held.
            await asyncio.shield(_let_go(shop, cart.authorisation))
            shop.books.save_cart(replace(cart, authorisation=None, authorised_minor=0))
        raise
    if cart.order_number is None:
        shop.books.save_cart(replace(cart, order_number=order.number))
    return Reply(order_view(order))


def _by_intent(shop: Shop, call: Call) -> Reply:
    order = orders.of_intent(shop.books, call.path["intent"])
    if order is None:
        raise Refusal(404, "no_such_order", "No order was made for this purchase intent.")
    return Reply(order_view(order))


def routes(shop: Shop) -> list[Route]:
    checkout = "/carts/{cart}/checkout"
    return [
        page(shop, "POST", checkout, "checkout.start", in_turn(_start)),
        page(shop, "PUT", checkout + "/address", "checkout.address", in_turn(_address)),
        page(shop, "PUT", checkout + "/shipping", "checkout.shipping", in_turn(_shipping)),
        page(shop, "POST", checkout + "/payment", "checkout.payment", in_turn(_payment)),
        page(shop, "POST", checkout + "/complete", "checkout.complete", in_turn(_complete)),
        page(shop, "GET", "/orders/by-intent/{intent}", "order.read", _by_intent),
    ]
