"""What one worker saw since it last reported: plain values that add up, whoever adds them, and travel as they are."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson

from doorbuster.record.histogram import count_buckets
from doorbuster.record.tables import FACTS, SESSIONS
from doorbuster.vocabulary import ARM, CART_STEPS, FAILED_OUTCOMES

Taken = dict[str, Any]
"""What `Tally.take` gives; every value is a number, a string, None, or lists and dicts of those."""

MOST_FAILURES_NOTED = 100
"""Failed steps that become facts in one report; the rest are counted. All of them are in the histograms anyway."""
MOST_CART_WAITS_NOTED = 400
"""The same for carts that were waited for in vain: a frozen one must not drown among pages that answer errors."""
_A_WAIT_MS = 1000
"""An error after less is a page that failed, not a cart that hung."""


class Tally:
    """Filled by shoppers, emptied by each report.

    A report's size depends on how many sessions started and ended, and on how many different latencies there were, but
    not on how many requests were sent.
    """

    def __init__(self) -> None:
        self.sessions: list[dict[str, Any]] = []
        self.facts: list[dict[str, Any]] = []
        self.failed = 0
        """Failed steps of the run so far: for the progress line only."""
        self._started: list[int] = []
        self._late_us: list[int] = []
        self._dropped: list[int] = []
        # Service, response, service, ... as they came: sorting them into buckets together costs a fraction of one by
        # one, and plain numbers give the garbage collector nothing to walk through.
        self._steps: dict[tuple[int, str, str, str, str], list[float]] = defaultdict(list)

    def step(
        self,
        due_us: float,
        journey: str,
        step: str,
        outcome: str,
        service_us: float,
        response_us: float,
        arm: str = ARM,
    ) -> None:
        """One step, on both clocks."""
        self.failed += outcome in FAILED_OUTCOMES
        second = int(due_us // 1_000_000)
        self._steps[second, journey, step, outcome, arm].extend((service_us, response_us))

    def started(self, session: int, late_us: int) -> None:
        """A shopper came in, so long after being due."""
        self._started.append(session)
        self._late_us.append(late_us)

    def dropped(self, session: int) -> None:
        """An arrival turned away at the limit on shoppers in flight."""
        self._dropped.append(session)

    def take(self) -> Taken:
        """All since the last take; this tally is empty afterwards."""
        facts = _bounded(self.facts)
        taken: Taken = {
            # second, journey, step, outcome, arm, then buckets and counts of each clock
            "steps": [
                [*key, *count_buckets(both_us[::2]), *count_buckets(both_us[1::2])]
                for key, both_us in self._steps.items()
            ],
            "started": self._started,
            "late_us": self._late_us,
            "dropped": self._dropped,
            "sessions": _columns(self.sessions, SESSIONS.names),
            "facts": _columns(facts, FACTS.names),
            "failures_left_out": len(self.facts) - len(facts),
            "failed": self.failed,
        }
        self._steps = defaultdict(list)
        self._started, self._late_us, self._dropped, self.sessions, self.facts = [], [], [], [], []
        return taken


def _bounded(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every fact about money, and the first failures of both sorts: a shop that is down must not drown its record."""
    # Of each deployment by itself: one that is down must not take the other's room.
    room: dict[tuple[str, bool], int] = {}
    kept = []
    for fact in facts:
        if fact["kind"] == "step_failed":
            cart = _is_cart_wait(fact["detail"])
            where = (fact["arm"], cart)
            room[where] = room.get(where, MOST_CART_WAITS_NOTED if cart else MOST_FAILURES_NOTED) - 1
            if room[where] < 0:
                continue
        kept.append(fact)
    return kept


def _is_cart_wait(detail: str) -> bool:
    failed = orjson.loads(detail)
    in_vain = failed["outcome"] == "abandoned" or (failed["outcome"] == "error" and failed["waited_ms"] >= _A_WAIT_MS)
    return in_vain and failed["step"] in CART_STEPS


def _columns(rows: list[dict[str, Any]], names: list[str]) -> dict[str, list[Any]]:
    """Rows by column, without the one that the writer adds."""
    return {name: [row[name] for row in rows] for name in names if name != "worker"}
