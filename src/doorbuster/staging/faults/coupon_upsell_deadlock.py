"""Accepting an upsell freezes a cart that has a discount code."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "coupon_upsell_deadlock",
    "shop",
    "",
    1,
    "Upsell app and discount combiner lock cart and codes in opposite order: a cart with a code hangs for ever.",
    breaks="no frozen cart",
)
