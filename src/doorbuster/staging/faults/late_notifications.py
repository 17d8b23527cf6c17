"""The shop hears of its payments late."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "late_notifications",
    "gateway",
    "ms",
    5000,
    "The payment gateway's notifications to the shop are sent this much later; its answers are in time.",
)
