"""The facts that promises speak of, read once into light rows. A fact that does not say something leaves it None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from doorbuster.promises.fact import Fact


class Line(NamedTuple):
    """A variant in an order, at the price it was sold for."""

    variant: str
    quantity: int
    price_minor: int | None


class Order(NamedTuple):
    """An order in the shop's books."""

    at_us: int | None
    id: str | None
    intent: str | None
    total_minor: int | None
    currency: str | None
    parts: tuple[int, int, int, int] | None
    """Items, discount, shipping and tax, in minor units."""
    lines: tuple[Line, ...] | None
    codes: tuple[str, ...] | None
    cart: str | None = None
    channel: str | None = None
    """`native` or `wallet`, where the shop says so."""
    region: str | None = None
    """Country of delivery."""
    shipping: str | None = None
    """The way of shipping it goes by."""

    @property
    def purchase(self) -> str:
        """What joins it to charges: the wish to buy, or the order itself where the shop knows no wishes."""
        return self.intent or self.id or ""


class Money(NamedTuple):
    """Money that moved at the gateway: one capture or one refund."""

    at_us: int | None
    intent: str | None
    order_id: str | None
    payment: str | None
    amount_minor: int | None
    currency: str | None
    given_back_minor: int = 0
    """Of a capture: what was given back of it, by which its amount is smaller."""


class Seen(NamedTuple):
    """An order as its shopper's page confirmed it."""

    at_us: int | None
    session: int | None
    intent: str | None
    order_id: str | None
    total_minor: int | None
    currency: str | None
    quoted_minor: int | None
    """What the last page before the purchase said it would cost, shipping and tax included."""


class Event(NamedTuple):
    """A purchase event as analytics has it."""

    at_us: int | None
    order_id: str | None
    value_minor: int | None
    currency: str | None
    to: str
    """The stream, pixel or account it was sent to; empty where nothing says that there are several."""


class Unkept(NamedTuple):
    """A purchase event that analytics was sent and does not have."""

    at_us: int | None
    order_id: str | None
    to: str
    fate: str
    """`merged`, `dropped` or `refused`."""


class Held(NamedTuple):
    """A purchase event that the shop keeps back, and when it will send it."""

    at_us: int | None
    order_id: str | None


class Stock(NamedTuple):
    """Units of a variant: for sale now, at the start, and held for purchases under way where the shop says so."""

    variant: str
    units: int | None
    initial: int | None
    held: int | None


class Coupon(NamedTuple):
    """A discount code: how often it may be used, and how often the shop says it was."""

    code: str
    limit: int | None
    used: int | None
    excludes: tuple[str, ...] | None = None
    """Codes that may never stand beside it; None where the shop does not say."""


def read_order(fact: Fact) -> Order:
    detail = _detail(fact)
    parts = tuple(whole(detail.get(f"{name}_minor")) for name in ("items", "discount", "shipping", "tax"))
    codes = detail.get("codes")
    return Order(
        fact.at_us,
        fact.order_id,
        fact.intent,
        fact.amount_minor,
        fact.currency,
        None if None in parts else parts,  # type: ignore[arg-type]  # four whole numbers by now
        _lines(detail.get("lines")),
        tuple(code for code in codes if isinstance(code, str)) if isinstance(codes, list) else None,
        name_of(detail.get("cart")),
        channel if isinstance(channel := detail.get("channel"), str) else None,
        name_of(detail.get("region")),
        name_of(detail.get("shipping")),
    )


def read_money(fact: Fact) -> Money:
    payment = _detail(fact).get("payment")
    named = payment if isinstance(payment, str) and payment else None
    return Money(fact.at_us, fact.intent, fact.order_id, named, fact.amount_minor, fact.currency)


def read_seen(fact: Fact) -> Seen:
    quoted = whole(_detail(fact).get("quoted_minor"))
    return Seen(fact.at_us, fact.session, fact.intent, fact.order_id, fact.amount_minor, fact.currency, quoted)


def read_event(fact: Fact) -> Event:
    return Event(fact.at_us, fact.order_id or None, fact.amount_minor, fact.currency, _to(fact))


def read_unkept(fact: Fact) -> Unkept:
    return Unkept(fact.at_us, fact.order_id or None, _to(fact), fact.kind.rpartition("_")[2])


def read_held(fact: Fact) -> Held:
    return Held(fact.at_us, fact.order_id or None)


def read_stock(fact: Fact) -> Stock | None:
    detail = _detail(fact)
    variant = detail.get("variant")
    if not isinstance(variant, str):
        return None
    return Stock(variant, *(whole(detail.get(name)) for name in ("units", "initial", "held")))


def read_coupon(fact: Fact) -> Coupon | None:
    detail = _detail(fact)
    code = detail.get("code")
    if not isinstance(code, str):
        return None
    others = detail.get("excludes")
    excludes = tuple(other for other in others if isinstance(other, str)) if isinstance(others, list) else None
    return Coupon(code, whole(detail.get("limit")), whole(detail.get("used")), excludes)


def name_of(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _detail(fact: Fact) -> Mapping[str, Any]:
    """The fact's own words; nothing where they are not what the table's page promises."""
    return object_of(fact.detail)


def object_of(text: str | None) -> Mapping[str, Any]:
    """A fact's detail as JSON; nothing where it is none."""
    if not text:
        return {}
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _to(fact: Fact) -> str:
    to = _detail(fact).get("to")
    return to if isinstance(to, str) else ""


def whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _lines(told: object) -> tuple[Line, ...] | None:
    """All lines, or None: half an order's lines would make a false sum."""
    if not isinstance(told, list):
        return None
    lines = []
    for line in told:
        variant = line.get("variant") if isinstance(line, dict) else None
        quantity = whole(line.get("quantity")) if isinstance(line, dict) else None
        if not isinstance(variant, str) or quantity is None or quantity < 0:
            return None
        lines.append(Line(variant, quantity, whole(line.get("price_minor"))))
    return tuple(lines)
