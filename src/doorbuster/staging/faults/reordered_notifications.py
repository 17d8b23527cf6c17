"""The shop hears of some payments in the wrong order."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "reordered_notifications",
    "gateway",
    "share",
    0.2,
    "This share of the payment gateway's notifications is overtaken by the one that follows it.",
)
