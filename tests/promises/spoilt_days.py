"""What can go wrong with a day as a whole, where no single sale is to blame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from doorbuster.promises.fact import Fact
from tests.promises.day import Day, fact


def _an_order_given_up_in_an_outage(day: Day) -> list[Fact]:
    sale = day.sales[1]
    at_us = sale.orders[0].at_us or 0
    away = tuple(
        fact("gateway", kind, at_us=at_us + after_us, detail={"fault": "gateway_down"})
        for kind, after_us in (("down", -1000), ("up", 1000))
    )
    gone = replace(sale, seen=None, charges=(), events=(), confirmations=(), booked=(), registered=(), other=away)
    given_up = replace(gone, orders=(sale.orders[0]._replace(kind="order_failed"),))
    return replace(day, sales=(day.sales[0], given_up, *day.sales[2:])).facts()


SPOILT_DAYS: dict[str, tuple[Callable[[Day], list[Fact]], str]] = {
    "sold what was not there": (lambda day: replace(day, initial_less=1).facts(), "stock is never oversold"),
    "units that nobody has": (
        lambda day: replace(day, missing_units=1).facts(), "stock is released when a purchase falls through"),
    "an order given up while nobody could pay": (
        _an_order_given_up_in_an_outage, "nothing is lost or doubled in a payment outage"),
    "a code used once too often": (lambda day: replace(day, uses_too_many=1).facts(), "coupons within their limits"),
}  # fmt: skip
"""What happened to the day, as its facts, and the promise that it breaks: that one and no other."""
