"""What a shop promises in numbers: the gate file may say otherwise, the defaults are common practice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field


@dataclass(frozen=True, slots=True)
class Limits:
    """One number a line, units in the names."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    """A gate file with a number that nobody reads is a mistake."""

    event_within_s: float = 60.0
    """A purchase event reaches analytics within this of its payment: campaigns are steered by it on the day itself."""
    confirmation_within_s: float = 300.0
    """An order is confirmed to its buyer within this of its payment; who hears nothing buys again, or calls."""
    first_reminder_after_s: float = 1800.0
    second_reminder_after_s: float = 14_400.0
    """Since a cart was left; where the night delays the first, it delays the second by as much."""
    reminder_within_s: float = 900.0
    """A reminder goes out within this of its time."""
    reminders_from_hour: Annotated[int, Field(le=23)] = 9
    reminders_until_hour: Annotated[int, Field(le=24)] = 21
    """Local hours of the recipient: the first that is allowed, and the first that is not any more."""
    messages_of_a_kind: int = 5
    """What one recipient gets of one kind about one order or cart, at most; more is machines writing to machines."""
    frozen_after_s: float = 2.0
    """A cart that has not answered for this long when its shopper gives up, while others are answered, is frozen."""
    stock_shown_within_s: float = 2.0
    """A page may show what is sold out as available for this long: the last unit can go between two clicks."""
    tax_off_minor: int = 2
    """An order's tax may be off by this much from its rate: shops round by line or by order."""
    slower_times: float = 1.5
    """A step has got slower over the run when it takes this many times what it took at first,"""
    slower_ms: float = 100.0
    """and this much longer."""
    generator_stall_ms: float = 100.0
    """Beyond this 99th percentile of its own pauses a load generator cannot tell the shop's slowness from its own."""
    uneven_times: float = 2.0
    """A cart is slow when each of its steps takes this many times what the same step took other carts just then,"""
    uneven_ms: float = 100.0
    """and this much longer."""
    uneven_share: float = 0.04
    """Some carts are slow by chance; from this share on, all through the run, they have something in common."""


DEFAULT_LIMITS = Limits()
