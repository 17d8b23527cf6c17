"""Confirmations wait in a queue, and buyers in doubt buy again or call."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "confirmation_late",
    "shop",
    "ms",
    600_000,
    "Orders are confirmed this much later, on the shop's virtual clock.",
    breaks="one confirmation per order, in time",
)
