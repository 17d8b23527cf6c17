"""Some buyers are told twice, and wonder whether they bought twice."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "confirmation_doubled",
    "shop",
    "share",
    0.1,
    "This share of paid orders is confirmed twice.",
    breaks="one confirmation per order, in time",
)
