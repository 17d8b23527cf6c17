"""Some parcels travel another way than was paid for."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "shipping_lost",
    "shop",
    "share",
    0.3,
    "This share of orders forgets which way of shipping was chosen and paid for, and goes by the default one.",
    breaks="shipping kept",
)
