"""One wish to buy makes one order, however often the shopper clicks."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, people

PROMISE = "one order per intent"


def check(ledger: Ledger) -> Finding:
    """Of the paid orders of an intent, the first is right and the others are not."""
    why = not_heard(ledger, "shop")
    if why:
        return cannot_tell(PROMISE, why)
    intents = {order.intent for order in ledger.orders if order.intent}
    if ledger.orders and not intents:
        return cannot_tell(PROMISE, "the shop's orders do not say which purchase intent they belong to")
    offences = [
        Offence("a further order", order.at_us, order.intent, order.id, order.total_minor, order.currency)
        for orders in ledger.orders_of.values()
        if len(orders) > 1 and orders[0].intent
        for order in orders[1:]
    ]
    count = people(offences)
    broken = f"{count:,} shopper{'' if count == 1 else 's'} bought once and got more than one order"
    return found(PROMISE, len(intents), "purchase", offences, broken)
