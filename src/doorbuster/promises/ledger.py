"""What the witnesses said, sorted by what it is about: made once from the facts, read by every promise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from doorbuster.promises.cart_rows import Answered, Dealt, Wait, read_answered, read_dealt, read_wait
from doorbuster.promises.fact import Fact
from doorbuster.promises.limits import DEFAULT_LIMITS, Limits
from doorbuster.promises.message_rows import Contact, Message, read_contact, read_message
from doorbuster.promises.outage_rows import (
    Moment,
    SaleTold,
    Wish,
    read_moment,
    read_sale_told,
    read_step_failed,
    read_wish,
)
from doorbuster.promises.refunds import without_refunds
from doorbuster.promises.rows import (
    Coupon,
    Event,
    Held,
    Money,
    Order,
    Seen,
    Stock,
    Unkept,
    read_coupon,
    read_event,
    read_held,
    read_money,
    read_order,
    read_seen,
    read_stock,
    read_unkept,
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

Reader = Callable[[Fact], Any]
_READINGS: Final[tuple[tuple[str, tuple[str, ...], str, Reader], ...]] = (
    ("shopper", ("order_seen",), "seen", read_seen),
    ("shopper", ("step_failed",), "waits", read_wait),
    ("shopper", ("step_failed",), "payment_failed", read_step_failed),
    ("shopper", ("combination",), "dealt", read_dealt),
    ("shopper", ("shop_answered",), "answered", read_answered),
    ("shopper", ("offered_other_method",), "offered", read_wish),
    ("shopper", ("rescued_by_wallet",), "rescued", read_wish),
    ("shopper", ("cart_seen",), "carts_seen", read_cart_seen),
    ("shopper", ("foreign_cart",), "foreign_carts", read_noticed),
    ("shopper", ("turned_away_with_200",), "turned_away", read_noticed),
    ("shopper", ("shown_in_vain",), "shown_in_vain", read_shown_in_vain),
    ("shopper", ("shipping_chosen",), "shipping_chosen", read_shipping),
    ("shop", ("order",), "orders", read_order),
    ("shop", ("order_before",), "before", read_order),
    ("shop", ("order_pending",), "pending", read_order),
    ("shop", ("order_failed",), "failed", read_order),
    ("shop", ("stock",), "stock", read_stock),
    ("shop", ("coupon",), "coupons", read_coupon),
    ("shop", ("tax_rate",), "tax_rates", read_tax_rate),
    ("shop", ("contact",), "contacts", read_contact),
    ("shop", ("contacts_read",), "contacts_read", lambda fact: (fact.at_us,)),
    ("shop", ("event_held",), "held", read_held),
    ("gateway", ("captured",), "captured", read_money),
    ("gateway", ("refunded",), "refunded", read_money),
    ("gateway", ("declined",), "declined", read_money),
    ("gateway", ("down", "up"), "gateway moments", read_moment),
    ("analytics", ("purchase_event",), "events", read_event),
    ("analytics", ("purchase_merged", "purchase_dropped", "purchase_refused"), "unkept", read_unkept),
    ("mailbox", ("confirmation", "reminder", "other"), "messages", read_message),
    ("erp", ("sale_booked",), "erp sales", read_sale_told),
    ("erp", ("down", "up"), "erp moments", read_moment),
    ("register", ("sale_registered",), "register sales", read_sale_told),
    ("register", ("down", "up"), "register moments", read_moment),
    ("run", ("pace",), "paces", read_pace),
    ("run", ("load",), "loads", read_load),
    ("run", ("generator",), "generators", read_generator),
)
"""Witness, kinds of fact, the heap that their rows go onto, and how a row is read; None is no row."""


def _readers() -> dict[tuple[str, str], tuple[tuple[str, Reader], ...]]:
    """By what a fact says it is; some tell of two things."""
    found: dict[tuple[str, str], tuple[tuple[str, Reader], ...]] = {}
    for witness, kinds, heap, read in _READINGS:
        for kind in kinds:
            found[witness, kind] = (*found.get((witness, kind), ()), (heap, read))
    return found


_READERS: Final = _readers()
Row = TypeVar("Row", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that promises judge, in an order that does not depend on when a fact arrived."""

    heard: frozenset[str]
    """Witnesses that said anything at all, if only that their books are empty."""
    orders: Sequence[Order]
    """Paid ones; an order told twice is one."""
    before: Sequence[Order]
    """Paid before the run began: they explain stock and uses of codes, and no promise is about them."""
    pending: Sequence[Order]
    """Not paid as far as the shop knows."""
    charges: Sequence[Money]
    """Captures that were not given back; what was given back in part is smaller by that."""
    failed: Sequence[Order]
    declined: Sequence[Money]
    """Attempts to pay that the gateway refused for certain."""
    seen: Sequence[Seen]
    payment_failed: Sequence[Wish]
    """Attempts to pay natively that came to nothing, as shoppers saw them."""
    offered: Sequence[Wish]
    """Shoppers whose payment failed and who were offered another way to pay; `rescued`: who bought that way."""
    rescued: Sequence[Wish]
    told: dict[str, Sequence[SaleTold]]
    """Sales as the back office has them, by witness: `erp` and `register`."""
    moments: dict[str, Sequence[Moment]]
    """When `gateway`, `erp` and `register` went away and came back."""
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
    answered: Sequence[Answered]
    """Four times a second or so."""
    order_by_id: dict[str, Order]
    orders_of: dict[str, list[Order]]
    """By purchase: the intent, or the order id where the shop knows no intents."""
    charges_of: dict[str, list[Money]]
    """The same; under an empty key those that name neither intent nor order."""
    captured_of: dict[str, list[Money]]
    """The same, with what was given back."""
    limits: Limits
    contacts: Sequence[Contact]
    """Carts whose shoppers can be reminded, each once."""
    contacts_read: bool
    """Whether the shop told of them at all, if only that there were none."""
    contacts_until_us: int | None
    """Up to when it told, by its own clock; None where it does not say."""
    messages: Sequence[Message]
    """All that the shop sent, of whatever kind."""
    carts_seen: Sequence[CartSeen]
    """Each cart once, as it was seen first: a double click is seen twice."""
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

    def paid_us(self, order: Order) -> int | None:
        """When an order was made and paid, whichever came last; None where neither is known."""
        times_us = [one.at_us for one in self.charges_of.get(order.purchase, ())[:1]] + [order.at_us]
        return max((at_us for at_us in times_us if at_us is not None), default=None)

    def intent_of(self, order_id: str | None) -> str | None:
        """The wish to buy behind an order, where it is known."""
        order = self.order_by_id.get(order_id or "")
        return order.intent if order else None


def ledger_of(facts: Iterable[Fact], limits: Limits = DEFAULT_LIMITS) -> Ledger:
    """Sort facts, in any order and of any kind; facts that no promise asks about are passed over."""
    told: dict[str, list[Any]] = {heap: [] for _, _, heap, _ in _READINGS}
    heard = set()
    for fact in facts:
        heard.add(fact.witness)
        for heap, read in _READERS.get((fact.witness, fact.kind), ()):
            row = read(fact)
            if row is not None:
                told[heap].append(row)
    captured, refunded = told.pop("captured"), told.pop("refunded")
    rows = {heap: in_order_of_time(heaped) for heap, heaped in told.items()}
    wishes = {one.order_id: one.intent for one in reversed(rows["seen"]) if one.order_id and one.intent}
    orders = _each_once([_with_intent(order, wishes) for order in rows["orders"]])
    order_by_id = {order.id: order for order in reversed(orders) if order.id}
    pending = [
        order
        for order in _each_once([_with_intent(order, wishes) for order in rows["pending"]])
        if order.id not in order_by_id
    ]
    charges = in_order_of_time(without_refunds(captured, refunded))
    orders_of: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        orders_of[order.purchase].append(order)
    known = order_by_id | {order.id: order for order in pending if order.id}
    contacts_read = [at_us for (at_us,) in rows["contacts_read"]]
    return Ledger(
        heard=frozenset(heard),
        orders=orders,
        before=_each_once(rows["before"]),
        pending=pending,
        charges=charges,
        failed=_each_once(rows["failed"]),
        declined=rows["declined"],
        seen=rows["seen"],
        payment_failed=rows["payment_failed"],
        offered=rows["offered"],
        rescued=rows["rescued"],
        told={witness: rows[f"{witness} sales"] for witness in ("erp", "register")},
        moments={witness: rows[f"{witness} moments"] for witness in ("gateway", "erp", "register")},
        events=rows["events"],
        unkept=rows["unkept"],
        held=rows["held"],
        stock=list({one.variant: one for one in rows["stock"]}.values()),
        coupons=list({one.code: one for one in rows["coupons"]}.values()),
        waits=rows["waits"],
        dealt=rows["dealt"],
        answered=rows["answered"],
        order_by_id=order_by_id,
        orders_of=dict(orders_of),
        charges_of=_by_purchase(charges, known),
        captured_of=_by_purchase(in_order_of_time(captured), known),
        limits=limits,
        contacts=list({one.cart: one for one in rows["contacts"]}.values()),
        contacts_read=bool(contacts_read),
        contacts_until_us=max((at_us for at_us in contacts_read if at_us is not None), default=None),
        messages=rows["messages"],
        carts_seen=in_order_of_time({one.cart: one for one in reversed(rows["carts_seen"])}.values()),
        foreign_carts=rows["foreign_carts"],
        turned_away=rows["turned_away"],
        shown_in_vain=rows["shown_in_vain"],
        shipping_chosen=rows["shipping_chosen"],
        tax_rates=rows["tax_rates"],
        paces=rows["paces"],
        loads=rows["loads"],
        generators=rows["generators"],
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


def _by_purchase(money: Iterable[Money], known: dict[str, Order]) -> dict[str, list[Money]]:
    found: dict[str, list[Money]] = defaultdict(list)
    for one in money:
        order = known.get(one.order_id or "")
        found[(order.purchase if order else None) or one.intent or one.order_id or ""].append(one)
    return dict(found)
