"""Some purchases never reach analytics."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "lost_events",
    "shop",
    "share",
    0.1,
    "This share of paid orders never shows up in analytics.",
    breaks="one purchase event per order",
)
