"""One wish to buy is charged once, however often the shopper, the shop or the gateway tried."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, shoppers_were, some

PROMISE = "one charge per intent"


def check(ledger: Ledger) -> Finding:
    """Of the charges of a purchase that were not given back, the first is right and the others are not."""
    why = not_heard(ledger, "gateway")
    if why:
        return cannot_tell(PROMISE, why)
    offences = [
        Offence(
            "charged again",
            one.at_us,
            one.intent or purchase,
            one.order_id,
            one.amount_minor,
            one.currency,
            one.payment,
        )
        for purchase, charges in ledger.charges_of.items()
        if purchase and len(charges) > 1
        for one in charges[1:]
    ]
    nameless = len(ledger.charges_of.get("", ()))
    if nameless and not offences:
        return cannot_tell(PROMISE, f"{some(nameless, 'charge')} of the gateway's name neither intent nor order")
    checked = len(ledger.charges_of) - ("" in ledger.charges_of)
    return found(PROMISE, checked, "purchase", offences, f"{shoppers_were(offences)} charged more than once")
