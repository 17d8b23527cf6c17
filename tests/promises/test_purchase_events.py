"""What promises make of events that analytics merged, dropped or refused, that are held back, or go to several places."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doorbuster.promises.fact import Fact, Finding
from tests.promises.day import SECOND_US, clean_day, fact, findings

ONCE, IN_TIME = "one purchase event per order", "purchase events in time"


def event_of(facts: list[Fact], order_id: str) -> Fact:
    return next(one for one in facts if one.witness == "analytics" and one.order_id == order_id)


def what(finding: Finding) -> list[tuple[str | None, str, str | None]]:
    return [(one.order_id, one.what, one.subject) for one in finding.offences]


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        ("merged", "merged into another event"),
        ("dropped", "dropped by analytics"),
        ("refused", "refused by analytics"),
    ],
)
def test_an_event_that_analytics_does_not_have_is_named_with_its_reason(fate: str, said: str) -> None:
    facts = clean_day().facts()
    gone = event_of(facts, "o2")
    unkept = gone._replace(kind=f"purchase_{fate}")
    found = findings([unkept if one is gone else one for one in facts])[ONCE]
    assert what(found) == [("o2", said, None)]
    assert found.sentence.endswith(f"; 1 event {fate}")


def test_a_repeat_that_was_merged_harms_nobody() -> None:
    facts = clean_day().facts()
    found = findings([*facts, event_of(facts, "o2")._replace(kind="purchase_merged")])
    assert all(one.kept for one in found.values())
    assert found[ONCE].sentence.endswith("4 orders checked; 1 event merged")


def told_to(place: str, *facts: Fact) -> list[Fact]:
    return [one._replace(detail=f'{{"to": "{place}"}}') if one.witness == "analytics" else one for one in facts]


def test_each_place_must_hear_of_each_order_once() -> None:
    facts = clean_day().facts()
    events = [one for one in facts if one.kind == "purchase_event"]
    both = [*told_to("ga4 G-1", *facts), *told_to("meta 42", *events)]
    assert findings(both)[ONCE].kept
    assert what(findings(both[:-1])[ONCE]) == [("o4", "without a purchase event", "meta 42")]
    assert what(findings([*both, both[-1]])[ONCE]) == [("o4", "told more than once", "meta 42")]


def held(order_id: str, after_s: float) -> Fact:
    number = int(order_id[1:])
    return fact("shop", "event_held", at_us=round((number + after_s) * SECOND_US), order_id=order_id, amount_minor=2988)


@pytest.mark.parametrize(("after_s", "breaks"), [(59.0, set()), (61.0, {IN_TIME})])
def test_an_event_that_the_shop_holds_back_is_late_or_not_and_never_missing(after_s: float, breaks: Any) -> None:
    day = clean_day()
    sales = (replace(day.sales[0], events=()), *day.sales[1:])
    found = findings([*replace(day, sales=sales).facts(), held("o1", after_s)])
    assert {name for name, one in found.items() if one.kept is False} == breaks
    assert [one.what for one in found[IN_TIME].offences] == ["late"] * len(breaks)
    assert found[ONCE].sentence.endswith("; 1 event held back by the shop")
    assert found[IN_TIME].numbers["delay_s_max"] == pytest.approx(after_s, abs=0.01)
