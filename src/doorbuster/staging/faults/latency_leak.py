"""A step gets slower with every cart."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "latency_leak",
    "shop",
    "ms",
    6,
    "Putting something into a cart goes through all carts so far, and takes this much longer for each of them.",
    breaks="latency steady over the run",
)
