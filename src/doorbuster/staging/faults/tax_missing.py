"""One country's orders are without tax."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

REGION = "ES"

FAULT = Fault(
    "tax_missing",
    "shop",
    "",
    1,
    "Nobody entered the tax of one country (ES): what is delivered there is sold without it.",
    breaks="tax charged in every region",
)
