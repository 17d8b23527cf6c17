"""Buys from the product page with an express wallet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from doorbuster.journeys.shopper import Shopper
from doorbuster.journeys.upsell import be_offered
from doorbuster.storefronts.base import Line, Storefront


def walk(shopper: Shopper, shop: Storefront) -> None:
    # A wallet button on a product page buys that product, not a cart; only a dealt combination may say otherwise.
    lines = shopper.visit.lines if shopper.visit.combination else shopper.visit.lines[:1]
    shopper.step("home", shop.home)
    shopper.step("product", partial(shop.product, lines[0].product))
    pay(shopper, shop, lines)


def pay(shopper: Shopper, shop: Storefront, lines: Sequence[Line]) -> None:
    """Buy these with the wallet, under the session's own purchase intent."""
    shopper.step("wallet.start", partial(shop.wallet_start, lines))
    be_offered(shopper, shop)
    shopper.step("wallet.update", shop.wallet_update)
    shopper.step("wallet.token", shop.wallet_token)
    shopper.buy("wallet.complete", shop.wallet_complete, shop.order_read)
