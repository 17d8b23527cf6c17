"""Looks around and leaves: home, a collection, a product, perhaps a search and more products; or as a log taught."""

from __future__ import annotations

from functools import partial

from doorbuster.journeys.shopper import Call, Shopper
from doorbuster.storefronts.base import Product, Storefront


def walk(shopper: Shopper, shop: Storefront) -> None:
    if shopper.visit.pages:
        for step, product in shopper.visit.pages:
            shopper.step(step, _page(shop, step, product))
        return
    first, *others = shopper.visit.lines
    shopper.step("home", shop.home)
    shopper.step("collection", partial(shop.collection, first.product))
    shopper.step("product", partial(shop.product, first.product))
    if shopper.visit.query:
        shopper.step("search", partial(shop.search, shopper.visit.query))
    for line in others:
        shopper.step("product", partial(shop.product, line.product))


def _page(shop: Storefront, step: str, product: Product) -> Call:
    """One page of a walk that somebody else laid out."""
    if step == "home":
        return shop.home
    if step == "search":
        return partial(shop.search, product.search_word)
    return partial(shop.collection if step == "collection" else shop.product, product)
