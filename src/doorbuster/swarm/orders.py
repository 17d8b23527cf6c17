"""What a worker is told: which arrivals are its own, how far it may go, and until when it may go on unheard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any


@dataclass(frozen=True)
class Deal:
    """From arrival `first` on, the worker takes those whose number leaves `rank` when divided by `of` (law 1)."""

    first: int
    rank: int
    of: int


@dataclass(frozen=True)
class Orders:
    """One worker's orders. They replace the ones before; the deals of the past stand."""

    deals: tuple[Deal, ...]
    until: int
    """Arrivals with a smaller number may be started."""
    lease_until_s: float = inf
    """On the worker's monotonic clock: later, the master may have given its arrivals to somebody else."""

    def next_own(self, index: int, arrivals: int) -> int:
        """Number of the first own arrival at or after `index`; `arrivals` when there is none."""
        for deal, end in spans(self.deals, arrivals):
            if index >= end:
                continue
            start = max(index, deal.first)
            own = start + (deal.rank - start) % deal.of
            if own < end:
                return own
        return arrivals

    def share_of(self, limit: int, index: int) -> int:
        """This worker's part of a limit that holds over all workers, at one of its own arrivals."""
        deal = next(deal for deal in reversed(self.deals) if deal.first <= index)
        return limit // deal.of + (deal.rank < limit % deal.of)


def spans(deals: Sequence[Deal], end: int) -> list[tuple[Deal, int]]:
    """Each deal with the first arrival that it holds no longer for; `end` for the last."""
    ends = [later.first for later in deals[1:]] + [end]
    return list(zip(deals, ends, strict=False))


def as_message(deals: Iterable[Deal]) -> list[list[int]]:
    """Deals as plain lists."""
    return [[deal.first, deal.rank, deal.of] for deal in deals]


def from_message(deals: Any) -> tuple[Deal, ...]:
    """The reverse of `as_message`."""
    return tuple(Deal(*deal) for deal in deals)
