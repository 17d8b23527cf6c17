"""What each service behind the staging shop tells after a run, as rows of the facts table (`facts.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from doorbuster.promises.words import decimals
from doorbuster.storefronts.facts import Row, fact

_NO_AMOUNT: Final = 1e12
_KIND: Final = {"paid": "order", "pending": "order_pending", "failed": "order_failed"}
_OF_AN_ORDER: Final = ("codes", "lines", "channel", "region", "shipping", "cart")


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
    yield from map(_held, asks.ask("shop", "/admin/events-held")["held"])
    yield fact("shop", "books_read")


def gateway_facts(asks: Asks) -> Iterator[Row]:
    """Every state that a payment went through."""
    for payment in asks.pages("gateway", "/admin/payments", "payments"):
        yield from _payment(payment)
    yield from _moments(asks, "gateway", "gateway", "gateway_down", "gateway_unreachable", "cards_down")
    yield fact("gateway", "books_read")


def analytics_facts(asks: Asks) -> Iterator[Row]:
    """Every purchase that the collector was told of, and what became of it."""
    yield from map(_event, asks.pages("collector", "/admin/purchases", "events"))
    yield fact("analytics", "books_read")


def contact_facts(asks: Asks) -> Iterator[Row]:
    """Everybody whom the shop can remind of a cart, at the moment when they last touched it."""
    for row in asks.pages("shop", "/admin/contacts", "contacts"):
        yield fact("shop", "contact", at_unix_us=row["left_unix_us"], intent=row["intent"], detail=row)
    yield fact("shop", "contacts_read", at_unix_us=asks.ask("shop", "/admin/clock")["now_unix_us"])


def mailbox_facts(asks: Asks) -> Iterator[Row]:
    """Every message, at the moment when it reached its recipient by the shop's clock; no address leaves the mailbox."""
    for row in asks.pages("mailbox", "/admin/messages", "messages"):
        detail = {name: row[name] for name in ("channel", "purpose", "cart", "person", "due_unix_us")}
        yield fact(
            "mailbox",
            row["kind"],
            at_unix_us=row["due_unix_us"],
            intent=row["intent"],
            order_id=row["order_id"],
            detail=detail,
        )
    yield fact("mailbox", "books_read")


def erp_facts(asks: Asks) -> Iterator[Row]:
    """Every sale that the ERP booked."""
    for sale in asks.pages("back_office", "/admin/sales", "sales"):
        yield fact(
            "erp",
            "sale_booked",
            at_unix_us=sale["booked_unix_us"],
            order_id=sale["number"],
            amount_minor=sale["amount_minor"],
            currency=sale["currency"],
            detail={"sale": sale["id"]},
        )
    yield from _moments(asks, "back_office", "erp", "back_office_down")
    yield fact("erp", "books_read")


def register_facts(asks: Asks) -> Iterator[Row]:
    """Every receipt of the fiscal register."""
    for receipt in asks.pages("back_office", "/admin/receipts", "receipts"):
        yield fact(
            "register",
            "sale_registered",
            at_unix_us=receipt["at_unix_us"],
            order_id=receipt["sale"],
            amount_minor=receipt["amount_minor"],
            currency=receipt["currency"],
            detail={"receipt": receipt["number"]},
        )
    yield from _moments(asks, "back_office", "register", "register_down")
    yield fact("register", "books_read")


WITNESSES: Final = (
    shop_facts,
    gateway_facts,
    analytics_facts,
    contact_facts,
    mailbox_facts,
    erp_facts,
    register_facts,
)


def _moments(asks: Asks, service: str, witness: str, *faults: str) -> Iterator[Row]:
    """When a witness went away and came back."""
    for window in asks.ask(service, "/admin/faults")["history"]:
        for kind, at_s in (("down", window["from_unix_s"]), ("up", window["until_unix_s"])):
            if window["name"] in faults and at_s is not None:
                yield fact(witness, kind, at_unix_us=round(at_s * 1e6), detail={"fault": window["name"]})


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


def _held(event: Mapping[str, Any]) -> dict[str, Any]:
    """A purchase event that the shop keeps back on purpose and has not sent yet."""
    return fact(
        "shop",
        "event_held",
        at_unix_us=event["due_unix_us"],
        order_id=event["order_id"],
        amount_minor=_minor(event["value"], event["currency"]),
        currency=event["currency"],
    )


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Analytics knows the order, not the intent, and speaks of units of money, not of cents."""
    to = f"{event['protocol']} {event['account']}".strip()
    return fact(
        "analytics",
        f"{event['name'] or 'request'}_{'event' if event['fate'] == 'kept' else event['fate']}",
        at_unix_us=event["at_unix_us"],
        order_id=event["order_id"],
        amount_minor=_minor(event["value"], event["currency"]),
        currency=event["currency"],
        detail={"to": to, "why": event["why"], "happened_unix_us": event["happened_unix_us"]},
    )


def _minor(value: float | None, currency: str | None) -> int | None:
    """An amount in minor units; none for what no shop ever charged, since analytics takes any number."""
    if value is None or not abs(value) < _NO_AMOUNT:
        return None
    return round(value * 10.0 ** decimals(currency or ""))
