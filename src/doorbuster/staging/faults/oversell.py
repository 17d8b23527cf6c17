"""The shop sells units that it does not have."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "oversell",
    "shop",
    "",
    1,
    "Stock is looked at before the payment and taken after it, so two shoppers can buy the last unit.",
    breaks="stock is never oversold",
)
