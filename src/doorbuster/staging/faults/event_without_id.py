"""Some purchase events lack the order's number."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "event_without_id",
    "shop",
    "share",
    0.1,
    "The purchase event of this share of paid orders has an empty order id; analytics merges them into one.",
    breaks="one purchase event per order",
)
