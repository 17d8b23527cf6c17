"""One purchase event for every paid order, queued and sent in batches, so that slow analytics never slow a checkout."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import Any, Final

import aiohttp
import orjson

from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.faults import lost_events
from doorbuster.staging.faults.fault import strikes
from doorbuster.staging.orders import Order
from doorbuster.staging.switchboard import Switchboard

BATCH: Final = 25
_GATHER_S: Final = 0.02
_RETRY_S: Final = 0.25


class PurchaseEvents:
    """The queue to the collector. An event leaves it only when the collector has said that it has it."""

    def __init__(self, session: aiohttp.ClientSession, collector_url: str, faults: Switchboard) -> None:
        self._session = session
        self._url = f"{collector_url}/events"
        self._faults = faults
        self._waiting: deque[dict[str, Any]] = deque()
        self._some = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Events not yet taken by the collector."""
        return len(self._waiting)

    def add(self, order: Order) -> None:
        share = self._faults.value(lost_events.FAULT)
        if share is not None and strikes(lost_events.FAULT, order.id, share):
            return
        # Analytics speaks of money in units, not cents; two decimals survive the division exactly when rounded back.
        value = order.new.totals.total_minor / 100
        self._waiting.append({"name": "purchase", "transaction_id": order.id, "value": value, "currency": CURRENCY})
        self._some.set()

    def forget(self) -> None:
        """Empty the queue, at a reset."""
        self._waiting.clear()

    async def send_for_ever(self) -> None:
        """Send what is queued, in order, until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            await asyncio.sleep(_GATHER_S)
            while self._waiting:
                await self._send([self._waiting[i] for i in range(min(BATCH, len(self._waiting)))])

    async def _send(self, batch: list[dict[str, Any]]) -> None:
        # The same id on every attempt: a batch whose answer was lost is not counted twice.
        body = orjson.dumps({"batch": secrets.token_hex(8), "events": batch})
        while self._waiting and self._waiting[0] is batch[0]:
            try:
                async with self._session.post(
                    self._url, data=body, headers={"Content-Type": "application/json"}
                ) as answer:
                    taken = answer.status < 300
            except (aiohttp.ClientError, TimeoutError):
                taken = False
            if not taken:
                await asyncio.sleep(_RETRY_S)
            elif self._waiting and self._waiting[0] is batch[0]:
                for _ in batch:
                    self._waiting.popleft()
