"""Card payments are down, wallets work."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "cards_down",
    "gateway",
    "",
    1,
    "The payment gateway takes no new card payments of the staging shop's checkout; the wallet still works.",
)
