"""One shopper's session: thinks, clicks, waits, gives up; every step timed on both clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gevent
import orjson

from doorbuster.journeys import WALKS
from doorbuster.journeys.shopper import Call, LeftShop
from doorbuster.storefronts.base import OK, Answer
from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.transport import PatienceRanOut
from doorbuster.vocabulary import FAILED_OUTCOMES, MONEY_STEPS, Outcome

_LOOK_UP_AFTER_S = (1.0, 2.0, 4.0, 8.0)
"""How long a shopper whose purchase came out `unknown` waits before each look at their orders."""


_QUOTES = frozenset({"checkout.shipping", "checkout.payment", "wallet.update", "wallet.token"})
"""Steps whose page shows the whole price: the way of shipping is chosen by then, so tax and shipping are in it."""
_GAVE_UP: dict[bool, Outcome] = {True: "unknown", False: "abandoned"}
"""What a step is when its shopper stops waiting, by whether it moves money."""
_CUT_OFF = {money: Answer(outcome, "cut off by the end of the run") for money, outcome in _GAVE_UP.items()}


def _no_order(last_look: Answer) -> Answer:
    """A purchase that left no order after the last look has failed, and is counted once, here."""
    return Answer("error", "the purchase left no order") if last_look.outcome == "rejected" else last_look


class Walk:
    """Walks session `session` of the plan (a `journeys.shopper.Shopper`)."""

    def __init__(self, floor: ShopFloor, session: int, journey: str, due_us: int) -> None:
        self.visit = floor.visits.visit(session, journey)
        self._floor, self._tally, self._heard = floor, floor.tally, floor.heard
        self._now_us = floor.clock.now_us
        self._zero_s = floor.clock.zero_s
        self._browser = floor.browser(session)
        self._thinks = floor.visits.thinks(session)
        self._due_us = due_us
        self._ready_us: float | None = None  # end of the step before; None before the first
        self._ended_us: int | None = None  # of the session; None where its shopper was stopped
        self._last_step: str | None = None
        self._outcome = "ok"
        self._order: Answer | None = None
        self._offered = False  # another way to pay, when the shopper's own did not work
        self._quoted_minor: int | None = None  # what the last such page said the purchase would cost

    def run(self) -> None:
        """Walk the journey to its end. The session is recorded whatever happens to it."""
        floor, visit = self._floor, self.visit
        started_us = self._now_us()
        self._tally.started(visit.session, started_us - self._due_us)
        if visit.combination:
            self._fact("combination", OK, visit.combination._asdict())
        try:
            self._shop()
            self._ended_us = self._now_us()
        except BaseException:  # stopped, or hit by the Ctrl-C that Locust turns into an exception
            self._outcome = floor.cut_off_as
            raise
        finally:
            self._leave(started_us)
            self._browser.close()

    def _leave(self, started_us: int) -> None:
        """The session's row. Apart from `run`: compiled, a `finally` takes what its `try` assigns for assigned."""
        visit, order = self.visit, self._order
        self._tally.sessions.append(
            {
                "session": visit.session,
                "journey": visit.journey,
                "intent": visit.intent,
                "due_us": self._due_us,
                "started_us": started_us,
                "ended_us": self._ended_us,
                "outcome": self._outcome,
                "last_step": self._last_step,
                "products": [line.product.product for line in visit.lines],
                "coupon": visit.coupon,
                "patience_s": visit.patience_s,
                "order_id": order.order_id if order else None,
                "total_minor": order.total_minor if order else None,
                "currency": order.currency if order else None,
                "arm": self._floor.arm,
            }
        )

    def _shop(self) -> None:
        try:
            WALKS[self.visit.journey](self, self._floor.storefront(self._browser, self.visit))
        except LeftShop:
            pass
        except Exception as bug:  # noqa: BLE001  (one shopper's bug must not stop the others; it makes the run INVALID)
            self._outcome = "error"
            self._floor.bugs.append(f"{self._last_step or 'start'}: {type(bug).__name__}: {bug}")

    def step(self, name: str, call: Call, *, optional: bool = False, read_back: Call | None = None) -> Answer:
        """Think, then take one step. Raises LeftShop when it did not come out `ok`, unless it is optional."""
        answer = self._timed(name, self._due(name), call)
        if answer.outcome == "unknown" and read_back is not None:
            answer = self._look_up(answer, read_back)
        if answer.outcome != "ok" and not (optional and answer.outcome == "rejected"):
            if not answer.offer:
                self._outcome = answer.outcome
                raise LeftShop
            self._offered = True
            self._fact("offered_other_method", answer, {"step": name, "offer": answer.offer})
        if name in _QUOTES and answer.total_minor is not None:
            self._quoted_minor = answer.total_minor
        return answer

    def buy(self, name: str, call: Call, read_back: Call) -> Answer:
        """Take the step that buys; look the order up when nobody knows whether it did."""
        answer = self._with_second_click(name, self._due(name), call)
        if answer.outcome == "unknown":
            answer = self._look_up(answer, read_back)
        self._outcome = answer.outcome
        if answer.outcome != "ok":
            raise LeftShop
        self._order = answer
        self._fact("order_seen", answer, {"step": name, "quoted_minor": self._quoted_minor})
        if self._offered:
            self._fact("rescued_by_wallet", answer, {"step": name})
        return answer

    def _due(self, step: str) -> float:
        """When the step is due, in microseconds on the scenario's clock."""
        if self._ready_us is None:
            return self._due_us
        return self._ready_us + self._thinks.before(step) * 1e6

    def _timed(
        self,
        name: str,
        due_us: float,
        call: Call,
        *,
        twice: bool = False,
        judged: Callable[[Answer], Answer] | None = None,
    ) -> Answer:
        """Take one step when it is due and within the shopper's patience, and record it.

        `twice`: it is clicked twice; `judged` says what the answer means here, where that is more than it says itself.
        """
        sent_us = self._now_us()
        if sent_us < due_us:
            gevent.sleep((due_us - sent_us) / 1e6)
            sent_us = self._now_us()
        self._last_step = name
        patient_until_us = sent_us + self.visit.patience_s * 1e6
        self._browser.patient_until_s = self._zero_s + patient_until_us / 1e6
        try:
            answer = call()
            while answer.again_s is not None and self._now_us() + answer.again_s * 1e6 < patient_until_us:
                # The page asks again by itself. Being turned away is counted each time; what follows is due when the
                # step was, because its shopper has waited since then.
                if answer.outcome == "throttled":
                    self._record(name, due_us, sent_us, answer)
                    gevent.sleep(answer.again_s)
                    sent_us = self._now_us()
                else:
                    gevent.sleep(answer.again_s)
                answer = call()
            if answer.again_s is not None and answer.outcome != "throttled":
                raise PatienceRanOut
        except PatienceRanOut:
            answer = Answer(_GAVE_UP[name in MONEY_STEPS], "patience ran out")
        except gevent.GreenletExit:
            # The run is over. Who still waits has waited at least so long: left out, a hanging shop would look fast.
            self._record(name, due_us, sent_us, _CUT_OFF[name in MONEY_STEPS])
            raise
        if twice and answer.outcome == "conflict":
            # Refusing one of two clicks while the other is at work is the shop doing its job.
            answer = Answer("rejected", "second click refused")
        return self._record(name, due_us, sent_us, judged(answer) if judged else answer)

    def _record(self, name: str, due_us: float, sent_us: int, answer: Answer) -> Answer:
        """One step on both clocks, and a fact when it failed or was a payment that the shop refused."""
        floor, outcome = self._floor, answer.outcome
        ended_us = self._ready_us = self._now_us()
        took_us = (ended_us - sent_us, ended_us - due_us)
        self._tally.step(due_us, self.visit.journey, name, outcome, *took_us, floor.arm)
        for kind, detail in answer.noticed:
            self._fact(kind, answer, detail)
        if outcome not in FAILED_OUTCOMES and outcome != "unknown":
            self._heard(name, (ended_us - sent_us) / 1000, None)
            floor.sign_of_life(ended_us, name, outcome, ended_us - sent_us)
            if outcome == "rejected" and name == "checkout.payment":
                # The shop may be right, so it counts nowhere; an outage of cards begins with such answers.
                self._failed(name, answer, ended_us - sent_us)
        elif answer not in _CUT_OFF.values():  # Locust's page would take its own end of the run for a failure
            self._heard(name, (ended_us - sent_us) / 1000, f"{outcome}: {answer.detail}")
            self._failed(name, answer, ended_us - sent_us)
        return answer

    def _failed(self, name: str, answer: Answer, waited_us: int) -> None:
        failed = {"step": name, "outcome": answer.outcome, "detail": answer.detail, "waited_ms": waited_us // 1000}
        self._fact("step_failed", answer, failed)

    def _with_second_click(self, name: str, due_us: float, call: Call) -> Answer:
        """The step, and for impatient hands the same click again while the first is still waiting."""
        after_s = self.visit.double_submit_after_s
        if after_s is None:
            return self._timed(name, due_us, call)
        now_us = self._now_us()
        click_us = max(due_us, now_us) + after_s * 1e6
        second = gevent.spawn_later((click_us - now_us) / 1e6, self._timed, name, click_us, call, twice=True)
        try:
            first = self._timed(name, due_us, call, twice=True)
            if not second.started or self._now_us() < click_us:
                second.kill()  # the page has gone on; there is nothing left to click
                return first
            again: Answer = second.get()
        finally:
            second.kill()
        return again if first.outcome != "ok" and again.outcome == "ok" else first

    def _look_up(self, unknown: Answer, read_back: Call) -> Answer:
        """Read the order back, a few times, as a worried shopper would."""
        for wait_s in _LOOK_UP_AFTER_S:
            due_us = (self._ready_us or 0.0) + wait_s * 1e6
            last_look = wait_s == _LOOK_UP_AFTER_S[-1]
            found = self._timed("order.read", due_us, read_back, judged=_no_order if last_look else None)
            if found.outcome == "ok":
                return found
        return unknown

    def _fact(self, kind: str, answer: Answer, detail: Mapping[str, Any]) -> None:
        self._tally.facts.append(
            {
                "at_us": self._now_us(),
                "witness": "shopper",
                "kind": kind,
                "session": self.visit.session,
                "intent": self.visit.intent,
                "order_id": answer.order_id,
                "amount_minor": answer.total_minor,
                "currency": answer.currency,
                "detail": orjson.dumps(detail).decode(),
                "arm": self._floor.arm,
            }
        )
