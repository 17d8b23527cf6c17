"""A cart belongs to its shopper: no page shows anybody what they did not put there."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, shoppers_were

PROMISE = "a cart belongs to its shopper"


def check(ledger: Ledger) -> Finding:
    """Every cart that a shopper noticed to be another's, or to hold goods that they never chose."""
    why = not_heard(ledger, "shopper")
    if why:
        return cannot_tell(PROMISE, why)
    offences = [
        Offence(f"shown another's cart in {one.step}", one.at_us, one.intent, session=one.session)
        for one in ledger.foreign_carts
    ]
    broken = f"{shoppers_were(offences)} shown a cart that is not their own"
    return found(PROMISE, len(ledger.carts_seen) + len(offences), "cart", offences, broken)
