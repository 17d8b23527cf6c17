"""Each bug in how money is asked for, switched on in the staging shop: the promise that names it is broken."""

from __future__ import annotations

import pytest
from staging_mall import Mall

from doorbuster.audit.audit import check_promises
from doorbuster.promises.fact import Fact, Finding
from doorbuster.staging.faults import find_fault
from doorbuster.staging.faults.fault import strikes

DEAL = "doorbuster-deal-one"
BUGS = ("capture_after_timeout", "double_charge_on_retry", "reservation_leak", "unheard_payments")


def broken(mall: Mall) -> dict[str, Finding]:
    rows = [{**row, "at_us": row["at_unix_us"]} for row in mall.backstage.read_back().orders]
    facts = [Fact(*(row[name] for name in Fact._fields)) for row in rows]
    return {found.promise: found for found in check_promises(facts) if found.kept is False}


def buy(mall: Mall, intent: str) -> None:
    mall.ready_to_place(f"{intent}-natively", mall.line(DEAL), coupon="VIP50").checkout_complete()
    mall.with_token(f"{intent}-tap", mall.line(DEAL)).wallet_complete()


@pytest.mark.parametrize("bug", BUGS)
def test_the_promise_that_names_it_is_broken_and_no_other(mall: Mall, bug: str) -> None:
    mall.switch_on(bug, 1)
    buy(mall, "harmed")
    assert set(broken(mall)) == {find_fault(bug).breaks}


@pytest.mark.parametrize("bug", BUGS)
def test_it_spares_whom_it_does_not_strike(mall: Mall, bug: str) -> None:
    mall.switch_on(bug, 0)
    buy(mall, "spared")
    assert broken(mall) == {}
    assert len(mall.facts("shop", "order")) == 2


def test_an_answer_that_came_too_late_leaves_a_charge_and_free_stock(mall: Mall) -> None:
    mall.switch_on("capture_after_timeout", 1)
    shopper = mall.ready_to_place("late", mall.line(DEAL))
    assert shopper.checkout_complete().detail == "payment declined"
    assert [fact["intent"] for fact in mall.facts("shop", "order_failed")] == ["late"]
    assert [fact["intent"] for fact in mall.facts("gateway", "captured")] == ["late"]
    assert mall.units(DEAL) == 50


def test_an_outage_is_taken_for_a_no_as_well(mall: Mall) -> None:
    shopper = mall.ready_to_place("dark", mall.line(DEAL))
    mall.backstage.steer([{"name": "gateway_down"}, {"name": "capture_after_timeout", "value": 0}])
    assert shopper.checkout_complete().outcome == "rejected"
    assert len(mall.facts("shop", "order_failed")) == 1


def test_the_second_charge_is_a_payment_of_its_own(mall: Mall) -> None:
    mall.switch_on("double_charge_on_retry", 1)
    assert mall.ready_to_place("twice", mall.line(DEAL)).checkout_complete().outcome == "ok"
    charges = mall.facts("gateway", "captured")
    assert [fact["intent"] for fact in charges] == ["twice", "twice"]
    assert len({fact["detail"]["payment"] for fact in charges}) == 2


def test_an_unheard_payment_does_not_hide_those_that_can_be_asked_about(mall: Mall) -> None:
    mall.switch_on("unheard_payments", 1)
    for number in range(3):
        mall.ready_to_place(f"stuck-{number}", mall.line(DEAL)).checkout_complete()
    left = mall.http.post("/admin/drain", json={}).json()
    assert left["orders_pending"] == 3
    mall.all_off()
    assert len(mall.facts("shop", "order")) == 3


def test_what_leaked_is_neither_sold_nor_for_sale(mall: Mall) -> None:
    mall.switch_on("reservation_leak", 1)
    mall.ready_to_place("declined", mall.line(DEAL, 3)).checkout_complete()
    assert mall.units(DEAL) == 47
    assert [fact["kind"] for fact in mall.facts("gateway", "captured")] == []
    assert len(mall.facts("gateway", "voided")) == 1


@pytest.mark.parametrize("bug", BUGS)
def test_its_default_strikes_in_three_hundred_sessions_of_any_run(bug: str) -> None:
    fault = find_fault(bug)
    for run in range(200):
        # A third of the sessions buy natively, and a few of those give up.
        struck = sum(strikes(fault, f"{run:06x}-{session}", fault.default) for session in range(0, 240, 3))
        assert struck > 0, run
