"""Some buyers are reminded of the cart that they have just paid for."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "reminder_to_buyer",
    "shop",
    "share",
    0.2,
    "This share of buyers stays on the list of those who left their carts, and is reminded.",
    breaks="no reminder to a buyer",
)
