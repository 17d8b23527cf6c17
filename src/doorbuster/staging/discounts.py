"""Discounts: codes and those that come by themselves, what each gives, and which may stand together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Reason = Literal[
    "discount_code_invalid",
    "discount_code_already_applied",
    "discount_code_combination_disallowed",
    "discount_code_usage_limit_reached",
]
"""Why a code was refused, in the words of the Agentic Commerce Protocol, used for native carts too."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A discount. `limit` counts orders; None is no limit."""

    code: str
    name: str
    percent_off: int = 0
    free_shipping: bool = False
    limit: int | None = None
    automatic: bool = False
    """Comes by itself with what is in the cart; nobody can type it in."""


BUNDLE: Final = "BUNDLE5"
"""For who takes what the upsell app offers."""
COUPONS: Final = {
    coupon.code: coupon
    for coupon in (
        Coupon("WELCOME10", "Ten percent to say hello", percent_off=10),
        Coupon("FREESHIP", "Free shipping", free_shipping=True),
        Coupon("BF25", "Black Friday, the first five hundred", percent_off=25, limit=500),
        Coupon("VIP50", "Half price for the first dozen", percent_off=50, limit=12),
        Coupon(BUNDLE, "Five percent for a second thing", percent_off=5, automatic=True),
    )
}


def excludes(one: Coupon, other: Coupon) -> bool:
    """Percentages never stand together: the cart would be worth less than either offer meant."""
    return one.code != other.code and bool(one.percent_off and other.percent_off)


def excluded_by(code: str) -> list[str]:
    """The codes that may never stand beside this one."""
    return [other.code for other in COUPONS.values() if excludes(COUPONS[code], other)]


def refusal_of(code: str, applied: Sequence[str], used: int, *, unchecked: bool = False) -> Reason | None:
    """Why a code cannot join the ones typed in so far; None when it can.

    `unchecked`: the discount_stacking fault, for which everything may be combined.
    """
    coupon = COUPONS.get(code)
    if coupon is None or coupon.automatic:
        return "discount_code_invalid"
    if code in applied:
        return "discount_code_already_applied"
    if not unchecked and any(excludes(coupon, COUPONS[other]) for other in applied):
        return "discount_code_combination_disallowed"
    if coupon.limit is not None and used >= coupon.limit:
        return "discount_code_usage_limit_reached"
    return None


def automatic(codes: Sequence[str], upsold: bool, *, unchecked: bool = False) -> list[str]:
    """The discounts that come by themselves; a code that excludes one was meant, and so goes first."""
    fits = unchecked or not any(excludes(COUPONS[BUNDLE], COUPONS[code]) for code in codes)
    return [BUNDLE] if upsold and fits else []
