"""Purchase events wait for a job that seldom runs."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "event_late",
    "shop",
    "ms",
    90_000,
    "The shop holds every purchase event back for this long before it sends it.",
    breaks="purchase events in time",
)
