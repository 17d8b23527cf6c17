"""What analytics was told, and what became of it: kept, merged with another event, dropped or refused, and why."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

from starlette.routing import Route

from doorbuster.staging.web import PAGE, Call, Counter, Endpoint, Reply

Fate = Literal["kept", "merged", "dropped", "refused"]
"""`merged`: counted as one with an event before it. `dropped`: answered as if all was well, and gone. `refused`: the
sender was told so."""
PURCHASE: Final = "purchase"
"""The name of a purchase in the book, whatever its protocol calls it."""
UNREADABLE: Final = ""
"""The name of a request whose events could not be read."""


class Told(NamedTuple):
    """One event as it arrived."""

    name: str
    order_id: str | None = None
    value: float | None = None
    currency: str | None = None
    happened_unix_us: int | None = None
    """When it happened, by its own account; None where it says nothing."""


class Entry(NamedTuple):
    """A line of the book. A tuple: every page view of a rehearsal may end here."""

    at_unix_us: int
    """When it arrived."""
    protocol: str
    account: str
    """The stream, pixel or key that it was sent to: one protocol may serve several."""
    name: str
    order_id: str | None
    value: float | None
    currency: str | None
    happened_unix_us: int | None
    fate: Fate
    why: str
    """Empty for what was kept as it came."""


class EventBook:
    """Everything since the last reset. In memory: it is a double, and one process is all that ever asks it."""

    def __init__(self, now_unix_us: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self.now_unix_us = now_unix_us
        self.reset()

    def reset(self) -> None:
        self._entries: list[Entry] = []
        self._first_us: dict[tuple[str, ...], int] = {}

    def write(self, protocol: str, account: str, told: Told, fate: Fate = "kept", why: str = "") -> None:
        self._entries.append(Entry(self.now_unix_us(), protocol, account, *told, fate, why))

    def is_repeat(self, key: tuple[str, ...], within_us: float = math.inf) -> bool:
        """Whether something of this key was here before, no longer ago than that; if not, it is here from now on."""
        now_us = self.now_unix_us()
        first_us = self._first_us.get(key)
        if first_us is not None and now_us - first_us <= within_us:
            return True
        self._first_us[key] = now_us
        return False

    def events(self, call: Call) -> Reply:
        """GET /admin/events?after=N&limit=N: everything, oldest first."""
        return self._page(call, lambda entry: True)

    def purchases(self, call: Call) -> Reply:
        """GET /admin/purchases?after=N&limit=N: purchases, and requests whose events could not be read."""
        return self._page(call, lambda entry: entry.name in (PURCHASE, UNREADABLE))

    def _page(self, call: Call, asked_for: Callable[[Entry], bool]) -> Reply:
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        looked_at = self._entries[after : after + limit]
        rows: list[dict[str, Any]] = [entry._asdict() for entry in looked_at if asked_for(entry)]
        return Reply({"events": rows, "next": after + len(looked_at) if len(looked_at) == limit else None})

    def routes(self, counter: Counter) -> list[Route]:
        return [
            Route("/admin/events", Endpoint(counter, self.events), methods=["GET"]),
            Route("/admin/purchases", Endpoint(counter, self.purchases), methods=["GET"]),
        ]


def as_text(said: object) -> str | None:
    """An id as text, by whatever type it was sent; None where it is none."""
    if isinstance(said, str):
        return said
    return str(said) if isinstance(said, int | float) and not isinstance(said, bool) else None


def as_number(said: object) -> float | None:
    """A number that was sent as one."""
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None


def as_number_or_text(said: object) -> float | None:
    """A number, or the text of one, as query strings and PHP send it; None for what is neither, or not finite."""
    if isinstance(said, str):
        try:
            said = float(said)
        except ValueError:
            return None
    number = as_number(said)
    return number if number is not None and math.isfinite(number) else None
