"""Each bug that costs somebody something, switched on in the staging shop: the promise that names it is broken."""

from __future__ import annotations

from staging_mall import Mall, all_at_once

from doorbuster.audit.audit import check_promises
from doorbuster.promises.fact import Fact, Finding
from doorbuster.staging.faults import list_faults

DEAL = "doorbuster-deal-one"


def broken(mall: Mall) -> dict[str, Finding]:
    rows = [{**row, "at_us": row["at_unix_us"]} for row in mall.backstage.read_back().orders]
    facts = [Fact(*(row[name] for name in Fact._fields)) for row in rows]
    return {found.promise: found for found in check_promises(facts) if found.kept is False}


def test_a_sound_shop_breaks_none(mall: Mall) -> None:
    for number in range(3):
        assert mall.ready_to_place(f"i-{number}", mall.line(DEAL), coupon="VIP50").checkout_complete().outcome == "ok"
    mall.with_token("tap", mall.line(DEAL)).wallet_complete()
    mall.ready_to_place("leaves", mall.line(DEAL))
    assert broken(mall) == {}


def test_oversell(mall: Mall) -> None:
    crowd = [mall.ready_to_place(f"over-{number}", mall.line(DEAL, 20)) for number in range(12)]
    mall.switch_on_with_time_to_race("oversell")
    sold = 20 * sum(answer.outcome == "ok" for answer in all_at_once([shopper.checkout_complete for shopper in crowd]))
    found = broken(mall)
    assert set(found) == {"stock is never oversold"}
    assert f"worst {DEAL} by {sold - 50}" in found["stock is never oversold"].sentence


def test_double_order(mall: Mall) -> None:
    shopper = mall.ready_to_place("twice", mall.line(DEAL))
    mall.switch_on_with_time_to_race("double_order")
    second = max(answer.order_id or "" for answer in all_at_once([shopper.checkout_complete] * 2))
    found = broken(mall)
    assert set(found) == {"one order per intent", "one charge per intent"}
    (order,) = found["one order per intent"].offences
    assert (order.intent, order.order_id) == ("twice", second)
    assert [one.intent for one in found["one charge per intent"].offences] == ["twice"]


def test_coupon_overuse(mall: Mall) -> None:
    line = mall.line(next(iter(mall.catalogue)))
    crowd = [mall.ready_to_place(f"over-{number}", line, coupon="VIP50") for number in range(40)]
    mall.switch_on_with_time_to_race("coupon_overuse")
    all_at_once([shopper.checkout_complete for shopper in crowd])
    found = broken(mall)
    assert set(found) == {"coupons within their limits"}
    assert len(found["coupons within their limits"].offences) == mall.coupon_uses("VIP50") - 12


def test_charge_without_order(mall: Mall) -> None:
    mall.switch_on("charge_without_order", 1)
    mall.ready_to_place("robbed", mall.line(DEAL)).checkout_complete()
    found = broken(mall)
    assert set(found) == {"charged only for an order"}
    (offence,) = found["charged only for an order"].offences
    assert (offence.intent, offence.currency) == ("robbed", "EUR")
    assert found["charged only for an order"].sentence.startswith("1 shopper was charged without an order (")


def test_lost_events(mall: Mall) -> None:
    mall.switch_on("lost_events", 1)
    order = mall.ready_to_place("unseen", mall.line(DEAL)).checkout_complete()
    found = broken(mall)
    assert set(found) == {"one purchase event per order"}
    assert [one.order_id for one in found["one purchase event per order"].offences] == [order.order_id]


def test_a_fault_names_a_promise_that_there_is() -> None:
    promises = {found.promise for found in check_promises([])}
    assert {fault.breaks for fault in list_faults() if fault.breaks} <= promises
