"""When a service was away, from the moments at which it went and came back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from doorbuster.promises.outage_rows import Moment


class Outage(NamedTuple):
    """From when until when a service was away, in microseconds on the scenario's clock."""

    down_us: int
    up_us: int | None
    """None where it had not come back when the books were read."""


def outages(moments: Iterable[Moment]) -> list[Outage]:
    """Moments in order of time to outages; what kept a service away twice at once is one outage."""
    found: list[Outage] = []
    why = 0
    for moment in moments:
        if moment.kind == "down":
            why += 1
            if why == 1:
                found.append(Outage(moment.at_us, None))
        elif why:
            why -= 1
            if not why:
                found[-1] = found[-1]._replace(up_us=moment.at_us)
    return found


def seconds(many: Sequence[Outage]) -> float:
    """How long all outages that ended were, in seconds."""
    return sum((one.up_us - one.down_us) / 1e6 for one in many if one.up_us is not None)
