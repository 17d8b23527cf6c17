"""What shoppers noticed of carts, goods and shipping, what tax a shop uses, and how fast it answered the run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from doorbuster.promises.fact import Fact
from doorbuster.promises.rows import name_of, object_of, whole


class CartSeen(NamedTuple):
    """A cart that its shopper looked at and found in order."""

    at_us: int | None
    cart: str
    session: int | None
    pace_ms: tuple[tuple[str, float], ...]
    """Service time of a few steps about this cart, by step, in the order of their names."""


class Noticed(NamedTuple):
    """A page that contradicted what its shopper knew: another's cart, or a refusal that called itself a success."""

    at_us: int | None
    session: int | None
    intent: str | None
    step: str
    variants: tuple[str, ...]


class ShownInVain(NamedTuple):
    """Goods that a page showed as available and a later answer said were gone."""

    at_us: int | None
    session: int | None
    intent: str | None
    page: str
    shown_s_ago: float
    variants: tuple[str, ...]
    price_minor: int | None


class Shipping(NamedTuple):
    """What a shopper chose, and its price on the page where they did."""

    at_us: int | None
    session: int | None
    intent: str | None
    order_id: str | None
    option: str | None
    shipping_minor: int | None


class TaxRate(NamedTuple):
    """What the shop says it charges in a region."""

    region: str
    percent: float


class Pace(NamedTuple):
    """How fast one step was answered in a slice of the run."""

    at_us: int
    step: str
    answers: int
    quick_ms: float
    """Their quickest tenth: nine of ten took longer."""


class Load(NamedTuple):
    """How many shoppers came in a slice of the run."""

    at_us: int
    shoppers: int


class Generator(NamedTuple):
    """The health of what sent the load."""

    stall_ms: float
    """99th percentile of how long its event loop stood still."""
    machines: int
    """On how many machines its workers were; 0 where nothing says so."""


def read_cart_seen(fact: Fact) -> CartSeen | None:
    detail = object_of(fact.detail)
    cart, told = name_of(detail.get("cart")), detail.get("pace_ms")
    if cart is None:
        return None
    pace = [(step, _number(ms)) for step, ms in told.items()] if isinstance(told, dict) else []
    return CartSeen(fact.at_us, cart, fact.session, tuple(sorted((step, ms) for step, ms in pace if ms is not None)))


def read_noticed(fact: Fact) -> Noticed:
    detail = object_of(fact.detail)
    step, variants = name_of(detail.get("step")) or "", _texts(detail.get("variants"))
    return Noticed(fact.at_us, fact.session, fact.intent, step, variants)


def read_shown_in_vain(fact: Fact) -> ShownInVain | None:
    detail = object_of(fact.detail)
    page, ago_s, variants = (
        name_of(detail.get("page")),
        _number(detail.get("shown_s_ago")),
        _texts(detail.get("variants")),
    )
    if page is None or ago_s is None or not variants:
        return None
    return ShownInVain(fact.at_us, fact.session, fact.intent, page, ago_s, variants, whole(detail.get("price_minor")))


def read_shipping(fact: Fact) -> Shipping:
    detail = object_of(fact.detail)
    option, shipping_minor = name_of(detail.get("option")), whole(detail.get("shipping_minor"))
    return Shipping(fact.at_us, fact.session, fact.intent, fact.order_id, option, shipping_minor)


def read_tax_rate(fact: Fact) -> TaxRate | None:
    detail = object_of(fact.detail)
    region, percent = name_of(detail.get("region")), _number(detail.get("percent"))
    return None if region is None or percent is None or percent > 100 else TaxRate(region, percent)


def read_pace(fact: Fact) -> Pace | None:
    detail = object_of(fact.detail)
    step, answers, quick_ms = (
        name_of(detail.get("step")),
        whole(detail.get("answers")),
        _number(detail.get("quick_ms")),
    )
    if fact.at_us is None or step is None or answers is None or answers < 1 or quick_ms is None:
        return None
    return Pace(fact.at_us, step, answers, quick_ms)


def read_load(fact: Fact) -> Load | None:
    shoppers = whole(object_of(fact.detail).get("shoppers"))
    return None if fact.at_us is None or shoppers is None else Load(fact.at_us, shoppers)


def read_generator(fact: Fact) -> Generator | None:
    detail = object_of(fact.detail)
    stall_ms = _number(detail.get("loop_stall_ms_p99"))
    return None if stall_ms is None else Generator(stall_ms, whole(detail.get("machines")) or 0)


def _number(value: object) -> float | None:
    """A finite number that is not below zero."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return float(value)


def _texts(told: object) -> tuple[str, ...]:
    listed: Iterable[object] = told if isinstance(told, list) else ()
    return tuple(one for one in listed if isinstance(one, str) and one)
