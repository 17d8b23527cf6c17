"""A limited discount code is used more often than allowed."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "coupon_overuse",
    "shop",
    "ms",
    2000,
    "How often a discount code was used is read from a copy that lags: whoever is quick gets one that is used up.",
    breaks="coupons within their limits",
)
