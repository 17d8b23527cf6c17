"""No order leaves the house without its payment."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "no order without payment"


def check(ledger: Ledger) -> Finding:
    """Each paid order needs a charge of its own that was not given back; an order over nothing needs none."""
    why = not_heard(ledger, "shop", "gateway")
    if why:
        return cannot_tell(PROMISE, why)
    offences = []
    for purchase, orders in ledger.orders_of.items():
        dear = [order for order in orders if order.total_minor != 0]
        charges = ledger.charges_of.get(purchase, ())
        paid = {charge.order_id for charge in charges if charge.order_id}
        unpaid = [order for order in dear if order.id not in paid]
        # The gateway may not say which of an intent's orders it was paid for: then the first ones are.
        offences += unpaid[sum(not charge.order_id for charge in charges) :]
    nameless = len(ledger.charges_of.get("", ()))
    if nameless and offences:
        return cannot_tell(PROMISE, f"{some(nameless, 'charge')} of the gateway's name neither intent nor order")
    return found(
        PROMISE,
        len(ledger.orders),
        "order",
        [
            Offence("not paid for", order.at_us, order.intent, order.id, order.total_minor, order.currency)
            for order in offences
        ],
        f"{some(len(offences), 'order')} went out without payment",
    )
