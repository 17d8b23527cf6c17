"""What a check saw of a shop, before anybody says what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from doorbuster.rehearsal.lone_shopper import Taken
from doorbuster.storefronts.base import Answer, Product


class Moment(NamedTuple):
    """How many units the shop had after a step; None where it does not say."""

    step: str
    units: int | None


@dataclass(frozen=True, slots=True)
class Walked:
    """One shopper's way."""

    journey: str
    intent: str | None
    steps: tuple[Taken, ...]
    order: Answer | None
    """The purchase as its shopper saw it."""

    def last(self, *steps: str) -> Answer | None:
        """The last answer to any of these steps."""
        return next((one.answer for one in reversed(self.steps) if one.step in steps), None)

    @property
    def stopped(self) -> Taken | None:
        """The step that was not done, if it is the last one."""
        return self.steps[-1] if self.steps and self.steps[-1].answer.outcome != "ok" else None


class Tried(NamedTuple):
    """A discount code in a cart: its price before and after, None where the shop does not say."""

    code: str
    answer: Answer | None
    before_minor: int | None
    after_minor: int | None
    currency: str | None
    walked: Walked

    @property
    def lower(self) -> bool:
        """Whether the cart costs less with it, for certain."""
        before_minor, after_minor = self.before_minor, self.after_minor
        return before_minor is not None and after_minor is not None and after_minor < before_minor


@dataclass(frozen=True, slots=True)
class Seen:
    """All of it."""

    target: str
    scenario: str
    shop_line: str
    overrides: Sequence[str]
    catalogue: Sequence[Product]
    product: Product
    codes: Sequence[str]
    tried: Sequence[Tried]
    walked: Mapping[str, Walked]
    """By journey; only those to which the scenario sends anybody."""
    stock: Sequence[Moment]
    """Of `product`, along the native checkout."""
    books: Sequence[Mapping[str, Any]]
    """Rows of the facts table."""
    books_why_not: str | None
    """Why the books could not be read."""
    cancelled: Mapping[str, str | None] = field(default_factory=dict)
    """The orders that the check made: to why they are still there, None where they were cancelled."""
    untold: str | None = None
    """What of the shop's hazards its platform could not see."""
    hooks_why_not: str | None = None
    """Why the scenario's last commands did not end well."""
