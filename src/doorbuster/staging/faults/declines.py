"""The bank says no to some payments."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "declines",
    "gateway",
    "share",
    0.05,
    "The bank declines this share of attempts to pay, as banks do; trying again may go through.",
)
