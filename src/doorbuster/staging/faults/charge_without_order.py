"""Some shoppers pay and get nothing."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "charge_without_order",
    "shop",
    "share",
    0.05,
    "For this share of purchases the money is taken, then the shop stumbles and keeps no order.",
    breaks="charged only for an order",
)
