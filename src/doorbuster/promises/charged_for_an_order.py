"""Nobody is charged without an order, not even when the shop or the gateway timed out in the middle."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, shoppers_were, some

PROMISE = "charged only for an order"


def check(ledger: Ledger) -> Finding:
    """Every charge that was not given back must belong to a purchase that has a paid order in the shop's books."""
    why = not_heard(ledger, "shop", "gateway")
    if why:
        return cannot_tell(PROMISE, why)
    waiting = {order.purchase for order in ledger.pending}
    offences = [
        Offence(
            "charged while the order still waits for its payment"
            if purchase in waiting
            else "charged without an order",
            charge.at_us,
            charge.intent,
            charge.order_id,
            charge.amount_minor,
            charge.currency,
            charge.payment,
        )
        for purchase, charges in ledger.charges_of.items()
        if purchase and purchase not in ledger.orders_of
        for charge in charges
    ]
    nameless = len(ledger.charges_of.get("", ()))
    if nameless and not offences:
        return cannot_tell(PROMISE, f"{some(nameless, 'charge')} of the gateway's name neither intent nor order")
    broken = f"{shoppers_were(offences)} charged without an order"
    return found(PROMISE, len(ledger.charges) - nameless, "charge", offences, broken)
