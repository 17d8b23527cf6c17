"""A clean day in a shop, as facts, and every way to spoil one sale of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from doorbuster.promises.fact import Fact, Finding
from doorbuster.promises.ledger import ledger_of

SECOND_US = 1_000_000
NOON_US = 1_795_777_200 * SECOND_US
"""Friday 27 November 2026, 12:00 in Madrid: when the day's clock shows zero."""


def fact(witness: str, kind: str, **said: Any) -> Fact:
    detail = said.pop("detail", None)
    row = dict.fromkeys(Fact._fields) | {"witness": witness, "kind": kind, "currency": "EUR"} | said
    return Fact(**row)._replace(detail=None if detail is None else json.dumps(detail))


@dataclass(frozen=True)
class Sale:
    """One purchase as five witnesses saw it, and a cart that somebody else left at the same moment.

    A spoiled one has an entry changed, gone or twice.
    """

    number: int
    seen: Fact | None
    orders: tuple[Fact, ...]
    charges: tuple[Fact, ...]
    events: tuple[Fact, ...]
    confirmations: tuple[Fact, ...]
    contact: Fact
    reminders: tuple[Fact, ...]
    other: tuple[Fact, ...] = ()
    failed: tuple[Fact, ...] = ()
    booked: tuple[Fact, ...] = ()
    registered: tuple[Fact, ...] = ()
    more: tuple[Fact, ...] = ()

    @property
    def intent(self) -> str:
        return f"i{self.number}"

    @property
    def order_id(self) -> str:
        return f"o{self.number}"

    def facts(self) -> list[Fact]:
        told = [*self.orders, *self.charges, *self.events, *([self.seen] if self.seen else [])]
        told += [*self.booked, *self.registered, *self.failed, *self.confirmations]
        return [*told, self.contact, *self.reminders, *self.other, *self.more]


def sale(number: int, code: str | None = None) -> Sale:
    """A hat for 20.00 and shipping for 4.90, with tax: 29.88."""
    at_us, intent, order_id = number * SECOND_US, f"i{number}", f"o{number}"
    parts = {"items_minor": 2000, "discount_minor": 0, "shipping_minor": 490, "tax_minor": 498}
    sent = {"region": "AT", "shipping": "standard"}
    lines = [{"variant": "hat", "quantity": 1, "price_minor": 2000}]
    told = {"intent": intent, "order_id": order_id, "amount_minor": 2988}
    detail = {**parts, **sent, "lines": lines, "codes": [code] if code else [], "cart": f"c{number}"}
    left_us, left = NOON_US + at_us, f"o{number}-left"
    contact = {"cart": left, "person": left, "zone": "Europe/Madrid", "since_unix_us": left_us, "left_unix_us": left_us}
    return Sale(
        number,
        fact("shopper", "order_seen", at_us=at_us + 300, session=number, **told, detail={"quoted_minor": 2988}),
        (fact("shop", "order", at_us=at_us, **told, detail=detail),),
        (
            fact("gateway", "captured", at_us=at_us + 100, intent=intent, amount_minor=2988, detail={"payment": f"p{number}"}),
        ),
        (fact("analytics", "purchase_event", at_us=at_us + 200_000, order_id=order_id, amount_minor=2988),),
        (message("confirmation", at_us + 300_000, order_id, order_id=order_id, intent=intent),),
        fact("shop", "contact", at_us=at_us, detail=contact),
        tuple(message("reminder", at_us + after_s * SECOND_US, left, cart=left) for after_s in (1800, 14_400)),
        booked=(fact("erp", "sale_booked", at_us=at_us + 300_000, order_id=order_id, amount_minor=2988),),
        registered=(fact("register", "sale_registered", at_us=at_us + 100_000, order_id=order_id, amount_minor=2988),),
    )  # fmt: skip


def message(kind: str, at_us: int, person: str, cart: str | None = None, **said: Any) -> Fact:
    purpose = "ticket" if kind == "other" else kind
    return fact("mailbox", kind, at_us=at_us, detail={"cart": cart, "person": person, "purpose": purpose}, **said)


@dataclass(frozen=True)
class Day:
    """Sales, and what the shop says of its hats and codes."""

    sales: tuple[Sale, ...]
    missing_units: int = 0
    initial_less: int = 0
    """Units that were sold without having been there."""
    uses_too_many: int = 0
    more: tuple[Fact, ...] = field(default=())

    def facts(self) -> list[Fact]:
        told = [one for sale in self.sales for one in sale.facts()]
        orders = [json.loads(one.detail or "{}") for one in told if one.kind in ("order", "order_pending")]
        sold = sum(line["quantity"] for order in orders for line in order["lines"])
        uses = sum("BF25" in order["codes"] for order in orders)
        initial = sold - self.initial_less if self.initial_less else sold + 10
        stock = {"variant": "hat", "initial": initial, "units": initial - sold - self.missing_units}
        coupon = {"code": "BF25", "limit": uses - self.uses_too_many, "used": uses, "excludes": ["VIP50"]}
        alive_us = range(-5 * SECOND_US, (len(self.sales) + 2) * SECOND_US, SECOND_US // 4)
        return [
            *told,
            *self.more,
            *(fact("shopper", "shop_answered", at_us=at_us, detail={"waited_ms": 40}) for at_us in alive_us),
            fact("shop", "stock", detail=stock),
            fact("shop", "stock", detail={"variant": "umbrella", "initial": 0, "units": 0}),
            fact("shop", "coupon", detail=coupon),
            fact("shop", "contacts_read", at_us=48 * 3600 * SECOND_US),
            *(
                fact(witness, "books_read")
                for witness in ("shop", "gateway", "analytics", "mailbox", "erp", "register")
            ),
            fact("shop", "tax_rate", detail={"region": "AT", "percent": 20}),
            *(_shipping(sale) for sale in self.sales if sale.seen),
            *CARTS,
            *PACES,
            *(
                fact("run", "load", at_us=second * SECOND_US, detail={"shoppers": 20 + second % 3})
                for second in range(12)
            ),
        ]


def _shipping(sale: Sale) -> Fact:
    told = {"at_us": sale.number * SECOND_US + 310, "session": sale.number, "intent": sale.intent}
    chosen = {"option": "standard", "shipping_minor": 490}
    return fact("shopper", "shipping_chosen", **told, order_id=sale.order_id, detail=chosen)


CARTS = [
    fact("shopper", "cart_seen", at_us=number * SECOND_US, session=1000 + number,
         detail={"cart": f"c{number:02d}", "pace_ms": {"cart.add": 50.0 + number % 5, "cart.view": 40.0 + number % 3}})
    for number in range(48)
]  # fmt: skip
"""What shoppers say who looked at their carts."""
PACES = [
    fact("run", "pace", at_us=second * SECOND_US, detail={"step": step, "answers": 30, "quick_ms": 50.0 + second % 2})
    for second in range(12)
    for step in ("home", "product", "cart.add", "cart.view", "checkout.start")
]
"""How fast the shop answered, second by second."""


def clean_day(sales: int = 4) -> Day:
    return Day(tuple(sale(number, "BF25" if number % 2 else None) for number in range(1, sales + 1)))


def _order_with(sale: Sale, **changed: Any) -> Sale:
    order = sale.orders[0]
    return replace(sale, orders=(order._replace(detail=json.dumps({**json.loads(order.detail or "{}"), **changed})),))


def _second_order(sale: Sale) -> Sale:
    order, event, charge, confirmation = sale.orders[0], sale.events[0], sale.charges[0], sale.confirmations[0]
    again = f"{sale.order_id}-again"
    return replace(
        sale,
        orders=(order, order._replace(order_id=again, at_us=(order.at_us or 0) + 10)),
        events=(event, event._replace(order_id=again)),
        confirmations=(confirmation, confirmation._replace(order_id=again)),
        booked=(sale.booked[0], sale.booked[0]._replace(order_id=again)),
        registered=(sale.registered[0], sale.registered[0]._replace(order_id=again)),
        charges=(charge, charge._replace(at_us=(charge.at_us or 0) + 10, detail=json.dumps({"payment": "again"}))),
    )


def _confirmation_with(sale: Sale, **changed: Any) -> Sale:
    return replace(sale, confirmations=(sale.confirmations[0]._replace(**changed),))


def _second_reminder_after(sale: Sale, hours: float) -> Sale:
    first, second = sale.reminders
    at_us = int((sale.contact.at_us or 0) + hours * 3600 * SECOND_US)
    return replace(sale, reminders=(first, second._replace(at_us=at_us)))


def _reminded_after_buying(sale: Sale) -> Sale:
    at_us = (sale.orders[0].at_us or 0) + 1800 * SECOND_US
    return replace(sale, reminders=(*sale.reminders, message("reminder", at_us, sale.order_id, cart=f"c{sale.number}")))


def _written_to_again_and_again(sale: Sale) -> Sale:
    at_us = sale.orders[0].at_us or 0
    return replace(sale, other=(message("other", at_us, sale.order_id, order_id=sale.order_id),) * 6)


def hung(sale: Sale, step: str = "cart.add", waited_ms: int = 3000) -> Fact:
    """Its shopper gave up on a cart that did not answer."""
    detail = {"step": step, "outcome": "abandoned", "detail": "patience ran out", "waited_ms": waited_ms}
    told = {"at_us": sale.number * SECOND_US, "session": sale.number, "intent": sale.intent}
    return fact("shopper", "step_failed", **told, detail=detail)


def _event_with(sale: Sale, **changed: Any) -> Sale:
    return replace(sale, events=(sale.events[0]._replace(**changed),))


CONFIRMED = frozenset({"one confirmation per order, in time"})
REMINDED = frozenset({"reminders on time and by day"})


def _repriced(sale: Sale, **parts: int) -> Sale:
    """All agree on the total; what is in it is another matter."""
    sale = _order_with(sale, **parts)
    detail = json.loads(sale.orders[0].detail or "{}")
    total_minor = sum(detail[f"{part}_minor"] for part in ("items", "shipping", "tax"))
    agreed = {"amount_minor": total_minor}
    return replace(
        sale,
        seen=sale.seen and sale.seen._replace(**agreed, detail=json.dumps({"quoted_minor": total_minor})),
        orders=(sale.orders[0]._replace(**agreed),),
        charges=(sale.charges[0]._replace(**agreed),),
        events=(sale.events[0]._replace(**agreed),),
        booked=(sale.booked[0]._replace(**agreed),),
        registered=(sale.registered[0]._replace(**agreed),),
    )


def _noticed(sale: Sale, kind: str) -> Fact:
    told = {"at_us": sale.number * SECOND_US, "session": sale.number, "intent": sale.intent}
    return fact("shopper", kind, **told, detail={"step": "cart.view", "variants": ["gloves"]})


def _shown_in_vain(sale: Sale) -> Fact:
    gone = {"page": "search", "shown_s_ago": 0.5, "variants": ["umbrella"], "price_minor": 1500}
    told = {"at_us": sale.number * SECOND_US, "session": sale.number, "intent": sale.intent}
    return fact("shopper", "shown_in_vain", **told, detail=gone)


SPOILT: dict[str, tuple[Callable[[Sale], Sale], frozenset[str]]] = {
    "charged without an order": (
        lambda sale: replace(sale, seen=None, orders=(), events=(), confirmations=(), booked=(), registered=()),
        frozenset({"charged only for an order"})),
    "the order waits for ever": (
        lambda sale: replace(sale, seen=None, events=(), orders=(sale.orders[0]._replace(kind="order_pending"),)),
        frozenset({"charged only for an order"})),
    "charged twice": (
        lambda sale: replace(sale, charges=(sale.charges[0], sale.charges[0]._replace(detail=None))),
        frozenset({"one charge per intent"})),
    "ordered twice": (_second_order, frozenset({"one charge per intent", "one order per intent"})),
    "confirmed and gone": (
        lambda sale: replace(sale, orders=(), charges=(), events=(), confirmations=(), booked=(), registered=()),
        frozenset({"a confirmed order exists"})),
    "never paid": (lambda sale: replace(sale, charges=()), frozenset({"no order without payment"})),
    "refunded, and sent": (
        lambda sale: replace(sale, charges=(*sale.charges, sale.charges[0]._replace(kind="refunded"))),
        frozenset({"no order without payment"})),
    "a cent of tax too many": (lambda sale: _order_with(sale, tax_minor=499), frozenset({"totals add up and agree"})),
    "lines of another price": (
        lambda sale: _order_with(sale, lines=[{"variant": "hat", "quantity": 1, "price_minor": 1999}]),
        frozenset({"totals add up and agree"})),
    "charged a cent more": (
        lambda sale: replace(sale, charges=(sale.charges[0]._replace(amount_minor=2989),)),
        frozenset({"totals add up and agree"})),
    "charged in dollars": (
        lambda sale: replace(sale, charges=(sale.charges[0]._replace(currency="USD"),)),
        frozenset({"totals add up and agree"})),
    "shown a cent less": (
        lambda sale: replace(sale, seen=sale.seen and sale.seen._replace(amount_minor=2987)),
        frozenset({"totals add up and agree"})),
    "quoted less": (
        lambda sale: replace(sale, seen=sale.seen and sale.seen._replace(detail='{"quoted_minor": 2888}')),
        frozenset({"price honoured from cart to order"})),
    "two codes that exclude each other": (
        lambda sale: _order_with(sale, codes=["BF25", "VIP50"]),
        frozenset({"discounts that exclude each other never meet"})),
    "its cart froze": (
        lambda sale: replace(
            sale, seen=None, orders=(), charges=(), events=(), confirmations=(), booked=(), registered=(),
            failed=(hung(sale),)),
        frozenset({"no frozen cart"})),
    "no tax at all": (
        lambda sale: _repriced(sale, tax_minor=0), frozenset({"tax charged in every region"})),
    "shipped another way": (
        lambda sale: _order_with(sale, shipping="express"), frozenset({"shipping kept"})),
    "shipped for nothing": (
        lambda sale: _repriced(sale, shipping_minor=0, tax_minor=400), frozenset({"shipping kept"})),
    "shown another's cart": (
        lambda sale: replace(sale, more=(_noticed(sale, "foreign_cart"),)), frozenset({"a cart belongs to its shopper"})),
    "turned away with a smile": (
        lambda sale: replace(sale, more=(_noticed(sale, "turned_away_with_200"),)), frozenset({"a refusal says so"})),
    "shown what was long gone": (
        lambda sale: replace(sale, more=(_shown_in_vain(sale),)), frozenset({"what search shows can be bought"})),
    "event lost": (lambda sale: replace(sale, events=()), frozenset({"one purchase event per order"})),
    "event merged away": (
        lambda sale: _event_with(sale, kind="purchase_merged"), frozenset({"one purchase event per order"})),
    "event doubled": (lambda sale: replace(sale, events=sale.events * 2), frozenset({"one purchase event per order"})),
    "event of another value": (
        lambda sale: _event_with(sale, amount_minor=1), frozenset({"purchase events have the order's value"})),
    "event without a value": (
        lambda sale: _event_with(sale, amount_minor=None), frozenset({"purchase events have the order's value"})),
    "event too late": (
        lambda sale: _event_with(sale, at_us=(sale.events[0].at_us or 0) + 61 * SECOND_US),
        frozenset({"purchase events in time"})),
    "event before the payment": (
        lambda sale: _event_with(sale, at_us=(sale.orders[0].at_us or 0) - 5 * SECOND_US),
        frozenset({"purchase events in time"})),
    "event of no order": (
        lambda sale: replace(sale, events=(*sale.events, sale.events[0]._replace(order_id=f"{sale.order_id}-ghost"))),
        frozenset({"no purchase event without an order"})),
    "confirmation lost": (lambda sale: replace(sale, confirmations=()), CONFIRMED),
    "confirmation doubled": (lambda sale: replace(sale, confirmations=sale.confirmations * 2), CONFIRMED),
    "confirmation too late": (
        lambda sale: _confirmation_with(sale, at_us=(sale.orders[0].at_us or 0) + 301 * SECOND_US), CONFIRMED),
    "confirmation of no order": (
        lambda sale: replace(sale, confirmations=(
            *sale.confirmations, sale.confirmations[0]._replace(order_id=f"{sale.order_id}-ghost"))), CONFIRMED),
    "no reminder": (lambda sale: replace(sale, reminders=()), REMINDED),
    "one reminder of two": (lambda sale: replace(sale, reminders=sale.reminders[:1]), REMINDED),
    "a third reminder": (lambda sale: replace(sale, reminders=(*sale.reminders, sale.reminders[1])), REMINDED),
    "reminder too early": (lambda sale: _second_reminder_after(sale, 3.9), REMINDED),
    "reminder too late": (lambda sale: _second_reminder_after(sale, 4.3), REMINDED),
    "reminder at night": (lambda sale: _second_reminder_after(sale, 11), REMINDED),
    "reminded after buying": (_reminded_after_buying, frozenset({"no reminder to a buyer"})),
    "written to again and again": (_written_to_again_and_again, frozenset({"no mail loops"})),
    "never exported": (lambda sale: replace(sale, booked=()), frozenset({"every sale reaches the ERP once"})),
    "exported twice": (
        lambda sale: replace(sale, booked=sale.booked * 2), frozenset({"every sale reaches the ERP once"})),
    "exported with another amount": (
        lambda sale: replace(sale, booked=(sale.booked[0]._replace(amount_minor=1),)),
        frozenset({"every sale reaches the ERP once"})),
    "exported without an order": (
        lambda sale: replace(sale, booked=(*sale.booked, sale.booked[0]._replace(order_id=f"{sale.order_id}-ghost"))),
        frozenset({"every sale reaches the ERP once"})),
    "registered without an order": (
        lambda sale: replace(
            sale, registered=(*sale.registered, sale.registered[0]._replace(order_id=f"{sale.order_id}-ghost"))),
        frozenset({"every sale is registered once"})),
    "never registered": (lambda sale: replace(sale, registered=()), frozenset({"every sale is registered once"})),
    "registered in dollars": (
        lambda sale: replace(sale, registered=(sale.registered[0]._replace(currency="USD"),)),
        frozenset({"every sale is registered once"})),
}  # fmt: skip
"""What happened to a sale, and the promises that it breaks: those and no others."""


def findings(facts: Iterable[Fact]) -> dict[str, Finding]:
    from doorbuster.promises import PROMISES

    ledger = ledger_of(facts)
    return {found.promise: found for found in (check(ledger) for check in PROMISES)}


def named(finding: Finding) -> set[str]:
    """Every id that the offences name."""
    told = ((one.intent, one.order_id, one.subject) for one in finding.offences)
    return {name for names in told for name in names if name}
