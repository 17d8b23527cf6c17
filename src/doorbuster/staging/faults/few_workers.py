"""The shop has so few workers that shoppers wait in line for one."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "few_workers",
    "shop",
    "workers",
    8,
    "The shop makes so many pages at a time, and whoever else asks waits in line: it has a capacity that it can reach.",
)
