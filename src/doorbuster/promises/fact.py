"""A fact as a witness said it, an offence against a promise, and what a promise found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Fact(NamedTuple):
    """A row of the facts table. A tuple: a peak leaves millions, and a frozen dataclass takes three times as long."""

    at_us: int | None
    """Microseconds on the scenario's clock; None where the fact is a state."""
    witness: str
    kind: str
    session: int | None
    intent: str | None
    order_id: str | None
    amount_minor: int | None
    currency: str | None
    detail: str | None
    """JSON, by kind."""


@dataclass(frozen=True, slots=True)
class Offence:
    """One case in which a promise was not kept, with whatever names it: something is known of every one."""

    what: str
    """In a few words, the same for all cases of a kind."""
    at_us: int | None = None
    intent: str | None = None
    order_id: str | None = None
    amount_minor: int | None = None
    """The money at stake; for a difference, what the shopper paid too much (or, below zero, too little)."""
    currency: str | None = None
    subject: str | None = None
    """The payment, variant or discount code it is about."""
    session: int | None = None
    journey: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one promise. `kept` is None when it cannot be told, and `sentence` says why."""

    promise: str
    kept: bool | None
    sentence: str
    checked: int = 0
    offences: tuple[Offence, ...] = ()
    """Every one, in order of time."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Measured on the way, units in the names."""


def in_order(offences: Sequence[Offence]) -> tuple[Offence, ...]:
    """By time, then by name: the same whatever order the facts came in. Those without a time come last."""
    return tuple(sorted(offences, key=_order))


def _order(offence: Offence) -> tuple[tuple[bool, int], ...] | tuple[object, ...]:
    at_us, amount = offence.at_us, offence.amount_minor
    names = (offence.what, offence.intent or "", offence.order_id or "", offence.subject or "", offence.currency or "")
    return (at_us is None, at_us or 0, *names, amount is None, amount or 0)
