"""Which level of load to hold next: up from below what a ramp located, until one breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from doorbuster.analysis.holds import HoldVerdict

UP, DOWN = 1.06, 0.85
"""Beyond the scenario's fractions: so much higher while nothing is broken, so much lower while nothing is held."""
MOST_BEYOND: Final = 3


def next_level(
    located: float, beyond_ramp: bool, fractions: Sequence[float], tried: Mapping[float, HoldVerdict]
) -> float | None:
    """The next level, in multiples of last year's peak; None when nothing more is to be learnt.

    `located` is where the ramp broke the first objective, or its top where it broke none (`beyond_ramp`): then the top
    is held first, because nothing lower is in doubt. `tried` has what became of every level so far.

    >>> next_level(2.0, False, (0.8, 0.9, 1.0), {})
    1.6
    >>> next_level(2.0, False, (0.8, 0.9, 1.0), {1.6: "held", 1.8: "in between"})
    2.0
    >>> next_level(2.0, False, (0.8, 0.9, 1.0), {1.6: "held", 1.8: "broken"}) is None
    True
    """
    levels = sorted({round(fraction * located, 3) for fraction in (*fractions, *([1.0] if beyond_ramp else []))})
    if not tried:
        return levels[-1] if beyond_ramp else levels[0]
    seen = set(tried.values())
    if len(tried) >= len(fractions) + MOST_BEYOND or "too few" in seen:
        return None
    if "broken" not in seen and not beyond_ramp:
        higher = [level for level in levels if level > max(tried)]
        return higher[0] if higher else round(max(tried) * UP, 3)
    if "held" in seen:
        return None
    lower = [level for level in levels if level < min(tried)]
    return lower[-1] if lower else round(min(tried) * DOWN, 3)
