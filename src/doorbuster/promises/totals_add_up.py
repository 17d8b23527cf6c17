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
    for purchase, orders in ledger.orders_of.items():
        charges = ledger.charges_of.get(purchase, ())
        # A charge too many or too few is another promise's; amounts are compared where each order has its one.
        if len(orders) == len(charges) == 1 and not _agree(charges[0].amount_minor, charges[0].currency, orders[0]):
            order, differs = orders[0], _difference(charges[0].amount_minor, orders[0].total_minor)
            offences.append(
                Offence(
                    "charged another total",
                    order.at_us,
                    order.intent,
                    order.id,
                    differs,
                    order.currency,
                    charges[0].payment,
                )
            )
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


def _agree(amount_minor: int | None, currency: str | None, order: Order) -> bool:
    """What is not told contradicts nothing."""
    same_amount = None in (amount_minor, order.total_minor) or amount_minor == order.total_minor
    return same_amount and (None in (currency, order.currency) or currency == order.currency)


def _difference(more: int | None, less: int | None) -> int | None:
    return None if more is None or less is None else more - less
