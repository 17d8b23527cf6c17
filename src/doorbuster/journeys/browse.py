"""Looks around and leaves: home, a collection, a product, perhaps a search and more products."""

from __future__ import annotations

from functools import partial

from doorbuster.journeys.shopper import Shopper
from doorbuster.storefronts.base import Storefront


def walk(shopper: Shopper, shop: Storefront) -> None:
    first, *others = shopper.visit.lines
    shopper.step("home", shop.home)
    shopper.step("collection", partial(shop.collection, first.product))
    shopper.step("product", partial(shop.product, first.product))
    if shopper.visit.query:
        shopper.step("search", partial(shop.search, shopper.visit.query))
    for line in others:
        shopper.step("product", partial(shop.product, line.product))
