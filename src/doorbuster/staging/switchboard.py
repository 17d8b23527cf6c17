"""Which faults are on at this moment: those switched on for good, and those on a timetable that ends by itself."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from doorbuster.errors import StagingError
from doorbuster.staging.faults import checked_value, find_fault
from doorbuster.staging.faults.fault import Effect, Fault, strikes

_NOTHING = Effect()
_HANG_CHECK_S = 0.05


@dataclass(frozen=True, slots=True)
class Switch:
    """A fault, its value, and when it is on, in seconds of unix time."""

    fault: Fault
    value: float
    from_unix_s: float = -math.inf
    until_unix_s: float = math.inf


class Window(NamedTuple):
    """When a fault was on, in seconds of unix time; no end where it still is."""

    name: str
    from_unix_s: float
    until_unix_s: float | None


def switch_from_row(row: Mapping[str, Any]) -> Switch:
    """One row {name, value, from_unix_s, until_unix_s} of a timetable; all but the name may be absent or null.

    Raises StagingError for an unknown fault, a value that makes no sense, or a time that is none.
    """
    fault = find_fault(str(row.get("name", "")))
    numbers: dict[str, float | None] = {}
    for key in ("value", "from_unix_s", "until_unix_s"):
        given = row.get(key)
        if given is not None and (isinstance(given, bool) or not isinstance(given, int | float)):
            raise StagingError(f"fault {fault.name}: {key} must be a number, not {given!r}")
        numbers[key] = given
    start, end = numbers["from_unix_s"], numbers["until_unix_s"]
    return Switch(
        fault,
        checked_value(fault, numbers["value"]),
        -math.inf if start is None else start,
        math.inf if end is None else end,
    )


class Switchboard:
    """The faults of one service. Those given at the start stay through a reset; a timetable does not."""

    def __init__(self, permanent: Sequence[Switch], seed: int, now_unix_s: Callable[[], float] = time.time) -> None:
        self._permanent = tuple(permanent)
        self._switches: tuple[Switch, ...] = ()
        self._now_unix_s = now_unix_s
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Forget the timetable; draw shares anew from the seed."""
        self._seed = seed
        self._rng = random.Random(f"faults:{seed}")
        self._switches = ()
        self._past: list[Window] = []
        self._steered_unix_s = self._now_unix_s()
        self.steer(())

    def steer(self, timetable: Iterable[Switch]) -> None:
        """Replace the timetable."""
        now = self._now_unix_s()
        self._past = [window if window.until_unix_s else window._replace(until_unix_s=now) for window in self.history()]
        self._steered_unix_s = now
        self._switches = (*self._permanent, *timetable)
        self.any = bool(self._switches)

    def value(self, fault: Fault) -> float | None:
        """The fault's value where it is on now, else None."""
        now = self._now_unix_s()
        for switch in self._switches:
            if switch.fault is fault and switch.from_unix_s <= now < switch.until_unix_s:
                return switch.value
        return None

    def hits(self, fault: Fault, subject: str) -> bool:
        """Whether a fault for a share of subjects is on and hits this one: the same answer to the same seed."""
        share = self.value(fault)
        return share is not None and strikes(fault, f"{self._seed}:{subject}", share)

    def rows(self) -> list[dict[str, Any]]:
        """What is switched, for people who ask; endless times are null."""
        return [
            {
                "name": switch.fault.name,
                "value": switch.value,
                "from_unix_s": switch.from_unix_s if math.isfinite(switch.from_unix_s) else None,
                "until_unix_s": switch.until_unix_s if math.isfinite(switch.until_unix_s) else None,
                "on": self.value(switch.fault) is not None,
            }
            for switch in self._switches
        ]

    def history(self) -> list[Window]:
        """When each fault was on since the last reset, as far as it has begun."""
        now = self._now_unix_s()
        windows = list(self._past)
        for switch in self._switches:
            began, ended = max(switch.from_unix_s, self._steered_unix_s), switch.until_unix_s
            if began <= now and began < ended:
                windows.append(Window(switch.fault.name, began, ended if ended <= now else None))
        return windows

    async def effect_on(self, step: str) -> Effect:
        """All that the active faults do to one request of a step; returns late when one of them makes it hang."""
        total = _NOTHING
        for fault in dict.fromkeys(switch.fault for switch in self._switches):
            value = self.value(fault)
            if value is None or fault.effect is None:
                continue
            effect = fault.effect(step, value, self._rng)
            if effect is None:
                continue
            while effect.hang and self.value(fault) is not None:
                await asyncio.sleep(_HANG_CHECK_S)
            if effect.status or effect.hang_up:
                return effect
            total = replace(total, wait_ms=total.wait_ms + effect.wait_ms, late_ms=total.late_ms + effect.late_ms)
        return total
