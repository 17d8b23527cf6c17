"""The shop hears of some payments twice."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "doubled_notifications",
    "gateway",
    "share",
    0.1,
    "This share of the payment gateway's notifications reaches the shop twice, with the same content.",
)
