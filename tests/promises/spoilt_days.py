"""What can go wrong with a day as a whole, where no single sale is to blame."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from doorbuster.promises.fact import Fact
from tests.promises.day import SECOND_US, Day, fact


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


def _with(day: Day, kind: str, change: Callable[[Fact, dict[str, Any]], None]) -> list[Fact]:
    """The day's facts, the details of one kind changed."""
    facts = []
    for one in day.facts():
        detail = json.loads(one.detail or "{}")
        if one.kind == kind:
            change(one, detail)
        facts.append(one if one.kind != kind else one._replace(detail=json.dumps(detail)))
    return facts


def _creeps_up(one: Fact, detail: dict[str, Any]) -> None:
    if detail["step"] == "cart.add":
        detail["quick_ms"] += 20.0 * (one.at_us or 0) / SECOND_US


def _an_eighth_is_slow(one: Fact, detail: dict[str, Any]) -> None:
    if int(detail["cart"][1:]) % 8 == 3:
        detail["pace_ms"] = {step: took_ms + 300 for step, took_ms in detail["pace_ms"].items()}


SPOILT_DAYS: dict[str, tuple[Callable[[Day], list[Fact]], str]] = {
    "sold what was not there": (lambda day: replace(day, initial_less=1).facts(), "stock is never oversold"),
    "units that nobody has": (
        lambda day: replace(day, missing_units=1).facts(), "stock is released when a purchase falls through"),
    "an order given up while nobody could pay": (
        _an_order_given_up_in_an_outage, "nothing is lost or doubled in a payment outage"),
    "a step that got slower and slower": (
        lambda day: _with(day, "pace", _creeps_up), "latency steady over the run"),
    "an eighth of the carts is slow": (
        lambda day: _with(day, "cart_seen", _an_eighth_is_slow), "latency even across carts"),
    "a code used once too often": (lambda day: replace(day, uses_too_many=1).facts(), "coupons within their limits"),
}  # fmt: skip
"""What happened to the day, as its facts, and the promise that it breaks: that one and no other."""
