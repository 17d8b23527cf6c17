"""Fills a cart and leaves without buying."""

from __future__ import annotations

from functools import partial

from doorbuster.journeys.shopper import Shopper
from doorbuster.storefronts.base import Storefront


def walk(shopper: Shopper, shop: Storefront) -> None:
    first = shopper.visit.lines[0]
    shopper.step("home", shop.home)
    shopper.step("collection", partial(shop.collection, first.product))
    fill(shopper, shop)
    shopper.step("cart.update", partial(shop.cart_update, first, first.quantity + 1))
    shopper.step("cart.view", shop.cart_view)


def fill(shopper: Shopper, shop: Storefront) -> None:
    """Look at each product and put it into a new cart, then try the codes; a refused code stops nobody."""
    for number, line in enumerate(shopper.visit.lines):
        shopper.step("product", partial(shop.product, line.product))
        if number == 0:
            shopper.step("cart.create", shop.cart_create)
        shopper.step("cart.add", partial(shop.cart_add, line))
    for code in shopper.visit.codes:
        shopper.step("cart.discount", partial(shop.cart_discount, code), optional=True)
