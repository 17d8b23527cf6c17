"""The shop tries a payment again as if it were a new one."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "double_charge_on_retry",
    "shop",
    "share",
    0.2,
    "For this share of native purchases the shop misses the answer and charges again under a new idempotency key.",
    breaks="one charge per intent",
)
