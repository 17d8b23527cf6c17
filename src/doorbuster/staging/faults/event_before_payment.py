"""Some purchases are told to analytics before anybody has paid."""

from __future__ import annotations

from typing import Final

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "event_before_payment",
    "shop",
    "share",
    0.2,
    "The purchase event of this share of orders is sent when the order is placed; its payment takes 2 s longer.",
    breaks="purchase events in time",
)
BANK_S: Final = 2.0
"""How long their bank asks these shoppers for a code. Where a payment takes no time at all, nobody sees this bug."""
