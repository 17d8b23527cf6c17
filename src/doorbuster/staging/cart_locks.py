"""Who may write to a cart at this moment: a cart has more writers than its checkout, and they take turns."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final

from doorbuster.staging.web import Refusal, Reply

_ONE_QUERY_S: Final = 0.001
"""What lies between one lock and the next in a shop whose locks are rows of a database on another machine."""


def cart_and_discounts(cart_id: str) -> tuple[str, str]:
    """The two locks of a cart, in the order in which all writers take them."""
    return f"cart {cart_id}", f"discounts {cart_id}"


class CartLocks:
    """Locks by name. Whoever waits for one waits until it is free or the shop is reset."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = defaultdict(int)
        self._waits: set[asyncio.Future[Any]] = set()

    @property
    def waiting(self) -> int:
        """Writers that wait for somebody else at this moment."""
        return len(self._waits)

    def reset(self) -> None:
        """Send everybody away who waits: there are no such carts any more."""
        for wait in self._waits:
            wait.cancel()
        self._locks.clear()

    def held(self, name: str) -> bool:
        """Whether somebody is writing to it."""
        return name in self._locks

    async def write(self, names: tuple[str, ...], work: Callable[[], Reply]) -> Reply:
        """Take the locks one after the other, work, give them back. Raises Refusal 503 at a reset."""
        async with AsyncExitStack() as taken:
            for name in names:
                lock = taken.enter_context(self._in_use(name))
                await self._acquire(lock)
                taken.callback(lock.release)
                await asyncio.sleep(_ONE_QUERY_S)
            return work()

    async def when_free(self, name: str, work: Callable[[], Reply | Awaitable[Reply]]) -> Reply:
        """Wait while somebody else writes, if anybody does, then do it. Raises Refusal 503 at a reset."""
        if self.held(name):
            with self._in_use(name) as lock:
                await self._acquire(lock)
                lock.release()
        done = work()
        return done if isinstance(done, Reply) else await done

    @contextmanager
    def _in_use(self, name: str) -> Iterator[asyncio.Lock]:
        """The lock of that name, forgotten as soon as nobody has to do with it."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._users[name] += 1
        try:
            yield lock
        finally:
            self._users[name] -= 1
            if not self._users[name]:
                del self._users[name]
                if self._locks.get(name) is lock:
                    del self._locks[name]

    async def _acquire(self, lock: asyncio.Lock) -> None:
        if not lock.locked():
            await lock.acquire()  # at once: nobody waits
            return
        wait = asyncio.ensure_future(lock.acquire())
        self._waits.add(wait)
        try:
            await asyncio.shield(wait)
        except asyncio.CancelledError:
            if wait.cancelled():
                raise Refusal(503, "reset", "The shop was reset while this cart was waited for.") from None
            wait.cancel()
            raise
        finally:
            self._waits.discard(wait)
