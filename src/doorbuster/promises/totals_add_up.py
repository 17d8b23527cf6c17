"""Total = items - discounts + shipping + tax, and the same for the shopper, the shop and the gateway."""

from __future__ import annotations

from collections.abc import Iterator

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.rows import Order
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE = "totals add up and agree"


def check(ledger: Ledger) -> Finding:
    """Add each paid order up, then set beside it what its shopper was shown and what the gateway took."""
    why = not_heard(ledger, "shop", "shopper", "gateway")
    offences = [
        Offence(what, order.at_us, order.intent, order.id, too_much_minor, order.currency)
        for order in ledger.orders
        for what, too_much_minor in _sums(order)
    ]
    for one in ledger.seen:
        shown = ledger.order_by_id.get(one.order_id or "")
        if shown and not _agree(one.total_minor, one.currency, shown):
            differs = _difference(shown.total_minor, one.total_minor)
            offences.append(
                Offence(
                    "shopper shown another total",
                    one.at_us,
                    shown.intent,
                    shown.id,
                    differs,
                    shown.currency,
                    None,
                    one.session,
                )
            )
    offences += _charged_otherwise(ledger)
    if not offences and why is None and ledger.orders and not any(order.parts for order in ledger.orders):
        why = "the shop's orders do not say items, discount, shipping and tax"
    if why and not offences:
        return cannot_tell(PROMISE, why)
    broken = f"the totals of {some(len({one.order_id for one in offences}), 'order')} are wrong: {by_what(offences)}"
    return found(PROMISE, len(ledger.orders), "order", offences, broken)


def _sums(order: Order) -> Iterator[tuple[str, int]]:
    """How an order fails to add up, and by how many minor units it is too dear."""
    if order.parts and order.total_minor is not None:
        items, discount, shipping, tax = order.parts
        too_much_minor = order.total_minor - (items - discount + shipping + tax)
        if too_much_minor:
            yield "does not add up", too_much_minor
    if order.parts and order.lines and all(line.price_minor is not None for line in order.lines):
        too_much_minor = order.parts[0] - sum(line.quantity * (line.price_minor or 0) for line in order.lines)
        if too_much_minor:
            yield "items are not the sum of the lines", too_much_minor


def _charged_otherwise(ledger: Ledger) -> Iterator[Offence]:
    """Orders for which another total was captured; what was given back later, all or in part, is no matter here."""
    for purchase, orders in ledger.orders_of.items():
        charges, order = ledger.charges_of.get(purchase, ()), orders[0]
        # An order too many, and one without a charge, are other promises'.
        if len(orders) > 1 or not charges:
            continue
        taken_minor = _sum_minor([(one.amount_minor, one.given_back_minor) for one in charges])
        # An order may be paid in parts, and one of them given back: then all that was captured for it is its total.
        parts = [(one.amount_minor, 0) for one in ledger.captured_of[purchase] if one.currency == order.currency]
        in_parts = _sum_minor(parts) == order.total_minor and charges[0].currency == order.currency
        if in_parts or _agree(taken_minor, charges[0].currency, order):
            continue
        differs = _difference(taken_minor, order.total_minor)
        # Of several charges too much, or in several currencies, is charged again: another promise's.
        if len(charges) == 1 or (differs and differs < 0 and {one.currency for one in charges} == {order.currency}):
            told = (order.at_us, order.intent, order.id, differs, order.currency, charges[0].payment)
            yield Offence("charged another total", *told)


def _sum_minor(amounts: list[tuple[int | None, int]]) -> int | None:
    """None where one of them is not told."""
    told = [amount_minor + more_minor for amount_minor, more_minor in amounts if amount_minor is not None]
    return sum(told) if len(told) == len(amounts) else None


def _agree(amount_minor: int | None, currency: str | None, order: Order) -> bool:
    """What is not told contradicts nothing."""
    same_amount = None in (amount_minor, order.total_minor) or amount_minor == order.total_minor
    return same_amount and (None in (currency, order.currency) or currency == order.currency)


def _difference(more: int | None, less: int | None) -> int | None:
    return None if more is None or less is None else more - less
