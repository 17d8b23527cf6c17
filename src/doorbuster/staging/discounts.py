"""Discount codes: what each gives, how often it may be used, and which may stand together."""

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
    """A discount code. `limit` counts orders; None is no limit."""

    code: str
    name: str
    percent_off: int = 0
    free_shipping: bool = False
    limit: int | None = None


COUPONS: Final = {
    coupon.code: coupon
    for coupon in (
        Coupon("WELCOME10", "Ten percent to say hello", percent_off=10),
        Coupon("FREESHIP", "Free shipping", free_shipping=True),
        Coupon("BF25", "Black Friday, the first five hundred", percent_off=25, limit=500),
        Coupon("VIP50", "Half price for the first twenty-five", percent_off=50, limit=25),
    )
}


def refusal_of(code: str, applied: Sequence[str], used: int) -> Reason | None:
    """Why a code cannot join the ones applied; None when it can.

    Percentages never stand together: the cart would be worth less than either offer meant. Free shipping joins any.
    """
    coupon = COUPONS.get(code)
    if coupon is None:
        return "discount_code_invalid"
    if code in applied:
        return "discount_code_already_applied"
    if coupon.percent_off and any(COUPONS[other].percent_off for other in applied):
        return "discount_code_combination_disallowed"
    if coupon.limit is not None and used >= coupon.limit:
        return "discount_code_usage_limit_reached"
    return None
