"""Orders in the shop's books: each knows its purchase intent, its price in parts and whether it was paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from doorbuster.staging.books import Books
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.pricing import Totals

Status = Literal["pending", "paid", "failed"]
"""`pending`: the gateway has not said yes or no, and the stock is held; `failed`: it said no, and nothing is held."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A variant that was bought, at the price it was bought for."""

    variant: str
    quantity: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class NewOrder:
    """All there is to an order but its number and its status."""

    intent: str
    cart: str
    channel: str
    lines: tuple[OrderLine, ...]
    codes: tuple[str, ...]
    totals: Totals
    payment_key: str
    """The gateway's idempotency key: one for all attempts to charge this order."""
    authorisation: str | None
    source: str | None
    region: str = ""
    """Country of delivery, which decides the tax."""
    shipping: str = ""
    """The way of shipping that the shopper chose."""
    stock_late: bool = False
    """The oversell fault: stock is taken only once the order is paid."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands in the books."""

    number: int
    status: Status
    at_unix_us: int
    new: NewOrder

    @property
    def id(self) -> str:
        return f"DB-{self.number:06d}"


def insert(books: Books, new: NewOrder, at_unix_us: int) -> Order:
    """Write a pending order; belongs into the transaction that takes its stock."""
    written = books.query(
        "INSERT INTO orders (intent, status, at_unix_us, total_minor, body) VALUES (?, 'pending', ?, ?, ?)",
        (new.intent, at_unix_us, new.totals.total_minor, orjson.dumps(new)),
    )
    return Order(int(written.lastrowid or 0), "pending", at_unix_us, new)


def set_status(books: Books, number: int, status: Status) -> None:
    books.query("UPDATE orders SET status = ? WHERE number = ?", (status, number))


def delete(books: Books, number: int) -> None:
    """Forget an order as if it had never been: only the charge_without_order fault does this."""
    books.query("DELETE FROM orders WHERE number = ?", (number,))


_COLUMNS = "number, status, at_unix_us, body"


def _read(row: Any) -> Order:
    body = orjson.loads(row[3])
    lines = tuple(OrderLine(**line) for line in body.pop("lines"))
    new = NewOrder(**{**body, "lines": lines, "codes": tuple(body["codes"]), "totals": Totals(**body["totals"])})
    return Order(row[0], row[1], row[2], new)


def of_intent(books: Books, intent: str) -> Order | None:
    """The order that an intent led to, paid or pending; a failed one is none."""
    row = books.query(
        f"SELECT {_COLUMNS} FROM orders WHERE intent = ? AND status != 'failed' ORDER BY number", (intent,)
    ).fetchone()
    return _read(row) if row else None


def by_number(books: Books, number: int) -> Order | None:
    row = books.query(f"SELECT {_COLUMNS} FROM orders WHERE number = ?", (number,)).fetchone()
    return _read(row) if row else None


def unsettled(books: Books, most: int) -> list[Order]:
    """Orders whose payment is still open, oldest first; all of them where `most` is below zero."""
    rows = books.query(
        f"SELECT {_COLUMNS} FROM orders WHERE status = 'pending' ORDER BY number LIMIT ?", (most,)
    ).fetchall()
    return [_read(row) for row in rows]


def page(books: Books, after: int, most: int) -> Sequence[dict[str, Any]]:
    """Orders numbered above `after`, as plain rows for the read-back; made for hundreds of thousands."""
    rows = books.query(f"SELECT {_COLUMNS} FROM orders WHERE number > ? ORDER BY number LIMIT ?", (after, most))
    return [
        {
            "number": row[0],
            "id": f"DB-{row[0]:06d}",
            "status": row[1],
            "at_unix_us": row[2],
            "currency": CURRENCY,
            **orjson.loads(row[3]),
        }
        for row in rows
    ]
