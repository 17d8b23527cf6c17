"""All that writes to customers, put together: one thing for the rest of the shop to know."""

from __future__ import annotations

from typing import Final

import aiohttp
from starlette.routing import Route

from doorbuster.staging.books import Books
from doorbuster.staging.messages.confirmations import Confirmations
from doorbuster.staging.messages.contacts import Contacts
from doorbuster.staging.messages.inbound import Inbound
from doorbuster.staging.messages.outgoing import Outgoing
from doorbuster.staging.messages.reminders import Reminders
from doorbuster.staging.orders import Order
from doorbuster.staging.virtual_clock import VirtualClock
from doorbuster.staging.web import PAGE, Call, Counter, Endpoint, Reply

_PATIENCE: Final = aiohttp.ClientTimeout(total=15)


class MailRoom:
    """The shop's messages. Nothing in here is awaited by a page of the shop."""

    def __init__(
        self, books: Books, clock: VirtualClock, session: aiohttp.ClientSession, mailbox_url: str, counter: Counter
    ) -> None:
        self._session, self._drain_url = session, f"{mailbox_url}/admin/drain"
        self.outgoing = Outgoing(session, mailbox_url)
        self._counter = counter
        self._contacts = Contacts(clock.now_s)
        shared = (books, self._contacts, self.outgoing, clock, counter.faults)
        self._confirmations = Confirmations(*shared)
        books.on_cart = Reminders(*shared).cart_saved
        self._inbound = Inbound(self.outgoing, clock, counter.faults)

    def paid(self, order: Order) -> None:
        """An order was paid, now or after the gateway had been silent for long."""
        self._confirmations.paid(order)

    async def wait_for_answers(self) -> None:
        """Until whoever answers what was sent has answered, as far as the mailbox can be reached."""
        try:
            async with self._session.post(self._drain_url, timeout=_PATIENCE):
                return
        except (aiohttp.ClientError, TimeoutError):
            return

    def reset(self) -> None:
        """Forget everybody and everything unsent."""
        self.outgoing.forget()
        self._contacts.reset()

    def _page_of_contacts(self, call: Call) -> Reply:
        """GET /admin/contacts?after=N&limit=N: carts whose shoppers can be written to, oldest first."""
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        page = self._contacts.page(after, limit)
        return Reply({"contacts": page, "next": after + len(page) if len(page) == limit else None})

    def routes(self) -> list[Route]:
        return [
            Route("/messages/inbound", Endpoint(self._counter, self._inbound.take), methods=["POST"]),
            Route("/admin/contacts", Endpoint(self._counter, self._page_of_contacts), methods=["GET"]),
        ]
