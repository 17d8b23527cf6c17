"""Bugs that shops have in telling analytics of a purchase, switched on: the promise that names each is broken."""

from __future__ import annotations

import time

from collector_client import CollectorClient
from staging_mall import Mall

from doorbuster.audit.audit import check_promises
from doorbuster.promises.fact import Fact, Finding
from doorbuster.staging.faults import find_fault
from doorbuster.staging.faults.fault import strikes

DEAL = "doorbuster-deal-one"
ONCE, VALUE, IN_TIME, FOR_AN_ORDER = (
    "one purchase event per order", "purchase events have the order's value", "purchase events in time",
    "no purchase event without an order",
)  # fmt: skip


def findings(mall: Mall) -> dict[str, Finding]:
    rows = [{**row, "at_us": row["at_unix_us"]} for row in mall.backstage.read_back().orders]
    return {
        found.promise: found for found in check_promises([Fact(*(row[name] for name in Fact._fields)) for row in rows])
    }


def broken(mall: Mall) -> dict[str, Finding]:
    return {name: found for name, found in findings(mall).items() if found.kept is False}


def buy(mall: Mall, times: int) -> list[str]:
    answers = [mall.ready_to_place(f"i-{number}", mall.line(DEAL)).checkout_complete() for number in range(times)]
    return [answer.order_id or "" for answer in answers]


def test_a_sound_shop_tells_meta_once_and_in_time(mall: Mall, collector: CollectorClient) -> None:
    orders = buy(mall, 3)
    found = findings(mall)
    assert all(found[name].kept for name in (ONCE, VALUE, IN_TIME, FOR_AN_ORDER))
    assert collector.fates() == [(order, "kept") for order in orders]
    assert {row["protocol"] for row in collector.book()} == {"meta"}


def test_event_doubled(mall: Mall) -> None:
    mall.switch_on("event_doubled", 1)
    (order,) = buy(mall, 1)
    found = broken(mall)
    assert set(found) == {ONCE}
    assert [(one.order_id, one.what) for one in found[ONCE].offences] == [(order, "told more than once")]


def test_event_wrong_value(mall: Mall) -> None:
    mall.switch_on("event_wrong_value", 1)
    (order,) = buy(mall, 1)
    found = broken(mall)
    assert set(found) == {VALUE}
    (offence,) = found[VALUE].offences
    assert offence.order_id == order and (offence.amount_minor or 0) < 0


def test_event_late_is_known_before_it_comes(mall: Mall, collector: CollectorClient) -> None:
    mall.switch_on("event_late")
    orders = buy(mall, 2)
    found = broken(mall)
    assert set(found) == {IN_TIME}
    assert [(one.order_id, one.what) for one in found[IN_TIME].offences] == [(order, "late") for order in orders]
    assert "longest 90." in found[IN_TIME].sentence
    assert "2 events held back by the shop" in findings(mall)[ONCE].sentence
    assert collector.book() == []


def test_an_event_that_is_a_little_late_is_waited_for(mall: Mall, collector: CollectorClient) -> None:
    mall.switch_on("event_late", 400)
    orders = buy(mall, 2)
    assert broken(mall) == {}
    assert collector.fates() == [(order, "kept") for order in orders]


def test_a_reset_forgets_what_is_held_back(mall: Mall) -> None:
    mall.switch_on("event_late")
    buy(mall, 1)
    mall.backstage.reset(7)
    assert mall.facts("shop", "event_held") == []


def test_event_before_payment(mall: Mall) -> None:
    mall.switch_on("event_before_payment", 1)
    (order,) = buy(mall, 1)
    mall.with_token("tap", mall.line(DEAL)).wallet_complete()
    found = broken(mall)
    assert set(found) == {IN_TIME}
    assert [one.what for one in found[IN_TIME].offences] == ["before the payment"] * 2
    assert order in {one.order_id for one in found[IN_TIME].offences}


def test_event_before_payment_also_tells_of_what_is_never_paid(mall: Mall, collector: CollectorClient) -> None:
    shopper = mall.ready_to_place("unpaid", mall.line(DEAL))
    mall.backstage.steer([{"name": "event_before_payment", "value": 1}, {"name": "gateway_down"}])
    assert shopper.checkout_complete().outcome == "unknown"
    rows = [*mall.http.get("/admin/orders").json()["orders"]]
    assert [row["status"] for row in rows] == ["pending"]
    assert collector.fates() == [(rows[0]["id"], "kept")]
    mall.all_off()
    assert collector.fates() == [(rows[0]["id"], "kept")]
    assert len(mall.facts("analytics", "purchase_event")) == len(mall.facts("shop", "order")) == 1


def test_event_without_id(mall: Mall) -> None:
    mall.switch_on("event_without_id", 1)
    orders = buy(mall, 3)
    found = broken(mall)
    assert set(found) == {ONCE, FOR_AN_ORDER}
    assert {one.order_id for one in found[ONCE].offences} == set(orders)
    assert "; 2 events merged" in found[ONCE].sentence
    assert [one.what for one in found[FOR_AN_ORDER].offences] == ["names no order"]


def test_by_default_each_strikes_within_a_rehearsal() -> None:
    for name in ("event_doubled", "event_wrong_value", "event_before_payment", "event_without_id", "lost_events"):
        fault = find_fault(name)
        assert any(strikes(fault, f"DB-{number:06d}", fault.default) for number in range(1, 31)), name


def test_an_answer_that_is_lost_doubles_nothing(mall: Mall, collector: CollectorClient) -> None:
    """The collector takes a batch twice, as when its first answer was lost: each purchase counts once, and it says so."""
    (order,) = buy(mall, 1)
    mall.facts("shop", "order")
    event = {"event_name": "Purchase", "event_id": f"purchase-{order}", "event_time": int(time.time())}
    event |= {
        "action_source": "website",
        "user_data": {},
        "custom_data": {"order_id": order, "value": 1, "currency": "EUR"},
    }
    collector.convert(event, pixel=collector.book()[0]["account"])
    found = findings(mall)
    assert found[ONCE].kept and found[ONCE].sentence.endswith("1 order checked; 1 event merged")
