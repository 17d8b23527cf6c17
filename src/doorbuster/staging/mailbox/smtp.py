"""Mail by SMTP: whatever a shop sends is taken, for whatever recipient, and goes no further."""

from __future__ import annotations

import asyncio
import email
import socket
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from doorbuster.staging.mailbox.book import Book
from doorbuster.staging.mailbox.rate_limit import RateLimit

# Providers' relays differ; most shops are given less than this.
MOST_A_SECOND: Final = 100
_TOLD_IN: Final = {
    "kind": "X-Message-Kind",
    "order_id": "X-Order-Id",
    "cart": "X-Cart-Id",
    "intent": "X-Purchase-Intent",
    "clock_ahead_s": "X-Clock-Ahead-S",
}
"""The headers by which a shop says what a mail is about."""


class _Taker:
    """What aiosmtpd calls with each mail."""

    def __init__(self, book: Book, limit: RateLimit) -> None:
        self._book, self._limit = book, limit

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._limit.take():
            return "451 4.7.0 Too many messages, come back later"
        content = envelope.content or b""
        mail = email.message_from_bytes(content if isinstance(content, bytes) else content.encode())
        headers = {name.lower(): str(value) for name, value in mail.items()}
        told = {name: headers.get(header.lower()) for name, header in _TOLD_IN.items()}
        for recipient in envelope.rcpt_tos:
            self._book.take("smtp", recipient, told, headers=headers)
        return "250 2.0.0 Taken"


async def serve_smtp(listener: socket.socket, book: Book, limit: RateLimit) -> asyncio.Server:
    """Take mail on a listening socket until the server that is returned is closed."""
    taker = _Taker(book, limit)
    # A name of our own: aiosmtpd would ask the network for one.
    return await asyncio.get_running_loop().create_server(
        lambda: SMTP(taker, hostname="mailbox.example", enable_SMTPUTF8=True), sock=listener
    )
