"""The back office is away."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "back_office_down",
    "back_office",
    "",
    1,
    "The ERP does not come for the shop's orders, not even in the middle of an exchange; the shop keeps them for it.",
)
