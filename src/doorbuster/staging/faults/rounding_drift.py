"""The order costs a cent less than the page said."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "rounding_drift",
    "shop",
    "",
    1,
    "The order cuts half cents of tax off where the cart rounds them up, so that page and order differ by a cent.",
    breaks="price honoured from cart to order",
)
