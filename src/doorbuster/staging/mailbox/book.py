"""The one book of messages: what went to whom, about what, and when."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from doorbuster.staging.web import PAGE, Call, Reply

KINDS: Final = ("confirmation", "reminder")
"""What promises speak of; anything else is `other`."""
_ABOUT: Final = ("order_id", "cart", "intent")


class Message(NamedTuple):
    """One message to one recipient."""

    channel: str
    """`smtp`, `sendgrid`, `twilio` or `klaviyo`."""
    recipient: str
    kind: str
    purpose: str
    """The shop's own word for its kind, empty where it gave none."""
    order_id: str | None
    cart: str | None
    intent: str | None
    received_unix_us: int
    """By the wall clock."""
    due_unix_us: int
    """When it reaches its recipient by the shop's clock: the time received, moved ahead as the shop's virtual clock
    was, or the time for which it was scheduled."""


class Book:
    """All messages since the last reset, in the order in which they came."""

    def __init__(self, now_us: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self._now_us = now_us
        self.on_message: Callable[[Message, Mapping[str, str]], None] = lambda message, headers: None
        """Told of each message and the mail headers that the shop gave it."""
        self.reset()

    def reset(self) -> None:
        self._messages: list[Message] = []
        self._key = secrets.token_bytes(16)

    def take(
        self,
        channel: str,
        recipient: str,
        told: Mapping[str, Any],
        *,
        at_unix_s: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Write down a message.

        `told` may name `kind`, `order_id`, `cart`, `intent` and `clock_ahead_s`; `at_unix_s` is when it is scheduled.
        """
        now_us = self._now_us()
        due_us = now_us + round(_seconds(told.get("clock_ahead_s")) * 1e6)
        if at_unix_s is not None:
            due_us = max(due_us, round(at_unix_s * 1e6))
        purpose = str(told.get("kind") or "").lower()
        kind = purpose if purpose in KINDS else "other"
        order_id, cart, intent = (str(told[name]) if told.get(name) else None for name in _ABOUT)
        message = Message(channel, recipient.lower(), kind, purpose, order_id, cart, intent, now_us, due_us)
        self._messages.append(message)
        self.on_message(message, headers or {})

    def page(self, call: Call) -> Reply:
        """GET /admin/messages?after=N&limit=N, oldest first. `person` stands for the address in what leaves here."""
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        page = self._messages[after : after + limit]
        rows = [{**message._asdict(), "person": self._person(message.recipient)} for message in page]
        return Reply({"messages": rows, "next": after + len(page) if len(page) == limit else None})

    def _person(self, address: str) -> str:
        """The same for all messages to one address until the next reset, and good for nothing else."""
        return hashlib.blake2b(address.encode(), key=self._key, digest_size=8).hexdigest()


def _seconds(told: Any) -> float:
    """A shop's word for its clock; 0 where that is no number."""
    try:
        seconds = float(told or 0)
    except (TypeError, ValueError):
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0
