"""After an outage: what waited, how long it took, and whom it harmed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doorbuster.promises.fact import Fact, Finding
from tests.promises.day import SECOND_US, Day, Sale, clean_day, fact, findings, named, sale

PAYMENTS = "nothing is lost or doubled in a payment outage"
ERP = "every sale reaches the ERP once"
DOWN_US, UP_US = 10 * SECOND_US, 70 * SECOND_US
"""Sale n is made in second n, so sales 10 to 69 are made in the outage."""


def away(witness: str, fault: str, down_us: int = DOWN_US, up_us: int | None = UP_US) -> list[Fact]:
    went = [fact(witness, "down", at_us=down_us, detail={"fault": fault})]
    return [*went, *([fact(witness, "up", at_us=up_us, detail={"fault": fault})] if up_us is not None else [])]


def paid_at(number: int, at_s: float) -> Sale:
    """Made in second `number`, paid and told of later."""
    one = sale(number)
    at_us = int(at_s * SECOND_US)

    def later(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
        return tuple(found._replace(at_us=at_us) for found in facts)

    return replace(
        one, seen=None, charges=later(one.charges), events=later(one.events), booked=later(one.booked),
        registered=later(one.registered),
    )  # fmt: skip


def judged(
    sales: list[Sale], *more: Fact, witness: str = "gateway", fault: str = "gateway_down", **when: Any
) -> dict[str, Finding]:
    return findings([*Day(tuple(sales)).facts(), *more, *away(witness, fault, **when)])


def test_orders_that_waited_and_were_settled_harm_nobody() -> None:
    found = judged([sale(5), paid_at(20, 70.5), paid_at(60, 73), sale(80)])
    assert [one.sentence for one in found.values() if not one.kept] == []
    numbers = found[PAYMENTS].numbers
    assert numbers == {
        "outage_s": 60, "pending_then": 2, "recovery_s": 3, "lost": 0, "doubled": 0, "given_up": 0, "pending_now": 0,
    }  # fmt: skip
    assert found[PAYMENTS].checked == 3
    assert "away for 60 s, 2 orders waited, recovery after 3.0 s" in found[PAYMENTS].sentence


def test_where_nothing_waited_the_next_payment_is_the_recovery() -> None:
    assert judged([sale(5), sale(80)])[PAYMENTS].numbers["recovery_s"] == pytest.approx(10.0001)


def test_without_an_outage_it_is_kept() -> None:
    found = findings(clean_day().facts())[PAYMENTS]
    assert found.kept is True
    assert found.sentence.endswith("no payment outage in this run")
    assert not found.numbers


def test_an_outage_that_did_not_end_is_not_judged() -> None:
    found = judged([sale(5), sale(20)], up_us=None)[PAYMENTS]
    assert found.kept is None
    assert "still away" in found.sentence


def test_two_reasons_at_once_are_one_outage() -> None:
    more = away("gateway", "gateway_unreachable", 40 * SECOND_US, 90 * SECOND_US)
    numbers = judged([sale(5), paid_at(20, 91), sale(95)], *more)[PAYMENTS].numbers
    assert (numbers["outage_s"], numbers["recovery_s"], numbers["pending_then"]) == (80, 1, 1)


@pytest.mark.parametrize(
    ("harm", "number", "what"),
    [
        (lambda one: replace(one, orders=(), events=(), seen=None), "lost", "charged without an order"),
        (lambda one: replace(sale(20), orders=(), events=(), charges=()), "lost", "confirmed and not in the books"),
        (lambda one: replace(one, charges=one.charges * 2), "doubled", "charged twice"),
        (
            lambda one: replace(one, orders=(*one.orders, one.orders[0]._replace(order_id="o20-again"))),
            "doubled", "ordered twice",
        ),
        (
            lambda one: replace(one, orders=(one.orders[0]._replace(kind="order_failed"),), charges=(), events=()),
            "given_up", "given up while the gateway was away",
        ),
        (
            lambda one: replace(one, orders=(one.orders[0]._replace(kind="order_pending"),), charges=(), events=()),
            "pending_now", "never settled",
        ),
    ],
)  # fmt: skip
def test_whom_an_outage_harms(harm: Any, number: str, what: str) -> None:
    found = judged([sale(5), harm(paid_at(20, 71)), sale(80)])[PAYMENTS]
    assert found.kept is False
    assert [one.what for one in found.offences] == [what]
    assert named(found) & {"i20", "o20", "o20-again"}
    counts = {name: found.numbers[name] for name in ("lost", "doubled", "given_up", "pending_now")}
    assert counts == {**dict.fromkeys(counts, 0), number: 1}


def test_what_happened_before_the_outage_is_not_its_doing() -> None:
    before = sale(5)
    found = judged([replace(before, charges=before.charges * 2), sale(80)])
    assert {name for name, one in found.items() if one.kept is False} == {"one charge per intent"}


def test_a_refusal_that_is_certain_may_fail_an_order_in_an_outage() -> None:
    one = sale(20)
    failed = replace(one, seen=None, orders=(one.orders[0]._replace(kind="order_failed"),), charges=(), events=())
    no = fact("gateway", "declined", at_us=DOWN_US + 1, intent="i20", amount_minor=2988)
    assert judged([sale(5), failed, sale(80)], no)[PAYMENTS].kept is True


def cards(*kinds: str) -> dict[str, Finding]:
    wishes = [
        fact("shopper", kind, at_us=20 * SECOND_US, intent="i20", detail={"step": "checkout.payment"}) for kind in kinds
    ]
    return judged([sale(5), sale(20), sale(80)], *wishes, fault="cards_down")


def test_the_wallet_rescues_those_who_were_offered_it() -> None:
    found = cards("offered_other_method", "rescued_by_wallet")[PAYMENTS]
    assert found.kept is True
    assert {name: found.numbers[name] for name in ("offered", "rescued", "rescued_share")} == {
        "offered": 1, "rescued": 1, "rescued_share": 1,
    }  # fmt: skip
    assert cards("offered_other_method")[PAYMENTS].numbers["rescued_share"] == 0


def test_a_shop_whose_cards_fail_must_offer_the_wallet() -> None:
    found = cards("step_failed")[PAYMENTS]
    assert [one.what for one in found.offences] == ["no other way to pay was offered"]
    assert cards("step_failed", "offered_other_method")[PAYMENTS].kept is True


def test_a_wallet_that_never_failed_is_no_recovery_of_the_cards() -> None:
    def by(channel: str, one: Sale) -> Sale:
        order = one.orders[0]
        return replace(
            one, orders=(order._replace(detail=(order.detail or "").replace("{", f'{{"channel": "{channel}", ', 1)),)
        )

    found = judged([sale(5), by("wallet", sale(71)), by("native", sale(78))], fault="cards_down")
    assert found[PAYMENTS].numbers["recovery_s"] == pytest.approx(8.0001)


def test_sales_that_waited_for_the_erp() -> None:
    waited = [replace(sale(n), booked=(sale(n).booked[0]._replace(at_us=72 * SECOND_US),)) for n in (11, 60)]
    found = judged([sale(5), *waited, sale(80)], witness="erp", fault="back_office_down")
    assert [one.sentence for one in found.values() if not one.kept] == []
    numbers = found[ERP].numbers
    assert (numbers["lost"], numbers["doubled"], numbers["waiting_then"], numbers["recovery_s"]) == (0, 0, 2, 2)
    assert numbers["delay_s_max"] == pytest.approx(60.9999)
    assert "away for 60 s, 2 orders waited, the last one booked 2.0 s after" in found[ERP].sentence


def test_the_numbers_say_how_many_sales_the_erp_has_not_and_has_twice() -> None:
    found = judged(
        [replace(sale(11), booked=()), replace(sale(12), booked=sale(12).booked * 2), sale(80)], witness="erp"
    )[ERP]
    assert (found.numbers["lost"], found.numbers["doubled"]) == (1, 1)
    assert found.sentence.startswith(
        "2 orders not booked as promised: 1 booked more than once, 1 never booked (59.76 EUR)"
    )


@pytest.mark.parametrize(
    ("witness", "promise", "heap"),
    [("erp", ERP, "booked"), ("register", "every sale is registered once", "registered")],
)
def test_a_sale_that_waits_for_who_is_still_away_is_not_lost(witness: str, promise: str, heap: str) -> None:
    waits: Any = replace(sale(20), **{heap: ()})  # type: ignore[arg-type]  # no sale of that heap
    found = judged([sale(5), waits], witness=witness, up_us=None)[promise]
    assert found.kept is None
    assert found.sentence.endswith("was still away when its books were read, 1 order not " + heap + " yet")
    lost_before: Any = replace(sale(5), **{heap: ()})  # type: ignore[arg-type]  # no sale of that heap
    found = judged([lost_before, waits], witness=witness, up_us=None)[promise]
    assert [(one.what, one.order_id) for one in found.offences] == [(f"never {heap}", "o5")]
    assert judged([waits], witness=witness)[promise].kept is False


def waits_for_ever(number: int) -> Sale:
    one = paid_at(number, number)
    return replace(one, orders=(one.orders[0]._replace(kind="order_pending"),), charges=(), events=())


def test_an_order_under_way_when_the_gateway_went_down_waits_too() -> None:
    found = judged([sale(5), paid_at(9, 160), sale(80)])[PAYMENTS]
    assert (found.numbers["pending_then"], found.numbers["recovery_s"], found.checked) == (1, 90, 2)


@pytest.mark.parametrize(("number", "pending_then"), [(9, 1), (20, 1), (200, 0)])
def test_an_order_that_still_waits_after_the_outage_was_never_settled(number: int, pending_then: int) -> None:
    found = judged([sale(5), waits_for_ever(number), sale(80)])[PAYMENTS]
    assert [(one.what, one.order_id) for one in found.offences] == [("never settled", f"o{number}")]
    assert (found.numbers["pending_then"], found.numbers["pending_now"]) == (pending_then, 1)


def test_an_order_of_one_outage_that_was_settled_after_the_next() -> None:
    again = away("gateway", "gateway_down", 80 * SECOND_US, 90 * SECOND_US)
    found = judged([sale(5), paid_at(20, 97), sale(91)], *again)[PAYMENTS]
    assert (found.numbers["pending_then"], found.numbers["recovery_s"]) == (1, 7)
    found = judged([sale(5), paid_at(20, 79), sale(91)], *again)[PAYMENTS]
    assert (found.numbers["pending_then"], found.numbers["recovery_s"]) == (1, 9)


def test_an_order_paid_in_parts_after_an_outage_is_not_doubled() -> None:
    one = paid_at(20, 71)
    parts = tuple(one.charges[0]._replace(amount_minor=amount_minor) for amount_minor in (400, 2588))
    assert judged([sale(5), replace(one, charges=parts), sale(80)])[PAYMENTS].kept is True


@pytest.mark.parametrize(
    ("kind", "whats"),
    [("order", []), ("order_pending", []), ("order_failed", []), ("order_dreamt_of", ["of no order"])],
)
def test_a_sale_is_of_an_order_that_was_made(kind: str, whats: list[str]) -> None:
    one = sale(3)
    one = replace(one, orders=(one.orders[0]._replace(kind=kind, detail='{"lines": [], "codes": []}'),))
    assert [each.what for each in findings(Day((sale(1), one)).facts())[ERP].offences] == whats
