"""Some purchases are told to analytics by the page and by the server."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "event_doubled",
    "shop",
    "share",
    0.2,
    "The purchase event of this share of paid orders is sent twice, the second time under an id of its own.",
    breaks="one purchase event per order",
)
