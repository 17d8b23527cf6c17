"""The facts that tell of outages: what was away and when, who was offered another way, what was booked."""

from __future__ import annotations

from typing import NamedTuple

from doorbuster.promises.fact import Fact
from doorbuster.promises.rows import object_of


class SaleTold(NamedTuple):
    """A sale as the back office has it: booked by the ERP, or registered."""

    at_us: int | None
    order_id: str | None
    amount_minor: int | None
    currency: str | None


class Moment(NamedTuple):
    """When a service went away, or came back."""

    at_us: int
    kind: str
    """`down` or `up`."""
    fault: str
    """What kept it away."""


class Wish(NamedTuple):
    """Something that happened to a shopper on the way to an order."""

    at_us: int | None
    session: int | None
    intent: str | None


def read_sale_told(fact: Fact) -> SaleTold:
    return SaleTold(fact.at_us, fact.order_id or None, fact.amount_minor, fact.currency)


def read_moment(fact: Fact) -> Moment | None:
    fault = object_of(fact.detail).get("fault")
    named = fault if isinstance(fault, str) else ""
    return None if fact.at_us is None else Moment(fact.at_us, fact.kind, named)


def read_wish(fact: Fact) -> Wish:
    return Wish(fact.at_us, fact.session, fact.intent)


def read_step_failed(fact: Fact) -> Wish | None:
    """Only attempts to pay natively: what else failed is the business of objectives."""
    return read_wish(fact) if object_of(fact.detail).get("step") == "checkout.payment" else None
