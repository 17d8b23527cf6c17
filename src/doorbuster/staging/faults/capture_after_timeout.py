"""The shop takes silence for a no, and the money is gone."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "capture_after_timeout",
    "shop",
    "share",
    0.1,
    "For this share of purchases the shop stops waiting too soon, takes that for a no and drops the order; it is paid.",
    breaks="charged only for an order",
)
