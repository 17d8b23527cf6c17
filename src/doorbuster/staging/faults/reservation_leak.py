"""Goods of declined purchases are never for sale again."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "reservation_leak",
    "shop",
    "share",
    0.1,
    "The bank declines this share of purchases, and the shop keeps holding the stock of every declined one.",
    breaks="stock is released when a purchase falls through",
)
