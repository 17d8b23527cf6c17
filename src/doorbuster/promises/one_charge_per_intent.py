"""One wish to buy is charged once, however often the shopper, the shop or the gateway tried."""

from __future__ import annotations

from doorbuster.promises.charged_again import charged_again
from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, shoppers_were, some

PROMISE = "one charge per intent"


def check(ledger: Ledger) -> Finding:
    """The charges of a purchase that were not given back may not exceed its order: one is paid once, if in parts."""
    why = not_heard(ledger, "gateway")
    if why:
        return cannot_tell(PROMISE, why)
    offences = [
        Offence(
            "charged again",
            one.at_us,
            one.intent or purchase,
            one.order_id,
            too_much_minor,
            one.currency,
            one.payment,
        )
        for purchase in ledger.charges_of
        if purchase
        for one, too_much_minor in charged_again(ledger, purchase)
    ]
    nameless = len(ledger.charges_of.get("", ()))
    if nameless and not offences:
        return cannot_tell(PROMISE, f"{some(nameless, 'charge')} of the gateway's name neither intent nor order")
    checked = len(ledger.charges_of) - ("" in ledger.charges_of)
    return found(PROMISE, checked, "purchase", offences, f"{shoppers_were(offences)} charged more than once")
