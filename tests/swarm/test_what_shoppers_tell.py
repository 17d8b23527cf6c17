"""What shoppers note on their way: the combination they were dealt, a cart that hung, and that the shop answered."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from doorbuster.record.tables import FACTS
from doorbuster.record.tally import Tally
from doorbuster.storefronts.base import Answer, Shop
from doorbuster.storefronts.noop import NoopStorefront
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.transport import PatienceRanOut
from doorbuster.swarm.walk import Walk
from tests.traffic.test_combinations import PAIRWISE, visits
from tests.traffic.test_visits import SHOPPER

QUICK = {"think": {"default": {"median_s": 1e-9, "p90_s": 1e-9}}}


class Hanging(NoopStorefront):
    """A shop in which taking the upsell never ends."""

    def upsell_add(self) -> Answer:
        raise PatienceRanOut


def hanging_floor(shopper: Any, clock: RunClock) -> ShopFloor:
    make: Callable[..., Any] = lambda client, url, visit: Hanging()  # noqa: E731
    nobody: Any = None
    floor = ShopFloor(nobody, 1, Shop(""), visits(shopper=shopper), make, nobody, clock, Tally(), lambda *heard: None)
    floor.browser = lambda session: SimpleNamespace(patient_until_s=0.0, close=lambda: None)  # type: ignore[assignment, method-assign, return-value]
    return floor


def facts_of(
    monkeypatch: pytest.MonkeyPatch, sessions: range, journey: str, shopper: Any, step_us: int = 1000
) -> list[dict[str, Any]]:
    """Every shopper's facts, on a clock that moves so far whenever somebody looks at it."""
    at_us = iter(range(0, 10**9, step_us))
    monkeypatch.setattr(time, "monotonic", lambda: (next(at_us) + 0.5) / 1e6)
    quick = shopper.model_copy(update={"think": type(shopper).model_validate(QUICK).think})
    floor = hanging_floor(quick, RunClock(0.0))
    for session in sessions:
        Walk(floor, session, journey, 0).run()
    return floor.tally.facts


def kinds(facts: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [fact for fact in facts if fact["kind"] == kind]


@pytest.mark.parametrize("journey", ["native_checkout", "express_wallet"])
def test_a_buyer_tells_once_what_was_dealt_and_how_long_a_cart_hung(
    monkeypatch: pytest.MonkeyPatch, journey: str
) -> None:
    facts = facts_of(monkeypatch, range(36), journey, PAIRWISE)
    dealt = {fact["session"]: json.loads(fact["detail"]) for fact in kinds(facts, "combination")}
    assert len(dealt) == len(kinds(facts, "combination")) == 36
    hung = {session for session, levels in dealt.items() if levels["upsell"] == "accepted"}
    assert hung
    failed = kinds(facts, "step_failed")
    assert {fact["session"] for fact in failed} == hung
    assert {fact["session"] for fact in kinds(facts, "order_seen")} == set(dealt) - hung
    for fact in failed:
        told = json.loads(fact["detail"])
        assert (told["step"], told["outcome"]) == ("cart.add", "abandoned")
        assert told["waited_ms"] >= 1


def test_the_shop_is_said_to_answer_four_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = kinds(facts_of(monkeypatch, range(36), "native_checkout", SHOPPER, step_us=20_000), "shop_answered")
    moments = [fact["at_us"] for fact in facts]
    assert len(moments) > 10
    assert all(later - earlier >= 250_000 for earlier, later in pairwise(moments))


def test_neither_the_gateways_answer_nor_a_failure_is_a_sign_of_life() -> None:
    nobody: Any = None
    floor = ShopFloor(nobody, 1, Shop(""), nobody, nobody, nobody, nobody, Tally(), nobody)
    floor.sign_of_life(1, "wallet.token", "ok", 1000)
    floor.sign_of_life(2, "home", "rejected", 1000)
    assert floor.tally.facts == []
    floor.sign_of_life(3, "home", "ok", 12_345)
    assert [(fact["at_us"], fact["detail"]) for fact in floor.tally.facts] == [(3, '{"waited_ms":12}')]


def failed(step: str, outcome: str, waited_ms: int = 3000) -> dict[str, Any]:
    detail = json.dumps({"step": step, "outcome": outcome, "detail": "", "waited_ms": waited_ms})
    return dict.fromkeys(FACTS.names) | {"kind": "step_failed", "detail": detail}


def test_frozen_carts_do_not_drown_among_page_errors() -> None:
    tally = Tally()
    pages = [failed("home", "error")] * 300 + [failed("home", "abandoned"), failed("cart.add", "error", 20)]
    tally.facts = [
        *pages,
        *[failed("cart.add", "abandoned"), failed("wallet.update", "abandoned")] * 5,
        failed("cart.view", "error"),
    ]
    taken = tally.take()
    steps = Counter(json.loads(detail)["step"] for detail in taken["facts"]["detail"])
    assert steps == {"home": 100, "cart.add": 5, "wallet.update": 5, "cart.view": 1}
    assert taken["failures_left_out"] == 202


def test_a_shop_in_which_every_cart_hangs_does_not_drown_its_record_either() -> None:
    tally = Tally()
    tally.facts = [failed("cart.add", "abandoned")] * 1000
    taken = tally.take()
    assert (len(taken["facts"]["detail"]), taken["failures_left_out"]) == (400, 600)


def test_nothing_is_dealt_where_the_scenario_does_not_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kinds(facts_of(monkeypatch, range(20), "native_checkout", SHOPPER), "combination") == []


def test_a_shopper_who_is_stopped_leaves_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    floor = hanging_floor(SHOPPER, RunClock.starting_in(0))

    def stopped(seconds: float) -> None:
        raise gevent.GreenletExit

    monkeypatch.setattr(gevent, "sleep", stopped)
    with pytest.raises(gevent.GreenletExit):
        Walk(floor, 7, "browse", 3_600_000_000).run()
    (session,) = floor.tally.sessions
    assert (session["session"], session["outcome"], session["ended_us"]) == (7, "in_flight", None)
