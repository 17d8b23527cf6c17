"""The four journeys; they know a Storefront and a Shopper, and no Locust."""

from __future__ import annotations

from collections.abc import Callable

from doorbuster.journeys import browse, cart, express_wallet, native_checkout
from doorbuster.journeys.shopper import Shopper
from doorbuster.storefronts.base import Storefront

WALKS: dict[str, Callable[[Shopper, Storefront], None]] = {
    "browse": browse.walk,
    "cart": cart.walk,
    "native_checkout": native_checkout.walk,
    "express_wallet": express_wallet.walk,
}
