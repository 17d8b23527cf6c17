"""Some purchase events say what the goods cost, not what was paid."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "event_wrong_value",
    "shop",
    "share",
    0.1,
    "The purchase event of this share of paid orders leaves out discount, shipping and tax.",
    breaks="purchase events have the order's value",
)
