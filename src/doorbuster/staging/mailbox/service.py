"""The mailbox put together: four ways in, one book."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from starlette.routing import Route, Router

from doorbuster.staging.backstage import Backstage, Start
from doorbuster.staging.mailbox import klaviyo, sendgrid, smtp, twilio
from doorbuster.staging.mailbox.away import Away
from doorbuster.staging.mailbox.book import Book
from doorbuster.staging.mailbox.rate_limit import RateLimit
from doorbuster.staging.notifications import TIMEOUT_S, Outbox
from doorbuster.staging.web import Call, Counter, Endpoint, Reply

_DRAIN_S = 10.0
_LOOK_AGAIN_S = 0.01


def mailbox_router(start: Start, counter: Counter) -> Router:
    """Every route of the mailbox, and SMTP beside them while it is up."""
    book, outbox = Book(), Outbox(counter.faults)
    by_sendgrid = sendgrid.SendGrid(book, RateLimit(sendgrid.MOST_A_SECOND, 1))
    by_twilio = twilio.Twilio(book, outbox, RateLimit(twilio.MOST_A_SECOND, 1))
    by_klaviyo = klaviyo.Klaviyo(book, RateLimit(klaviyo.MOST_A_SECOND, 1), RateLimit(klaviyo.MOST_A_MINUTE, 60))
    away = Away(by_sendgrid, outbox)
    book.on_message = away.hears

    def reset(seed: int) -> None:
        outbox.reset()
        for part in (book, by_twilio, by_klaviyo, away):
            part.reset()
        shop = start.ports.get("shop")
        by_sendgrid.inbound_url = f"http://127.0.0.1:{shop}/messages/inbound" if shop else ""

    async def drain(call: Call) -> Reply:
        """POST /admin/drain: wait until everybody who is called back has been, for 10 s at most."""
        try:
            async with asyncio.timeout(_DRAIN_S):
                while outbox.running:
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError:
            pass  # what is left is in the answer
        return Reply({"waiting": outbox.running})

    @asynccontextmanager
    async def lifespan(router: object) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
            outbox.session = session
            descriptor = start.extra_fds.get("smtp")
            server = None
            if descriptor is not None:
                listener = socket.socket(fileno=descriptor)
                server = await smtp.serve_smtp(listener, book, RateLimit(smtp.MOST_A_SECOND, 1))
            yield
            if server is not None:
                server.close()
            outbox.reset()

    reset(start.seed)
    routes = [
        *by_sendgrid.routes(counter),
        *by_twilio.routes(counter),
        *by_klaviyo.routes(counter),
        Route("/admin/messages", Endpoint(counter, book.page), methods=["GET"]),
        Route("/admin/drain", Endpoint(counter, drain), methods=["POST"]),
        *outbox.routes(counter),
        *Backstage(start, counter, reset).routes(),
    ]
    return Router(routes, lifespan=lifespan)
