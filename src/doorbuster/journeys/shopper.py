"""What a journey may ask of the shopper who walks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from doorbuster.storefronts.base import Answer, Visit

Call = Callable[[], Answer]


class LeftShop(Exception):
    """The session is over: the shop said no, or patience ran out."""


class Shopper(Protocol):
    """Thinks, clicks, waits and sometimes gives up. Every step is recorded."""

    visit: Visit

    def step(self, name: str, call: Call, *, optional: bool = False, read_back: Call | None = None) -> Answer:
        """Think, then take one step. Raises LeftShop when it did not come out `ok`, unless it is optional or the
        shop offers another way to buy (`Answer.offer`), which is then up to the journey.

        A money step comes with `read_back`: when nobody knows what became of it, the order is looked up.
        """
        ...

    def buy(self, name: str, call: Call, read_back: Call) -> Answer:
        """Take the step that buys, perhaps with an impatient second click.

        When it came out `unknown` the order is looked up with `read_back` (step `order.read`), never placed again.
        Raises LeftShop when there is no order.
        """
        ...
