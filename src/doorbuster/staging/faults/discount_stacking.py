"""Discounts that exclude each other both apply."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "discount_stacking",
    "shop",
    "",
    1,
    "Nobody checks which discounts may stand together, so percentages add up.",
    breaks="discounts that exclude each other never meet",
)
