"""Some sales never reach the back office."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "sale_never_exported",
    "shop",
    "share",
    0.1,
    "This share of paid orders counts as exported from the start, and so the ERP never gets them.",
    breaks="every sale reaches the ERP once",
)
