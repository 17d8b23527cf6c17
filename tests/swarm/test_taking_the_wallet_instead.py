"""A shopper whose card does not work takes the wallet where it is offered, and says so."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from doorbuster.record.tally import Tally
from doorbuster.scenario import Shopper, Think
from doorbuster.storefronts.base import Answer, Product
from doorbuster.storefronts.noop import NoopStorefront
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.walk import Walk
from doorbuster.traffic.visit import Visits

CARDS_FAIL = Answer("rejected", "card payments unavailable")
LEFT = Answer("rejected", "out of stock")


class Shop(NoopStorefront):
    payment = CARDS_FAIL
    tap = Answer("ok", order_id="o1", total_minor=100, currency="EUR")

    def checkout_payment(self) -> Answer:
        return self.payment

    def wallet_complete(self) -> Answer:
        return self.tap


def walked(shop: Shop, heard: list[str | None] | None = None) -> tuple[Tally, list[tuple[str, dict[str, Any]]]]:
    shopper = Shopper(think={"default": Think(median_s=0.001, p90_s=0.002)}, double_submit=0)
    visits = Visits(shopper, [Product("hat", "hat-one", "hat-one", 100, "EUR", None)], (), 1, "run")
    floor: Any = SimpleNamespace(
        visits=visits,
        clock=RunClock.starting_in(0),
        tally=Tally(),
        browser=lambda session: SimpleNamespace(close=lambda: None),
        storefront=lambda browser, visit: shop,
        heard=lambda name, ms, failure: (heard if heard is not None else []).append(failure),
        sign_of_life=lambda *answered: None,
        bugs=[],
        cut_off_as="in_flight",
        arm="candidate",
    )
    Walk(floor, 7, "native_checkout", 0).run()
    assert floor.bugs == []
    return floor.tally, [(fact["kind"], json.loads(fact["detail"])) for fact in floor.tally.facts]


def test_who_is_offered_the_wallet_buys_with_it_in_the_same_session() -> None:
    shop = Shop()
    shop.payment = CARDS_FAIL._replace(offer="express_wallet")
    tally, facts = walked(shop)
    (session,) = tally.sessions
    assert (session["journey"], session["outcome"], session["last_step"], session["order_id"]) == (
        "native_checkout", "ok", "wallet.complete", "o1",
    )  # fmt: skip
    assert [kind for kind, _ in facts] == ["step_failed", "offered_other_method", "order_seen", "rescued_by_wallet"]
    assert facts[1][1] == {"step": "checkout.payment", "offer": "express_wallet"}
    assert {fact["intent"] for fact in tally.facts} == {"run-7"}


def test_an_offer_that_does_not_work_either_rescues_nobody() -> None:
    shop = Shop()
    shop.payment, shop.tap = CARDS_FAIL._replace(offer="express_wallet"), LEFT
    tally, facts = walked(shop)
    assert tally.sessions[0]["outcome"] == "rejected"
    assert [kind for kind, _ in facts] == ["step_failed", "offered_other_method"]


@pytest.mark.parametrize("payment", [CARDS_FAIL, Answer("ok")])
def test_without_an_offer_nobody_takes_the_wallet(payment: Answer) -> None:
    shop = Shop()
    shop.payment = payment
    tally, facts = walked(shop)
    assert tally.sessions[0]["last_step"] == ("checkout.complete" if payment.outcome == "ok" else "checkout.payment")
    assert not {kind for kind, _ in facts} & {"offered_other_method", "rescued_by_wallet"}


def test_a_payment_that_was_refused_is_on_record_and_no_failure() -> None:
    heard: list[str | None] = []
    tally, facts = walked(Shop(), heard)
    ((kind, detail),) = [fact for fact in facts if fact[0] == "step_failed"]
    assert kind == "step_failed"
    told = (detail["step"], detail["outcome"], detail["detail"])
    assert told == ("checkout.payment", "rejected", "card payments unavailable")
    assert detail["waited_ms"] >= 0
    assert tally.failed == 0
    assert heard and set(heard) == {None}


def test_of_other_steps_a_refusal_is_not_on_record() -> None:
    shop = Shop()
    shop.payment, shop.checkout_complete = Answer("ok"), lambda: LEFT  # type: ignore[method-assign]
    tally, facts = walked(shop)
    assert tally.sessions[0]["outcome"] == "rejected"
    assert "step_failed" not in {kind for kind, _ in facts}
