"""What each service behind the staging shop tells after a run, as rows of the facts table.

One row a fact; the columns are those of the facts table, with `at_unix_us` (unix
microseconds, null where the fact is a state) in place of `at_us`:

    witness    kind                                     amount_minor   detail
    shop       order, order_pending, order_failed       total          prices in parts, codes, lines, channel,
                                                                             region, shipping
    shop       stock                                    null           variant, units, initial
    shop       coupon                                   null           code, limit, used
    shop       tax_rate                                 null           region, percent
    gateway    authorised, captured, voided, refunded,  of this step   payment
               declined
    analytics  purchase_event                           value          none
    each       books_read                               null           none; its books were read, if they are empty
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

import orjson

Row = Mapping[str, Any]
_KIND: Final = {"paid": "order", "pending": "order_pending", "failed": "order_failed"}
_OF_AN_ORDER: Final = ("codes", "lines", "channel", "region", "shipping")


class Asks(Protocol):
    """How a service is asked backstage."""

    def ask(self, service: str, path: str) -> Row:
        """GET a whole answer."""
        ...

    def pages(self, service: str, path: str, name: str) -> Iterator[Row]:
        """All rows under `name`, page by page."""
        ...


def shop_facts(asks: Asks) -> Iterator[Row]:
    """Orders, stock, coupon uses and tax rates."""
    yield from map(_order, asks.pages("shop", "/admin/orders", "orders"))
    for path, name, kind in (
        ("/admin/stock", "stock", "stock"),
        ("/admin/coupons", "coupons", "coupon"),
        ("/admin/tax", "tax", "tax_rate"),
    ):
        for row in asks.ask("shop", path)[name]:
            yield fact("shop", kind, detail=row)
    yield fact("shop", "books_read")


def gateway_facts(asks: Asks) -> Iterator[Row]:
    """Every state that a payment went through."""
    for payment in asks.pages("gateway", "/admin/payments", "payments"):
        yield from _payment(payment)
    yield fact("gateway", "books_read")


def analytics_facts(asks: Asks) -> Iterator[Row]:
    """Every event that reached the collector."""
    yield from map(_event, asks.pages("collector", "/admin/events", "events"))
    yield fact("analytics", "books_read")


WITNESSES: Final = (shop_facts, gateway_facts, analytics_facts)


def fact(
    witness: str,
    kind: str,
    *,
    at_unix_us: int | None = None,
    intent: str | None = None,
    order_id: str | None = None,
    amount_minor: int | None = None,
    currency: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "at_unix_us": at_unix_us,
        "witness": witness,
        "kind": kind,
        "session": None,  # the shop knows intents, not sessions
        "intent": intent,
        "order_id": order_id,
        "amount_minor": amount_minor,
        "currency": currency,
        "detail": orjson.dumps(detail or {}).decode(),
    }


def _order(row: Mapping[str, Any]) -> dict[str, Any]:
    detail = {**row["totals"], **{name: row[name] for name in _OF_AN_ORDER}}
    return fact(
        "shop",
        _KIND[row["status"]],
        at_unix_us=row["at_unix_us"],
        intent=row["intent"],
        order_id=row["id"],
        amount_minor=row["totals"]["total_minor"],
        currency=row["currency"],
        detail=detail,
    )


def _payment(payment: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every state a payment went through, each at its time."""
    for status, at_unix_us, amount_minor in payment["history"]:
        yield fact(
            "gateway",
            status,
            at_unix_us=at_unix_us,
            intent=payment["intent"],
            order_id=payment["order_id"] or None,
            amount_minor=amount_minor,
            currency=payment["currency"],
            detail={"payment": payment["id"]},
        )


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Analytics knows the order, not the intent, and speaks of units of money, not of cents."""
    value = event.get("value")
    return fact(
        "analytics",
        f"{event.get('name')}_event",
        at_unix_us=event["at_unix_us"],
        order_id=event.get("transaction_id"),
        amount_minor=round(value * 100) if isinstance(value, int | float) else None,
        currency=event.get("currency"),
    )
