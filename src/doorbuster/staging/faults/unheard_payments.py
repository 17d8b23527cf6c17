"""The shop waits for ever to hear of some payments."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "unheard_payments",
    "shop",
    "share",
    0.1,
    "For this share of purchases the shop waits for a notification that is lost; the paid order stays pending.",
    breaks="charged only for an order",
)
