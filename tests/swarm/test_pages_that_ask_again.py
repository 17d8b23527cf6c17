"""A page that was turned away, or that polls, asks again by itself, within its shopper's patience."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from doorbuster.journeys.shopper import LeftShop
from doorbuster.record.tally import Tally
from doorbuster.storefronts.base import OK, Answer, Shop
from doorbuster.storefronts.noop import NoopStorefront
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.walk import Walk
from tests.traffic.test_combinations import visits
from tests.traffic.test_visits import SHOPPER

LATER = Answer("throttled", "the shop asked to come back later", again_s=1.5)
NOT_YET = Answer("ok", again_s=0.5)


class Queueing(NoopStorefront):
    """Answers the home page with these, one after the other, and then as it should."""

    def __init__(self, *answers: Answer) -> None:
        self.left = list(answers)

    def home(self) -> Answer:
        return self.left.pop(0) if self.left else OK


def walked(monkeypatch: pytest.MonkeyPatch, *answers: Answer) -> tuple[dict[str, Any], list[dict[str, Any]], float]:
    """(session, facts, seconds slept) of one shopper on a clock that only sleeping moves."""
    now = SimpleNamespace(us=0)

    def sleep(seconds: float) -> None:
        now.us += round(seconds * 1e6)

    monkeypatch.setattr(gevent, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now.us / 1e6)
    make: Callable[..., Any] = lambda client, shop, visit: Queueing(*answers)  # noqa: E731
    nobody: Any = None
    card = SHOPPER.model_copy(update={"patience_s": 4.0})
    floor = ShopFloor(
        nobody, 1, Shop(""), visits(shopper=card), make, nobody, RunClock(0.0), Tally(), lambda *heard: None
    )
    floor.browser = lambda session: SimpleNamespace(patient_until_s=0.0, close=lambda: None)  # type: ignore[assignment, method-assign, return-value]
    walk = Walk(floor, 0, "browse", 0)
    walk.visit = walk.visit._replace(patience_s=4.0)
    answer = None
    with suppress(LeftShop):
        answer = walk.step("home", Queueing(*answers).home)
    return {"answer": answer, "outcome": walk._outcome}, floor.tally.facts, now.us / 1e6


def test_who_is_turned_away_comes_back_when_the_shop_says_and_each_time_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, facts, slept_s = walked(monkeypatch, LATER, LATER)
    assert ended["answer"] == OK
    assert slept_s == 3.0
    assert [fact["kind"] for fact in facts].count("step_failed") == 2


def test_who_is_turned_away_beyond_patience_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, facts, slept_s = walked(monkeypatch, *[LATER] * 9)
    assert ended["outcome"] == "throttled"
    assert slept_s == 3.0
    assert [fact["kind"] for fact in facts].count("step_failed") == 3


def test_a_page_that_polls_is_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, facts, slept_s = walked(monkeypatch, *[NOT_YET] * 4)
    assert ended["answer"] == OK
    assert slept_s == 2.0
    assert [fact["kind"] for fact in facts].count("step_failed") == 0


def test_a_page_that_polls_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, _, slept_s = walked(monkeypatch, *[NOT_YET] * 99)
    assert ended["outcome"] == "abandoned"
    assert slept_s == 3.5
