"""What the gateway tells the shop unasked, server to server: sent, retried, and harmed by the faults that say so."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from starlette.routing import Route

from doorbuster.staging.faults import (
    doubled_notifications,
    late_notifications,
    lost_notifications,
    reordered_notifications,
)
from doorbuster.staging.faults.fault import Fault
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.web import PAGE, Call, Counter, Endpoint, Reply

TIMEOUT_S: Final = 10.0
_OVERTAKEN_WITHIN_S: Final = 5.0
"""A notification that nothing follows is not held back for ever."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one address."""

    id: str
    kind: str
    payment: str
    url: str
    body: bytes
    headers: Callable[[int], Mapping[str, str]]
    """From unix seconds: a signature that carries the time is made anew for each attempt."""
    retry_after_s: Sequence[float] = ()
    """Waits between attempts; none where the real service tries once."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of the log: what was tried, and what came back."""

    id: str
    kind: str
    payment: str
    url: str
    at_unix_us: int
    result: str
    """`HTTP 200`, `no answer`, or `lost` where a fault swallowed it."""


class Outbox:
    """Sends notifications in the background. `session` is given by who serves the event loop."""

    session: aiohttp.ClientSession

    def __init__(self, faults: Switchboard) -> None:
        self._faults = faults
        self._sending: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        """Stop what is under way and forget what was sent."""
        for task in self._sending:
            task.cancel()
        self._sending = set()
        self._overtaken: list[asyncio.Event] = []
        self._log: list[Attempt] = []

    @property
    def running(self) -> int:
        """Notifications under way at this moment."""
        return len(self._sending)

    def send(self, notification: Notification) -> None:
        """Begin to send; returns at once."""
        if self._struck(lost_notifications.FAULT, notification):
            self._write_down(notification, "lost")
            return
        waits_for: asyncio.Event | None = None
        overtakes: list[asyncio.Event] = []
        if self._struck(reordered_notifications.FAULT, notification):
            waits_for = asyncio.Event()
            self._overtaken.append(waits_for)
        else:
            overtakes, self._overtaken = self._overtaken, []
        task = asyncio.create_task(self._deliver(notification, waits_for, overtakes))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _struck(self, fault: Fault, notification: Notification) -> bool:
        return self._faults.hits(fault, notification.id)

    async def _deliver(
        self, notification: Notification, waits_for: asyncio.Event | None, overtakes: list[asyncio.Event]
    ) -> None:
        copies = 2 if self._struck(doubled_notifications.FAULT, notification) else 1
        late_ms = self._faults.value(late_notifications.FAULT) or 0.0
        if waits_for:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(waits_for.wait(), _OVERTAKEN_WITHIN_S)
        await asyncio.sleep(late_ms / 1e3)
        for _ in range(copies):
            taken = await self._attempt(notification)
            for held in overtakes:
                held.set()
            for wait_s in notification.retry_after_s:
                if taken:
                    break
                await asyncio.sleep(wait_s)
                taken = await self._attempt(notification)

    async def _attempt(self, notification: Notification) -> bool:
        headers = notification.headers(int(time.time()))
        try:
            async with self.session.post(
                notification.url, data=notification.body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError):  # ValueError: an address that is none
            self._write_down(notification, "no answer")
            return False
        self._write_down(notification, f"HTTP {status}")
        return 200 <= status < 300

    def _write_down(self, notification: Notification, result: str) -> None:
        now_us = time.time_ns() // 1000
        about = (notification.id, notification.kind, notification.payment, notification.url)
        self._log.append(Attempt(*about, now_us, result))

    def page(self, call: Call) -> Reply:
        """GET /admin/notifications?after=N&limit=N: every attempt, oldest first."""
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        page: list[Any] = self._log[after : after + limit]
        return Reply({"notifications": page, "next": after + len(page) if len(page) == limit else None})

    def routes(self, counter: Counter) -> list[Route]:
        return [Route("/admin/notifications", Endpoint(counter, self.page), methods=["GET"])]
