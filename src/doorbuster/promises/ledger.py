"""What the witnesses said, sorted by what it is about: made once from the facts, read by every promise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from doorbuster.promises.cart_rows import Dealt, Wait, read_answered, read_dealt, read_wait
from doorbuster.promises.fact import Fact
from doorbuster.promises.limits import DEFAULT_LIMITS, Limits
from doorbuster.promises.refunds import without_refunds
from doorbuster.promises.rows import (
    Contact,
    Coupon,
    Event,
    Held,
    Message,
    Money,
    Order,
    Seen,
    Stock,
    Unkept,
    read_contact,
    read_coupon,
    read_event,
    read_held,
    read_message,
    read_money,
    read_order,
    read_seen,
    read_stock,
    read_unkept,
)

_READ: Final[dict[tuple[str, str], Callable[[Fact], Any]]] = {
    ("shopper", "order_seen"): read_seen,
    ("shopper", "step_failed"): read_wait,
    ("shopper", "combination"): read_dealt,
    ("shopper", "shop_answered"): read_answered,
    ("shop", "order"): read_order,
    ("shop", "order_pending"): read_order,
    ("shop", "stock"): read_stock,
    ("shop", "coupon"): read_coupon,
    ("gateway", "captured"): read_money,
    ("gateway", "refunded"): read_money,
    ("shop", "contact"): read_contact,
    ("shop", "contacts_read"): lambda fact: (fact.at_us,),
    ("analytics", "purchase_event"): read_event,
    ("analytics", "purchase_merged"): read_unkept,
    ("analytics", "purchase_dropped"): read_unkept,
    ("analytics", "purchase_refused"): read_unkept,
    ("shop", "event_held"): read_held,
    ("mailbox", "confirmation"): read_message,
    ("mailbox", "reminder"): read_message,
    ("mailbox", "other"): read_message,
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
    unkept: Sequence[Unkept]
    """Purchase events that were sent, and that analytics does not have."""
    held: Sequence[Held]
    """Purchase events that the shop had not sent when its books were read, and meant to send later."""
    stock: Sequence[Stock]
    coupons: Sequence[Coupon]
    waits: Sequence[Wait]
    """Steps on a cart that shoppers waited for in vain."""
    dealt: Sequence[Dealt]
    answered_us: Sequence[int]
    """Moments at which the shop answered somebody, twice a second or so."""
    order_by_id: dict[str, Order]
    orders_of: dict[str, list[Order]]
    """By purchase: the intent, or the order id where the shop knows no intents."""
    charges_of: dict[str, list[Money]]
    """The same; under an empty key those that name neither intent nor order."""
    limits: Limits
    """The numbers that the shop promises."""
    contacts: Sequence[Contact]
    """Carts whose shoppers can be reminded, each once."""
    contacts_read: bool
    """Whether the shop told of them at all, if only that there were none."""
    contacts_until_us: int | None
    """Up to when it told, by its own clock; None where it does not say."""
    messages: Sequence[Message]
    """All that the shop sent, of whatever kind."""

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
        unkept=in_order_of_time(
            row for fate in ("merged", "dropped", "refused") for row in told["analytics", f"purchase_{fate}"]
        ),
        held=in_order_of_time(told["shop", "event_held"]),
        stock=list({one.variant: one for one in in_order_of_time(told["shop", "stock"])}.values()),
        coupons=list({one.code: one for one in in_order_of_time(told["shop", "coupon"])}.values()),
        waits=in_order_of_time(told["shopper", "step_failed"]),
        dealt=in_order_of_time(told["shopper", "combination"]),
        answered_us=[at_us for (at_us,) in in_order_of_time(told["shopper", "shop_answered"])],
        order_by_id=order_by_id,
        orders_of=dict(orders_of),
        charges_of=dict(charges_of),
        limits=limits,
        contacts=list({one.cart: one for one in in_order_of_time(told["shop", "contact"])}.values()),
        contacts_read=bool(told["shop", "contacts_read"]),
        contacts_until_us=max((at_us for (at_us,) in told["shop", "contacts_read"] if at_us is not None), default=None),
        messages=in_order_of_time(row for key, rows in told.items() if key[0] == "mailbox" for row in rows),
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
