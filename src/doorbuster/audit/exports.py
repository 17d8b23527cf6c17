"""A shop's own exports, as the facts that the run could not read back: orders, payments, purchase events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from doorbuster.errors import ExportError, did_you_mean
from doorbuster.export_file import ExportRow, read_export
from doorbuster.promises.fact import Fact
from doorbuster.storefronts.people import intent_in

_PARTS: Final = ("items", "discount", "shipping", "tax")
_SENT: Final = {"region": "region", "shipping": "shipped_by", "cart": "cart", "channel": "channel"}
"""By what promises call it, the column that says it: `shipping` is the column of its price."""
_ORDER: Final = ("order_id", "intent", "email", "at", "status", "total", "currency", *_PARTS, "codes", *_SENT.values())
_LINE: Final = ("variant", "quantity", "price")
_PAYMENT: Final = ("payment_id", "intent", "order_id", "at", "status", "amount", "currency")
_EVENT: Final = ("order_id", "at", "value", "currency")
_ORDER_KINDS: Final = {"paid": "order", "pending": "order_pending", "failed": "order_failed"}
_MOVES: Final = ("authorised", "captured", "voided", "refunded", "declined")
_REPLACED: Final = {"orders": "shop", "payments": "gateway", "events": "analytics"}
_TOLD: Final = {
    "shop": tuple(_ORDER_KINDS.values()),
    "gateway": _MOVES,
    "analytics": ("purchase_event", "purchase_merged", "purchase_dropped", "purchase_refused"),
}
"""Kinds that an export tells in the run's place. The rest is in none: stock, coupons, when the gateway was away."""


@dataclass(frozen=True)
class Exports:
    """Up to three CSV files, each in place of what the run read back from that witness."""

    orders: Path | None = None
    payments: Path | None = None
    events: Path | None = None

    def names(self) -> dict[str, str]:
        """Which exports were given: their names alone, a path may tell more than it should."""
        given = {"orders": self.orders, "payments": self.payments, "events": self.events}
        return {what: path.name for what, path in given.items() if path is not None}

    def beside(self, facts: Iterable[Fact], started_at: str | None) -> Iterator[Fact]:
        """The run's facts without those that an export tells, then the exports'. Raises ExportError."""
        replaced = {_REPLACED[what] for what in self.names()}
        for fact in facts:
            if fact.witness not in replaced or fact.kind not in _TOLD[fact.witness]:
                yield fact
        zero_us = None if started_at is None else round(datetime.fromisoformat(started_at).timestamp() * 1e6)
        for witness in sorted(replaced):
            yield Fact(None, witness, "books_read", None, None, None, None, None, None)
        if self.orders:
            yield from orders_in(self.orders, zero_us)
        if self.payments:
            for row in read_export(self.payments, ("status", "amount", "currency"), _PAYMENT):
                yield _payment(row, zero_us)
        if self.events:
            for row in read_export(self.events, ("order_id", "value", "currency"), _EVENT):
                yield _event(row, zero_us)


NO_EXPORTS: Final = Exports()


def orders_in(path: Path, zero_us: int | None) -> Iterator[Fact]:
    """One fact an order; the rows that repeat an order id are its further lines. Raises ExportError."""
    lines: dict[str, list[dict[str, Any]]] = {}
    heads: dict[str, ExportRow] = {}
    for row in read_export(path, ("order_id", "total", "currency"), (*_ORDER, *_LINE)):
        order_id = row.needed("order_id")
        head = heads.setdefault(order_id, row)
        for column in _ORDER:
            if row.text(column) not in (None, head.text(column)):
                row.wrong(column, f"order {order_id} said {head.text(column) or 'nothing'} in line {head.line}")
        if row.text("variant"):
            price_minor = row.amount_minor("price", head.needed("currency"))
            line = {"variant": row.text("variant"), "quantity": row.whole("quantity"), "price_minor": price_minor}
            lines.setdefault(order_id, []).append(
                {**line, "quantity": 1 if line["quantity"] is None else line["quantity"]}
            )
    for order_id, head in heads.items():
        yield _order(head, lines.get(order_id), zero_us)


def _order(row: ExportRow, lines: list[dict[str, Any]] | None, zero_us: int | None) -> Fact:
    currency = row.needed("currency").upper()
    row.needed("total")
    status = (row.text("status") or "paid").casefold()
    if status not in _ORDER_KINDS:
        row.wrong("status", f'"{status}" is unknown{did_you_mean(status, _ORDER_KINDS)}')
    detail: dict[str, Any] = {f"{part}_minor": row.amount_minor(part, currency) for part in _PARTS}
    # An empty cell is an order without a code; no such column says nothing about codes.
    codes = (row.text("codes") or "").split() if "codes" in row.cells else None
    detail |= {"codes": codes, "lines": lines}
    detail |= {name: row.text(column) for name, column in _SENT.items()}
    return _fact(row, "shop", _ORDER_KINDS[status], zero_us, row.amount_minor("total", currency), currency, detail)


def _payment(row: ExportRow, zero_us: int | None) -> Fact:
    currency, status = row.needed("currency").upper(), row.needed("status").casefold()
    row.needed("amount")
    if status not in _MOVES:
        row.wrong("status", f'"{status}" is unknown{did_you_mean(status, _MOVES)}')
    detail = {"payment": row.text("payment_id")}
    return _fact(row, "gateway", status, zero_us, row.amount_minor("amount", currency), currency, detail)


def _event(row: ExportRow, zero_us: int | None) -> Fact:
    currency = (row.text("currency") or "").upper()
    value_minor = row.amount_minor("value", currency)
    return _fact(row, "analytics", "purchase_event", zero_us, value_minor, currency or None, {})


def _fact(
    row: ExportRow,
    witness: str,
    kind: str,
    zero_us: int | None,
    amount_minor: int | None,
    currency: str | None,
    detail: Mapping[str, Any],
) -> Fact:
    at_unix_us = row.at_unix_us("at")
    if at_unix_us is not None and zero_us is None:
        raise ExportError(f"{row.file}: has times, and the run does not say when it started; leave the column at out")
    at_us = None if at_unix_us is None or zero_us is None else at_unix_us - zero_us
    # A guest's e-mail address names the wish to buy, where the shop exports one.
    order_id, intent = row.text("order_id"), row.text("intent") or intent_in(row.text("email"))
    return Fact(at_us, witness, kind, None, intent, order_id, amount_minor, currency, orjson.dumps(detail).decode())
