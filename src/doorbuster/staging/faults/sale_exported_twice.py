"""Some sales are booked twice in the back office."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "sale_exported_twice",
    "shop",
    "share",
    0.1,
    "This share of paid orders is exported again under another id, so the ERP takes it for another sale.",
    breaks="every sale reaches the ERP once",
)
