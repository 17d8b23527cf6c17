"""Some buyers are never told that their order was taken."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "confirmation_lost",
    "shop",
    "share",
    0.1,
    "This share of paid orders is never confirmed to its shopper.",
    breaks="one confirmation per order, in time",
)
