"""The money is taken, and the shop is never told."""

from __future__ import annotations

from typing import Final

from doorbuster.staging.faults.fault import Fault

LATE_MS: Final = 90_000.0
"""Longer than the time-outs that shops set, and than the 80 s of Stripe's own libraries."""

FAULT = Fault(
    "timeout_after_capture",
    "gateway",
    "share",
    0.3,
    "The payment gateway takes the money of this share of payments and only answers 90 s later, when nobody waits.",
)
