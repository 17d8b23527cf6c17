"""When a run is over: the last shopper has left, has had the time to, or the generator cannot keep up any more."""

from __future__ import annotations

GIVE_UP_LATE_S = 15.0
"""A generator this far behind the curve rehearses nothing any more."""


def ending(
    now_s: float, next_due_s: float, door_closed: bool, in_shop: int, duration_s: float, drain_s: float
) -> str | None:
    """Why the run is over, on the scenario's clock; None while it is not.

    `next_due_s` is the door's next arrival, or the end of the curve when none is left.
    """
    if not door_closed:
        late = now_s - next_due_s > GIVE_UP_LATE_S
        return f"the generator fell {GIVE_UP_LATE_S:g} s behind the curve" if late else None
    return "finished" if not in_shop or now_s > duration_s + drain_s else None
