"""Is offered one thing more at the checkout, and takes it or leaves it."""

from __future__ import annotations

from doorbuster.journeys.shopper import Shopper
from doorbuster.storefronts.base import Storefront


def be_offered(shopper: Shopper, shop: Storefront) -> None:
    """Only where the visit's combination says so; an offer that is sold out stops nobody."""
    dealt = shopper.visit.combination
    if dealt is None or dealt.upsell == "not offered":
        return
    shopper.step("cart.view", shop.upsell_view)
    if dealt.upsell == "accepted":
        shopper.step("cart.add", shop.upsell_add, optional=True)
