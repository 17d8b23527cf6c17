"""An express wallet freezes a cart that has a discount code."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "wallet_update_freezes_cart",
    "shop",
    "",
    1,
    "A wallet's update of a cart with a discount code waits for the lock that it holds itself, for ever.",
    breaks="no frozen cart",
)
