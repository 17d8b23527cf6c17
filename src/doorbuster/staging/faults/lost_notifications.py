"""The shop never hears of some payments."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "lost_notifications",
    "gateway",
    "share",
    0.1,
    "This share of the payment gateway's notifications never reaches the shop, however often it should be retried.",
)
