"""Some shoppers are shown another's cart."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "someone_elses_cart",
    "shop",
    "ms",
    500,
    "The cart page is kept for this long, and whoever looks meanwhile is shown the cart of who looked first.",
    breaks="a cart belongs to its shopper",
)
