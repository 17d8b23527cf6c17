"""What a shop promises in numbers: the gate file may say otherwise, the defaults are common practice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """One number a line, units in the names."""

    event_within_s: float = 60.0
    """A purchase event reaches analytics within this of its payment: campaigns are steered by it on the day itself."""
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
