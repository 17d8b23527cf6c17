"""What a shop promises in numbers: the gate file may say otherwise, the defaults are common practice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """One number a line, units in the names."""

    event_within_s: float = 60.0
    """A purchase event reaches analytics within this of its payment: campaigns are steered by it on the day itself."""
    frozen_after_s: float = 2.0
    """A cart that has not answered for this long when its shopper gives up, while others are answered, is frozen."""


DEFAULT_LIMITS = Limits()
