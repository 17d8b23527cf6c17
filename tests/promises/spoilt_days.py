"""What can go wrong with a day as a whole, where no single sale is to blame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from doorbuster.promises.fact import Fact
from tests.promises.day import Day

SPOILT_DAYS: dict[str, tuple[Callable[[Day], list[Fact]], str]] = {
    "sold what was not there": (lambda day: replace(day, initial_less=1).facts(), "stock is never oversold"),
    "units that nobody has": (
        lambda day: replace(day, missing_units=1).facts(), "stock is released when a purchase falls through"),
    "a code used once too often": (lambda day: replace(day, uses_too_many=1).facts(), "coupons within their limits"),
}  # fmt: skip
"""What happened to the day, as its facts, and the promise that it breaks: that one and no other."""
