"""Fills a cart and buys it through the shop's own checkout, or with the wallet where cards fail and it is offered."""

from __future__ import annotations

from doorbuster.journeys import express_wallet
from doorbuster.journeys.cart import fill
from doorbuster.journeys.shopper import Shopper
from doorbuster.journeys.upsell import be_offered
from doorbuster.storefronts.base import Storefront


def walk(shopper: Shopper, shop: Storefront) -> None:
    shopper.step("home", shop.home)
    fill(shopper, shop)
    shopper.step("cart.view", shop.cart_view)
    shopper.step("checkout.start", shop.checkout_start)
    be_offered(shopper, shop)
    shopper.step("checkout.address", shop.checkout_address)
    shopper.step("checkout.shipping", shop.checkout_shipping)
    payment = shopper.step("checkout.payment", shop.checkout_payment, read_back=shop.order_read)
    if payment.offer:
        express_wallet.pay(shopper, shop, shopper.visit.lines)
        return
    shopper.buy("checkout.complete", shop.checkout_complete, shop.order_read)
