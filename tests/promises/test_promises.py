"""What each promise catches, and that it says nothing when all is well or nothing is known."""

from __future__ import annotations

from typing import Any

import pytest

from doorbuster.promises import PROMISES, charged_for_an_order, no_oversell, one_order_per_intent
from doorbuster.promises.fact import Fact


def fact(
    witness: str, kind: str, intent: str | None = None, order: str | None = None, amount: int = 1000, **detail: Any
) -> Fact:
    return Fact(witness, kind, intent, order, amount, detail)


def sale(number: int, units: int = 1) -> list[Fact]:
    """One purchase as shopper, shop and gateway saw it."""
    intent, order = f"i{number}", f"o{number}"
    return [
        fact("shopper", "order_seen", intent, order),
        fact("shop", "order", intent, order, lines=[{"variant": "hat", "quantity": units}]),
        fact("gateway", "captured", intent),
    ]


STOCK = fact("shop", "stock", variant="hat", units=0, initial=3)
GOOD = [STOCK, *sale(1), *sale(2), *sale(3)]


@pytest.mark.parametrize("promise", PROMISES)
def test_a_clean_day_keeps_every_promise(promise: Any) -> None:
    assert promise(GOOD).kept is True


@pytest.mark.parametrize("promise", PROMISES)
def test_without_facts_nothing_is_claimed(promise: Any) -> None:
    assert promise([]).kept is None


@pytest.mark.parametrize(
    ("promise", "facts", "says"),
    [
        (no_oversell, [*GOOD, *sale(4)], "worst hat by 1 units"),
        (
            one_order_per_intent,
            [*GOOD, fact("shop", "order", "i1", "o9", lines=[])],
            "1 intents have more than one order",
        ),
        (one_order_per_intent, [*GOOD, fact("shopper", "order_seen", "i5", "o5")], "not in the shop's books"),
        (charged_for_an_order, [*GOOD, fact("gateway", "captured", "i7")], "1 were charged without an order"),
        (charged_for_an_order, [*GOOD, fact("gateway", "captured", "i1")], "1 were charged more than their order"),
    ],
)
def test_a_broken_promise_is_found_and_said(promise: Any, facts: list[Fact], says: str) -> None:
    found = promise.check(facts)
    assert found.kept is False
    assert says in found.sentence


def test_a_refund_makes_a_charge_good() -> None:
    facts = [*GOOD, fact("gateway", "captured", "i7"), fact("gateway", "refunded", "i7")]
    assert charged_for_an_order.check(facts).kept is True
