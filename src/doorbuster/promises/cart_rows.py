"""The facts that tell of carts: what their shoppers waited for in vain, and what they were dealt."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from doorbuster.promises.fact import Fact
from doorbuster.promises.rows import object_of
from doorbuster.vocabulary import CART_STEPS

FACTORS: Final = ("discount", "upsell", "way", "basket")
"""What combinations are made of."""
Levels = tuple[tuple[str, str], ...]
"""(factor, level), e.g. ("upsell", "accepted"), in the order of the factors."""


_IN_VAIN: Final = ("abandoned", "error")


class Wait(NamedTuple):
    """A step on a cart that its shopper gave up waiting for, or that failed in the end."""

    at_us: int
    """When they gave up, or were told."""
    session: int | None
    intent: str | None
    step: str
    waited_us: int

    @property
    def shopper(self) -> int | str | None:
        return self.intent if self.session is None else self.session


class Answered(NamedTuple):
    """A moment at which somebody was answered, and how long they had waited."""

    at_us: int
    waited_us: int


class Dealt(NamedTuple):
    """The combination that a buying session was dealt."""

    at_us: int | None
    session: int | None
    intent: str | None
    levels: Levels

    @property
    def shopper(self) -> int | str | None:
        return self.intent if self.session is None else self.session


def read_wait(fact: Fact) -> Wait | None:
    """None for other failures, and for steps that wait for the payment gateway: its silence is not the cart's."""
    if fact.at_us is None or not fact.detail:
        return None
    detail = object_of(fact.detail)
    step, waited_ms = detail.get("step"), detail.get("waited_ms")
    if detail.get("outcome") not in _IN_VAIN or not isinstance(step, str) or step not in CART_STEPS:
        return None
    return Wait(fact.at_us, fact.session, fact.intent, step, waited_ms * 1000) if type(waited_ms) is int else None


def read_dealt(fact: Fact) -> Dealt | None:
    levels = _levels(fact.detail)
    return Dealt(fact.at_us, fact.session, fact.intent, levels) if levels else None


@lru_cache(maxsize=4096)  # a million buyers are dealt a few dozen
def _levels(detail: str | None) -> Levels:
    told = object_of(detail)
    return tuple((factor, str(told[factor])) for factor in FACTORS if isinstance(told.get(factor), str))


def read_answered(fact: Fact) -> Answered | None:
    waited_ms = object_of(fact.detail).get("waited_ms")
    return Answered(fact.at_us, waited_ms * 1000) if fact.at_us is not None and type(waited_ms) is int else None
