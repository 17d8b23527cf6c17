"""What a scenario's sessions will ask of the shop on average: each journey walked some hundred times without a shop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from doorbuster.journeys import WALKS
from doorbuster.journeys.shopper import Call
from doorbuster.scenario import Scenario
from doorbuster.storefronts.base import Answer, Product, Visit
from doorbuster.storefronts.noop import NoopStorefront
from doorbuster.traffic.visit import ThinkTimes, Visits, with_popularity
from doorbuster.vocabulary import JOURNEYS

_SAMPLE = 300
SERVICE_GUESS_S = 0.2
"""Assumed service time of a step, for the number of shoppers in the shop at once; think times outweigh it."""


@dataclass(frozen=True)
class Expectation:
    """Means over one session of a journey."""

    steps: float
    duration_s: float


class _CountingShopper:
    """Walks without waiting and adds up what it would have waited."""

    def __init__(self, visit: Visit, thinks: ThinkTimes) -> None:
        self.visit = visit
        self._thinks = thinks
        self.steps: Counter[str] = Counter()
        self.duration_s = 0.0

    def step(self, name: str, call: Call, *, optional: bool = False, read_back: Call | None = None) -> Answer:
        if self.steps:
            self.duration_s += self._thinks.before(name)
        self.steps[name] += 1
        self.duration_s += SERVICE_GUESS_S
        return call()

    def buy(self, name: str, call: Call, read_back: Call) -> Answer:
        return self.step(name, call)


def expect(scenario: Scenario, seed: int) -> dict[str, Expectation]:
    """Mean steps and length of a session by journey, if the shop answers everything."""
    catalogue = [Product(f"product-{n}", "", "", 1000, "EUR", None) for n in range(300)]
    shopper = scenario.shopper.model_copy(update={"products": ()})
    visits = Visits(shopper, with_popularity(catalogue, shopper, scenario.name), ("COUPON",), seed, "expect")
    expected = {}
    for journey in JOURNEYS:
        walked = []
        for session in range(_SAMPLE):
            counting = _CountingShopper(visits.visit(session, journey), visits.thinks(session))
            WALKS[journey](counting, NoopStorefront())
            walked.append((counting.steps.total(), counting.duration_s))
        steps, duration_s = (sum(column) / _SAMPLE for column in zip(*walked, strict=True))
        expected[journey] = Expectation(steps, duration_s)
    return expected
