"""Every paid order on its way to the back office: in the shop's books until ERP and register have confirmed it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

import aiohttp
import orjson

from doorbuster.staging import orders
from doorbuster.staging.books import Books
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.faults import sale_exported_twice, sale_never_exported
from doorbuster.staging.faults.fault import Fault
from doorbuster.staging.orders import Order
from doorbuster.staging.switchboard import Switchboard

ERP, REGISTER = "erp", "register"
BATCH: Final = 100
_AT_ONCE: Final = 10
_RETRY_S: Final = 0.25


class Unsent(NamedTuple):
    """An order that the ERP has not confirmed, and the id that it is told under."""

    order: Order
    told_as: str


class SalesQueue:
    """At least once: an order leaves only when its receiver has it, and receivers know what they have by its id."""

    def __init__(self, books: Books, session: aiohttp.ClientSession, register_url: str, faults: Switchboard) -> None:
        self._books = books
        self._session = session
        self._url = f"{register_url}/register/receipts"
        self._faults = faults
        self._some = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Confirmations that are still to come."""
        return int(self._books.query("SELECT count(*) FROM unsent").fetchone()[0])

    def add(self, order: Order) -> None:
        """Belongs into the transaction that makes the order a paid one; nobody waits for the back office."""
        rows = [(REGISTER, order.number, order.id)]
        if not self._struck(sale_never_exported.FAULT, order.id):
            rows.append((ERP, order.number, order.id))
        for row in rows:
            self._books.query("INSERT OR IGNORE INTO unsent VALUES (?, ?, ?)", row)
        self._some.set()

    def for_erp(self) -> list[Unsent]:
        """The next batch to tell the ERP, oldest first."""
        return self._next(ERP, BATCH)

    def booked(self, batch: Iterable[Unsent]) -> None:
        """The ERP has said that it has these."""
        with self._books.transaction():
            for order, told_as in batch:
                again = f"{order.id}-again"
                if self._struck(sale_exported_twice.FAULT, order.id) and told_as != again:
                    values: tuple[object, ...] = (again, ERP, order.number)
                    self._books.query("UPDATE unsent SET told_as = ? WHERE receiver = ? AND number = ?", values)
                else:
                    self._done(ERP, order.number)

    async def register_for_ever(self) -> None:
        """Have every sale confirmed by the register, until cancelled."""
        while True:
            batch = self._next(REGISTER, _AT_ONCE)
            if not batch:
                self._some.clear()
                await self._some.wait()
            elif not all(await asyncio.gather(*(self._register(order) for order, _ in batch))):
                await asyncio.sleep(_RETRY_S)

    async def _register(self, order: Order) -> bool:
        sale = {"sale": order.id, "amount_minor": order.new.totals.total_minor, "currency": CURRENCY}
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.post(self._url, data=orjson.dumps(sale), headers=headers) as answer:
                taken = answer.status < 300
        except (aiohttp.ClientError, TimeoutError):
            taken = False
        if taken:
            self._done(REGISTER, order.number)
        return taken

    def _next(self, receiver: str, most: int) -> list[Unsent]:
        rows = self._books.query(
            "SELECT number, told_as FROM unsent WHERE receiver = ? ORDER BY number LIMIT ?", (receiver, most)
        ).fetchall()
        found = ((orders.by_number(self._books, number), told_as) for number, told_as in rows)
        return [Unsent(order, told_as) for order, told_as in found if order is not None]

    def _done(self, receiver: str, number: int) -> None:
        self._books.query("DELETE FROM unsent WHERE receiver = ? AND number = ?", (receiver, number))

    def _struck(self, fault: Fault, order_id: str) -> bool:
        return self._faults.hits(fault, order_id)
