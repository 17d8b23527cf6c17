"""A second click on "place order" buys a second time."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "double_order",
    "shop",
    "",
    1,
    'A second click on "place order" in the native checkout makes a second order and a second charge.',
    breaks="one order per intent",
)
