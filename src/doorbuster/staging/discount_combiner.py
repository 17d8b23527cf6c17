"""The discount combiner: an app that looks at every changed cart and says which discounts come by themselves."""

from __future__ import annotations

from dataclasses import replace

from doorbuster.staging.books import Cart
from doorbuster.staging.discounts import Reason, automatic, refusal_of
from doorbuster.staging.faults import discount_stacking
from doorbuster.staging.till import Shop


def combined(shop: Shop, cart: Cart) -> Cart:
    """The cart with the discounts that its codes and lines bring by themselves."""
    upsold = cart.upsell is not None and cart.upsell in cart.lines
    return replace(cart, automatic=automatic(cart.codes, upsold, unchecked=_unchecked(shop)))


def why_not(shop: Shop, code: str, applied: list[str]) -> Reason | None:
    """Why a code cannot join those typed in so far; None when it can."""
    return refusal_of(code, applied, shop.purchases.known_uses(code), unchecked=_unchecked(shop))


def _unchecked(shop: Shop) -> bool:
    return shop.counter.faults.value(discount_stacking.FAULT) is not None
