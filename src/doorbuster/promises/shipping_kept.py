"""An order goes the way that its shopper chose, for the price that the page said."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, shoppers_were

PROMISE = "shipping kept"


def check(ledger: Ledger) -> Finding:
    """Way and price of shipping of each order whose shopper told what they had chosen."""
    why = not_heard(ledger, "shop", "shopper")
    if why:
        return cannot_tell(PROMISE, why)
    checked = 0
    offences = []
    for one in {one.order_id: one for one in reversed(ledger.shipping_chosen)}.values():
        order = ledger.order_by_id.get(one.order_id or "")
        if order is None or (order.shipping is None and order.parts is None):
            continue
        checked += 1
        price_minor = order.parts[2] if order.parts else None
        more_minor = None if None in (price_minor, one.shipping_minor) else price_minor - one.shipping_minor  # type: ignore[operator]  # both are numbers
        if order.shipping is not None and one.option is not None and order.shipping != one.option:
            what = f"{one.option} was chosen, {order.shipping} is in the order"
        elif more_minor:
            what = "dearer than chosen" if more_minor > 0 else "cheaper than chosen"
        else:
            continue
        offences.append(
            Offence(what, one.at_us, order.intent, order.id, more_minor, order.currency, session=one.session)
        )
    if ledger.shipping_chosen and not checked:
        return cannot_tell(PROMISE, "the shop's orders do not say how they are shipped")
    broken = f"{shoppers_were(offences)} promised another way of shipping: {by_what(offences)}"
    return found(PROMISE, checked, "order", offences, broken)
