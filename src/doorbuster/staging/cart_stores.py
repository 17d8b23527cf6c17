"""Carts are spread over eight stores by their id, as a shop's database spreads them; with a bug on, one is slow."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Final

from doorbuster.staging.faults import slow_shard
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.web import Around, Call, Reply

STORES: Final = 8
_SLOW: Final = 3


def store_of(cart: str) -> int:
    """The store of a cart, by its id or a wallet session's: 0 to 7."""
    return zlib.crc32(cart.encode()) % STORES


def at_its_store(faults: Switchboard) -> Around:
    """Goes around every page about one cart."""

    async def around(call: Call, answer: Callable[[], Awaitable[Reply]]) -> Reply:
        wait_ms = faults.value(slow_shard.FAULT) if faults.any else None
        if wait_ms is not None and store_of(call.path.get("cart") or call.path["session"]) == _SLOW:
            await asyncio.sleep(wait_ms / 1e3)
        return await answer()

    return around
