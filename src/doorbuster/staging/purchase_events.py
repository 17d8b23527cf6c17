"""One purchase event for every paid order, queued and sent in batches, so that slow analytics never slow a checkout.

They go the way that a shop's server tells Meta (`POST /v24.0/{pixel}/events`): many shoppers in one request, and each
event with an id, so that a request whose answer was lost may be sent again. Google's Measurement Protocol offers
neither, and Klaviyo's events are one a request.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import aiohttp
import orjson

from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.faults import (
    event_before_payment,
    event_doubled,
    event_late,
    event_without_id,
    event_wrong_value,
    lost_events,
)
from doorbuster.staging.faults.fault import Fault
from doorbuster.staging.orders import Order
from doorbuster.staging.switchboard import Switchboard

BATCH: Final = 100
PIXEL: Final = "100000000000001"
_GATHER_S: Final = 0.02
_RETRY_S: Final = 0.25
Event = dict[str, Any]


class PurchaseEvents:
    """The queue to the collector. An event leaves it only when the collector has said that it has it."""

    def __init__(self, session: aiohttp.ClientSession, collector_url: str, faults: Switchboard) -> None:
        self._session = session
        self._url = f"{collector_url}/v24.0/{PIXEL}/events?access_token=staging"
        self._faults = faults
        self._waiting: deque[Event] = deque()
        self._held: dict[int, tuple[float, Event, asyncio.TimerHandle]] = {}
        """By identity: the event_late fault's, with the unix time at which they join the queue."""
        self._told_early: set[int] = set()
        """Numbers of the orders that the event_before_payment fault has told of already."""
        self._some = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Events not yet taken by the collector, without those that are held back."""
        return len(self._waiting)

    def due_by(self, unix_s: float) -> bool:
        """Whether anything is to be sent until then."""
        return bool(self._waiting) or any(due_s <= unix_s for due_s, _, _ in self._held.values())

    def held(self) -> list[dict[str, Any]]:
        """What is held back, and until when."""
        return [
            {**_about(event), "due_unix_us": round(due_s * 1e6)}
            for due_s, event, _ in sorted(self._held.values(), key=lambda held: held[0])
        ]

    def placed(self, order: Order) -> bool:
        """An order was placed and is not paid: nothing to tell anybody, unless a fault does. True if it did."""
        if not self._hits(event_before_payment.FAULT, order):
            return False
        self._told_early.add(order.number)
        self._tell(order)
        return True

    def add(self, order: Order) -> None:
        """An order was paid."""
        if order.number in self._told_early:
            self._told_early.discard(order.number)
        else:
            self._tell(order)

    def forget(self) -> None:
        """Empty the queue, at a reset."""
        for _, _, timer in self._held.values():
            timer.cancel()
        self._held.clear()
        self._told_early.clear()
        self._waiting.clear()

    async def send_for_ever(self) -> None:
        """Send what is queued, in order, until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            await asyncio.sleep(_GATHER_S)
            while self._waiting:
                await self._send([self._waiting[i] for i in range(min(BATCH, len(self._waiting)))])

    def _tell(self, order: Order) -> None:
        """Queue what there is to tell of an order; faults change it here, where shops have them."""
        if self._hits(lost_events.FAULT, order):
            return
        net = self._hits(event_wrong_value.FAULT, order)
        nameless = self._hits(event_without_id.FAULT, order)
        event = _purchase(order, order_id="" if nameless else order.id, net=net)
        self._queue(event)
        if self._hits(event_doubled.FAULT, order):
            self._queue({**event, "event_id": f"thank-you-{order.id}"})

    def _hits(self, fault: Fault, order: Order) -> bool:
        return self._faults.hits(fault, order.id)

    def _queue(self, event: Event) -> None:
        late_ms = self._faults.value(event_late.FAULT)
        if late_ms:
            timer = asyncio.get_running_loop().call_later(late_ms / 1e3, self._release, event)
            self._held[id(event)] = (time.time() + late_ms / 1e3, event, timer)
        else:
            self._waiting.append(event)
            self._some.set()

    def _release(self, event: Event) -> None:
        del self._held[id(event)]
        self._waiting.append(event)
        self._some.set()

    async def _send(self, batch: Sequence[Event]) -> None:
        # The same ids on every attempt: a batch whose answer was lost is not counted twice.
        body = orjson.dumps({"data": batch})
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


def _purchase(order: Order, order_id: str, net: bool) -> Event:
    """An order as Meta's events speak of it. `net` leaves out shipping, tax and discount: only a fault does."""
    totals = order.new.totals
    # Analytics speaks of money in units, not cents; two decimals survive the division exactly when rounded back.
    value = (totals.items_minor if net else totals.total_minor) / 100
    return {
        "event_name": "Purchase",
        "event_id": f"purchase-{order_id}",
        "event_time": int(time.time()),
        "action_source": "system_generated",
        "user_data": {"external_id": hashlib.sha256(order.new.cart.encode()).hexdigest()},
        "custom_data": {"order_id": order_id, "value": value, "currency": CURRENCY},
    }


def _about(event: Event) -> dict[str, Any]:
    return {name: event["custom_data"][name] for name in ("order_id", "value", "currency")}
