"""The shop forgets that its customers live in other time zones."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "reminder_at_night",
    "shop",
    "",
    1,
    "Reminders keep to the shop's own hours, not to those of the people they go to.",
    breaks="reminders on time and by day",
)
