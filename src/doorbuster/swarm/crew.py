"""The master's book of workers: who takes which arrivals, how far each may go, who has fallen silent.

No arrival is ever sent twice, and this is why. A worker starts nothing beyond what it was granted, and a new deal
begins behind the furthest grant that anybody holds. A worker starts nothing at all once it has been out of touch for
`SILENT_AFTER_S`, counted from when it sent its last answered report; the master counts the same time from when that
report arrived, which is later, before it calls the worker lost. No two clocks need to agree for that.
Times on the scenario's clock are in microseconds, times of the master's monotonic clock in seconds; both are passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doorbuster.swarm.orders import Deal, Orders, spans

SILENT_AFTER_S = 1.5
GRANT_S = 1.0
"""A worker that is lost costs arrivals for at most these two together, and the time between two reports."""


@dataclass
class Member:
    """One worker's stay in the crew; who comes back after being lost is a new member."""

    term: int
    client_id: str
    about: dict[str, Any]
    """Host and process, versions, clock: what it said of itself when it was ready."""
    heard_s: float
    joined_us: int
    deals: list[Deal] = field(default_factory=list)
    until: int = 0
    next_due_us: int = 0
    closed: bool = False
    in_shop: int = 0
    failed: int = 0
    reports: int = 0
    last_words: bool = False
    health: dict[str, Any] = field(default_factory=dict)
    bugs: dict[str, Any] = field(default_factory=lambda: {"count": 0, "first": []})
    lost: str | None = None
    lost_at_us: int | None = None

    @property
    def name(self) -> str:
        return f"w{self.term}" if self.client_id else "local"

    @property
    def orders(self) -> Orders:
        return Orders(tuple(self.deals), self.until)


class Crew:
    """Workers of one run, in the order in which they came."""

    def __init__(self, due_us: NDArray[np.int64], grant_s: float = GRANT_S) -> None:
        """`due_us` is the plan's; `grant_s` may be infinite where a worker cannot be lost alone."""
        self.members: dict[int, Member] = {}
        self._due_us = due_us
        self._grant_us = grant_s * 1e6
        self._granted = 0
        self._unowned_from: int | None = 0

    def working(self) -> list[Member]:
        """Those who have not been lost."""
        return [member for member in self.members.values() if member.lost is None]

    def join(self, client_id: str, about: dict[str, Any], now_s: float, now_us: int) -> Member:
        """A worker that is ready; its share comes with the next deal."""
        member = Member(len(self.members) + 1, client_id, about, now_s, max(0, now_us), next_due_us=now_us)
        self.members[member.term] = member
        return member

    def deal(self, now_us: int) -> NDArray[np.intp]:
        """Give everybody a rank, from the first arrival that nobody may have started yet.

        Returns the arrivals that were nobody's in the meantime.
        """
        first = self._first_free(now_us)
        nobodys = np.arange(self._unowned_from, first) if self._unowned_from is not None else np.arange(0)
        working = self.working()
        for rank, member in enumerate(working):
            member.deals.append(Deal(first, rank, len(working)))
        self._unowned_from = None if working else (self._unowned_from if self._unowned_from is not None else first)
        return nobodys

    def lose(self, member: Member, why: str, now_us: int) -> NDArray[np.intp]:
        """Take a worker out; returns all the arrivals that it was dealt and nobody else will get. Deal afterwards."""
        first = self._first_free(now_us)
        member.lost, member.lost_at_us = why, now_us
        shares = [
            np.arange(deal.first + (deal.rank - deal.first) % deal.of, end, deal.of)
            for deal, end in spans(member.deals, first)
        ]
        return np.concatenate([np.arange(0), *shares])

    def grant(self, member: Member, now_us: int) -> Orders:
        """Let a worker go on for a while; returns its orders."""
        until = int(np.searchsorted(self._due_us, now_us + self._grant_us))
        member.until = max(member.until, until)
        self._granted = max(self._granted, member.until)
        return member.orders

    def silent(self, now_s: float) -> Iterator[tuple[Member, float]]:
        """Workers who have not been heard of for too long, and for how many seconds."""
        for member in self.working():
            if now_s - member.heard_s > SILENT_AFTER_S:
                yield member, now_s - member.heard_s

    def excuse(self, seconds: float) -> None:
        """The master itself stood still for so long: nobody could be heard meanwhile."""
        for member in self.working():
            member.heard_s += seconds

    def alone_s(self, now_us: int) -> float:
        """How long there has been no worker at all."""
        lost_at_us = [member.lost_at_us or 0 for member in self.members.values()]
        return max(0.0, (now_us - max(lost_at_us)) / 1e6) if lost_at_us and not self.working() else 0.0

    def unowned(self, now_us: int) -> NDArray[np.intp]:
        """Arrivals that have come due while there was nobody to take them."""
        due = int(np.searchsorted(self._due_us, now_us))
        return (
            np.arange(self._unowned_from, max(due, self._unowned_from))
            if self._unowned_from is not None
            else np.arange(0)
        )

    def summary(self) -> list[dict[str, Any]]:
        """`by_worker` of run.json."""
        return [
            {
                "worker": member.name,
                **member.about,
                "joined_us": member.joined_us,
                "lost": member.lost,
                "lost_at_us": member.lost_at_us,
                "generator": member.health,
            }
            for member in self.members.values()
        ]

    def worst_health(self) -> dict[str, float]:
        """`generator` of run.json: each figure of the worker that is worst in it."""
        keys = {key: None for member in self.members.values() for key in member.health}
        return {key: max(member.health.get(key, 0.0) for member in self.members.values()) for key in keys}

    def _first_free(self, now_us: int) -> int:
        return max(self._granted, int(np.searchsorted(self._due_us, now_us)))
