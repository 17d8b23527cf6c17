"""When a run is over: the last shopper has left, or has had the time to, or nobody can go on with it."""

from __future__ import annotations

GIVE_UP_LATE_S = 15.0
"""A generator this far behind the curve rehearses nothing any more."""
GIVE_UP_ALONE_S = 5.0
"""Locust itself ends a test whose last worker has left, or has been missing for some four seconds."""


def ending(
    now_s: float,
    next_due_s: float,
    door_closed: bool,
    in_shop: int,
    duration_s: float,
    drain_s: float,
    alone_s: float = 0.0,
) -> str | None:
    """Why the run is over, on the scenario's clock; None while it is not.

    `next_due_s` is the next arrival of the worker that is furthest behind, or the end of the curve when none is left;
    `alone_s` is how long there has been no worker at all.
    """
    if alone_s > GIVE_UP_ALONE_S or (alone_s and now_s > duration_s):
        return "every worker was lost"
    if not door_closed:
        late = now_s - next_due_s > GIVE_UP_LATE_S
        return f"the generator fell {GIVE_UP_LATE_S:g} s behind the curve" if late else None
    return "finished" if not in_shop or now_s > duration_s + drain_s else None
