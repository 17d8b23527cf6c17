"""What the witnesses said, sorted by what it is about: made once from the facts, read by every promise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from doorbuster.promises.fact import Fact
from doorbuster.promises.limits import DEFAULT_LIMITS, Limits
from doorbuster.promises.refunds import without_refunds
from doorbuster.promises.rows import (
    Coupon,
    Event,
    Money,
    Order,
    Seen,
    Stock,
    read_coupon,
    read_event,
    read_money,
    read_order,
    read_seen,
    read_stock,
)
from doorbuster.promises.shop_rows import (
    CartSeen,
    Generator,
    Load,
    Noticed,
    Pace,
    Shipping,
    ShownInVain,
    TaxRate,
    read_cart_seen,
    read_generator,
    read_load,
    read_noticed,
    read_pace,
    read_shipping,
    read_shown_in_vain,
    read_tax_rate,
)

_READ: Final[dict[tuple[str, str], Callable[[Fact], Any]]] = {
    ("shopper", "order_seen"): read_seen,
    ("shop", "order"): read_order,
    ("shop", "order_pending"): read_order,
    ("shop", "stock"): read_stock,
    ("shop", "coupon"): read_coupon,
    ("gateway", "captured"): read_money,
    ("gateway", "refunded"): read_money,
    ("analytics", "purchase_event"): read_event,
    ("shopper", "cart_seen"): read_cart_seen,
    ("shopper", "foreign_cart"): read_noticed,
    ("shopper", "turned_away_with_200"): read_noticed,
    ("shopper", "shown_in_vain"): read_shown_in_vain,
    ("shopper", "shipping_chosen"): read_shipping,
    ("shop", "tax_rate"): read_tax_rate,
    ("run", "pace"): read_pace,
    ("run", "load"): read_load,
    ("run", "generator"): read_generator,
}
Row = TypeVar("Row", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that promises judge, in an order that does not depend on when a fact arrived."""

    heard: frozenset[str]
    """Witnesses that said anything at all, if only that their books are empty."""
    orders: Sequence[Order]
    """Paid ones; an order told twice is one."""
    pending: Sequence[Order]
    """Not paid as far as the shop knows."""
    charges: Sequence[Money]
    """Captures that were not given back; what was given back in part is smaller by that."""
    seen: Sequence[Seen]
    events: Sequence[Event]
    stock: Sequence[Stock]
    coupons: Sequence[Coupon]
    order_by_id: dict[str, Order]
    orders_of: dict[str, list[Order]]
    """By purchase: the intent, or the order id where the shop knows no intents."""
    charges_of: dict[str, list[Money]]
    """The same; under an empty key those that name neither intent nor order."""
    limits: Limits
    """The numbers that the shop promises."""
    carts_seen: Sequence[CartSeen]
    foreign_carts: Sequence[Noticed]
    turned_away: Sequence[Noticed]
    """With a page that called itself a success."""
    shown_in_vain: Sequence[ShownInVain]
    shipping_chosen: Sequence[Shipping]
    tax_rates: Sequence[TaxRate]
    paces: Sequence[Pace]
    loads: Sequence[Load]
    generators: Sequence[Generator]

    @property
    def currency(self) -> str | None:
        """The one that the shop's orders are in; None where there are several, or no orders."""
        told = {order.currency for order in self.orders}
        return told.pop() if len(told) == 1 else None

    def intent_of(self, order_id: str | None) -> str | None:
        """The wish to buy behind an order, where it is known."""
        order = self.order_by_id.get(order_id or "")
        return order.intent if order else None


def ledger_of(facts: Iterable[Fact], limits: Limits = DEFAULT_LIMITS) -> Ledger:
    """Sort facts, in any order and of any kind; facts that no promise asks about are passed over."""
    told: dict[tuple[str, str], list[Any]] = {key: [] for key in _READ}
    heard = set()
    for fact in facts:
        key = (fact.witness, fact.kind)
        heard.add(fact.witness)
        read = _READ.get(key)
        if read is not None:
            row = read(fact)
            if row is not None:
                told[key].append(row)
    seen = in_order_of_time(told["shopper", "order_seen"])
    wishes = {one.order_id: one.intent for one in reversed(seen) if one.order_id and one.intent}
    orders = _each_once([_with_intent(order, wishes) for order in told["shop", "order"]])
    order_by_id = {order.id: order for order in reversed(orders) if order.id}
    pending = [
        order
        for order in _each_once([_with_intent(order, wishes) for order in told["shop", "order_pending"]])
        if order.id not in order_by_id
    ]
    charges = in_order_of_time(without_refunds(told["gateway", "captured"], told["gateway", "refunded"]))
    orders_of: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        orders_of[order.purchase].append(order)
    known = order_by_id | {order.id: order for order in pending if order.id}
    charges_of: dict[str, list[Money]] = defaultdict(list)
    for charge in charges:
        charges_of[_purchase_of(charge, known)].append(charge)
    return Ledger(
        heard=frozenset(heard),
        orders=orders,
        pending=pending,
        charges=charges,
        seen=seen,
        events=in_order_of_time(told["analytics", "purchase_event"]),
        stock=list({one.variant: one for one in in_order_of_time(told["shop", "stock"])}.values()),
        coupons=list({one.code: one for one in in_order_of_time(told["shop", "coupon"])}.values()),
        order_by_id=order_by_id,
        orders_of=dict(orders_of),
        charges_of=dict(charges_of),
        limits=limits,
        carts_seen=in_order_of_time(told["shopper", "cart_seen"]),
        foreign_carts=in_order_of_time(told["shopper", "foreign_cart"]),
        turned_away=in_order_of_time(told["shopper", "turned_away_with_200"]),
        shown_in_vain=in_order_of_time(told["shopper", "shown_in_vain"]),
        shipping_chosen=in_order_of_time(told["shopper", "shipping_chosen"]),
        tax_rates=in_order_of_time(told["shop", "tax_rate"]),
        paces=in_order_of_time(told["run", "pace"]),
        loads=in_order_of_time(told["run", "load"]),
        generators=in_order_of_time(told["run", "generator"]),
    )


def in_order_of_time(rows: Iterable[Row]) -> list[Row]:
    """Rows by their first column, then the others; those without come last."""
    listed = list(rows)
    try:
        listed.sort()
    except TypeError:  # a None met a value: rare, and slower to sort; whether it happens depends on the rows alone
        listed.sort(key=lambda row: (row[0] is None, row[0] or 0, repr(row)))
    return listed


def _each_once(orders: Iterable[Order]) -> list[Order]:
    """By time; of two that bear one id the one told first in that order stands."""
    told: set[str] = set()
    once = []
    for order in in_order_of_time(orders):
        if order.id is None or order.id not in told:
            once.append(order)
            told.add(order.id or "")
    return once


def _with_intent(order: Order, wishes: dict[str, str]) -> Order:
    """A shop that knows no intents: the shopper who saw the order does."""
    return order if order.intent else order._replace(intent=wishes.get(order.id or ""))


def _purchase_of(charge: Money, known: dict[str, Order]) -> str:
    order = known.get(charge.order_id or "")
    return (order.purchase if order else None) or charge.intent or charge.order_id or ""
