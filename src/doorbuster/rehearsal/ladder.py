"""Which level of load to hold next: up from below what a ramp located until one breaks, then the highest held again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from doorbuster.analysis.holds import HELD_TWICE, HoldVerdict

UP, DOWN = 1.06, 0.85
"""Beyond the scenario's fractions: so much higher while nothing is broken, so much lower while nothing is held."""
MOST_BEYOND: Final = 3


def next_level(
    located: float, beyond_ramp: bool, fractions: Sequence[float], tried: Sequence[tuple[float, HoldVerdict]]
) -> float | None:
    """The next level, in multiples of last year's peak; None when nothing more is to be learnt.

    `located` is where the ramp broke the first objective, or its top where it broke none (`beyond_ramp`): then the top
    is held first, because nothing lower is in doubt. `tried` has what became of every hold so far.

    >>> next_level(2.0, False, (0.8, 0.9, 1.0), [])
    1.6
    >>> next_level(2.0, False, (0.8, 0.9, 1.0), [(1.6, "held"), (1.8, "in between")])
    2.0
    >>> next_level(2.0, False, (0.8, 0.9, 1.0), [(1.6, "held"), (1.8, "broken")])
    1.6
    >>> next_level(2.0, False, (0.8, 0.9, 1.0), [(1.6, "held"), (1.8, "broken"), (1.6, "held")]) is None
    True
    """
    levels = sorted({round(fraction * located, 3) for fraction in (*fractions, *([1.0] if beyond_ramp else []))})
    if not tried:
        return levels[-1] if beyond_ramp else levels[0]
    seen = {verdict for _, verdict in tried}
    walked = sorted(level for level, _ in tried)
    enough = len(set(walked)) >= len(fractions) + MOST_BEYOND
    if "too few" in seen:
        return None
    if not (enough or beyond_ramp or "broken" in seen):
        higher = [level for level in levels if level > walked[-1]]
        return higher[0] if higher else round(walked[-1] * UP, 3)
    not_held = min((level for level, verdict in tried if verdict != "held"), default=float("inf"))
    if walked[0] < not_held:
        highest = max(level for level in walked if level < not_held)
        return highest if walked.count(highest) < HELD_TWICE else None
    lower = [level for level in levels if level < walked[0]]
    return None if enough else lower[-1] if lower else round(walked[0] * DOWN, 3)
