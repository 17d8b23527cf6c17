"""A limited discount code is used more often than allowed."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "coupon_overuse",
    "shop",
    "",
    1,
    "Uses of a discount code are counted after the payment, so shoppers who pay together all get the last one.",
    breaks="coupons within their limits",
)
