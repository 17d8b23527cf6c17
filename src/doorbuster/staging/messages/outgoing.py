"""The shop's letters, queued and handed to the mail provider in batches, so that slow mail never slows a checkout."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import groupby, islice
from typing import Any, Final, NamedTuple

import aiohttp
import orjson

BATCH: Final = 500
"""SendGrid takes up to 1,000 in one call."""
SENDER: Final = "orders@shop.example"
_GATHER_S: Final = 0.05
_RETRY_S: Final = 0.25
_PATIENCE: Final = aiohttp.ClientTimeout(total=60)
"""Long: a provider that took a letter and was not heard saying so is asked again, and the letter goes out twice."""


class Letter(NamedTuple):
    """One message to one person."""

    kind: str
    to: str
    ahead_s: float
    """How far the shop's clock was ahead of the wall clock when it was written."""
    about: dict[str, str]
    """`order_id`, `intent`, `cart`, as far as there is one."""
    headers: dict[str, str] | None = None


class Outgoing:
    """The queue. A letter leaves it when the provider has taken it, or has refused it for good."""

    def __init__(self, session: aiohttp.ClientSession, mailbox_url: str) -> None:
        self._session = session
        self._url = f"{mailbox_url}/v3/mail/send"
        self._waiting: deque[Letter] = deque()
        self._some = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Letters not yet taken by the provider."""
        return len(self._waiting)

    def add(self, letter: Letter) -> None:
        self._waiting.append(letter)
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
                _, first = next(groupby(islice(self._waiting, BATCH), lambda letter: letter.kind))
                await self._send(list(first))

    async def _send(self, batch: list[Letter]) -> None:
        body = orjson.dumps(_mail_send(batch))
        headers = {"Content-Type": "application/json", "Authorization": "Bearer SG.staging"}
        while self._waiting and self._waiting[0] is batch[0]:
            try:
                async with self._session.post(self._url, data=body, headers=headers, timeout=_PATIENCE) as answer:
                    status, come_back = answer.status, answer.headers.get("Retry-After", "")
            except (aiohttp.ClientError, TimeoutError):
                status, come_back = 0, ""
            if status == 429:
                await asyncio.sleep(float(come_back) if come_back.isdigit() else _RETRY_S)
            elif not 200 <= status < 500:
                await asyncio.sleep(_RETRY_S)
            elif status >= 400 and len(batch) > 1:
                # One bad address makes the provider refuse the whole call: the others are none the worse for it.
                for letter in batch:
                    await self._send([letter])
            elif self._waiting and self._waiting[0] is batch[0]:
                for _ in batch:
                    self._waiting.popleft()


def _mail_send(batch: list[Letter]) -> dict[str, Any]:
    """SendGrid's /v3/mail/send: letters of one kind, each to one person with its own arguments."""
    kind = batch[0].kind
    return {
        "from": {"email": SENDER},
        "template_id": f"d-{kind}",
        "categories": [kind],
        "personalizations": [
            {
                "to": [{"email": letter.to}],
                "custom_args": {"kind": kind, "clock_ahead_s": f"{letter.ahead_s:.6f}", **letter.about},
                **({"headers": letter.headers} if letter.headers else {}),
            }
            for letter in batch
        ],
    }
