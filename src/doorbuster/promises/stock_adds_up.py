"""Every unit is sold, held for a purchase under way, or back on the shelf: what fell through is released."""

from __future__ import annotations

from collections import Counter

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "stock is released when a purchase falls through"


def check(ledger: Ledger) -> Finding:
    """Units at the start = units now + sold + held, variant by variant; pending orders hold what is in them."""
    why = not_heard(ledger, "shop")
    if why:
        return cannot_tell(PROMISE, why)
    told = [one for one in ledger.stock if one.units is not None and one.initial is not None]
    if not told:
        return cannot_tell(PROMISE, "the shop does not say how many units it had and has")
    taking = (*ledger.before, *ledger.orders, *ledger.pending)
    if any(order.lines is None for order in taking):
        return cannot_tell(PROMISE, "some of the shop's orders do not say what was bought")
    gone: Counter[str] = Counter()
    for order in taking:
        for line in order.lines or ():
            gone[line.variant] += line.quantity
    offences = []
    units: Counter[str] = Counter()
    for one in told:
        lost = (one.initial or 0) - (one.units or 0) - gone[one.variant] - (one.held or 0)
        if lost:
            where = "neither sold nor for sale" if lost > 0 else "sold and still for sale"
            units[where] += abs(lost)
            offences.append(Offence(f"{some(abs(lost), 'unit')} {where}", subject=one.variant))
    told_units = ", ".join(f"{some(count, 'unit')} {where}" for where, count in sorted(units.items()))
    broken = f"the stock of {some(len(offences), 'variant')} does not add up: {told_units}"
    return found(PROMISE, len(told), "variant", offences, broken)
