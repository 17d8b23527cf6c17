"""Where shoppers who looked around went next, as shares that a scenario can walk."""

from __future__ import annotations

from collections import Counter
from typing import Final

from doorbuster.importers.log.result import LogImport
from doorbuster.traffic.moves import BROWSE_STEPS, START

_LEAST_SEEN: Final = 100
"""Pages of a step, or sessions, below which its shares would be noise."""
_LEAST_SHARE: Final = 0.01
"""Rarer moves are left out: two shoppers behind one address look like one who comes back after an hour's thought."""


def moves_of(log: LogImport) -> dict[str, dict[str, float]]:
    """Step, or `start`, to the share of its shoppers who took each browsing step next; empty where too few were seen.

    What a page's shares lack to one ended there. Who went on to a cart is left out of that page's shares, because a
    scenario's `browse` is who never did.
    """
    counts: Counter[tuple[str | None, str]] = Counter()
    came: Counter[str] = Counter()
    went: Counter[str | None] = Counter()
    for row in log.moves.to_pylist():
        before, step, count = row["prev_step"], row["step"], row["count"]
        counts[before, step] += count
        came[step] += count
        went[before] += count
    started = sum(counts[None, step] for step in BROWSE_STEPS)
    if started < _LEAST_SEEN:
        return {}
    # Pages that are no step hide moves: what seems to end before one goes on after it.
    ends = went[None] / (came.total() - sum(went[step] for step in came))
    shares = {START: {step: counts[None, step] / started for step in BROWSE_STEPS if counts[None, step]}}
    for step in BROWSE_STEPS:
        stayed = sum(counts[step, after] for after in BROWSE_STEPS)
        of = stayed + (came[step] - went[step]) * ends
        common = [after for after in BROWSE_STEPS if counts[step, after] and counts[step, after] >= _LEAST_SHARE * of]
        if came[step] >= _LEAST_SEEN and common:
            shares[step] = {after: counts[step, after] / of for after in common}
    return shares
