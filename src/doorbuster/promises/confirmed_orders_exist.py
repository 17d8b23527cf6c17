"""An order that a page confirmed to its shopper is in the shop's books."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, shoppers_were

PROMISE = "a confirmed order exists"


def check(ledger: Ledger) -> Finding:
    """Every order id that a shopper was shown must be a paid order."""
    why = not_heard(ledger, "shop", "shopper")
    if why:
        return cannot_tell(PROMISE, why)
    offences = [
        Offence(
            "confirmed and not in the books",
            one.at_us,
            one.intent,
            one.order_id,
            one.total_minor,
            one.currency,
            None,
            one.session,
        )
        for one in ledger.seen
        if one.order_id not in ledger.order_by_id
    ]
    broken = f"{shoppers_were(offences)} shown an order that the shop does not have"
    return found(PROMISE, len(ledger.seen), "confirmation", offences, broken)
