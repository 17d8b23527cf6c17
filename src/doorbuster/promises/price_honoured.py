"""What the last page before the purchase said it would cost is what the order costs."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, people

PROMISE = "price honoured from cart to order"


def check(ledger: Ledger) -> Finding:
    """Compare each quoted total with the shop's order, or with the confirmation where the shop has no such order."""
    why = not_heard(ledger, "shopper")
    if why:
        return cannot_tell(PROMISE, why)
    quoted = [one for one in ledger.seen if one.quoted_minor is not None]
    if ledger.seen and not quoted:
        return cannot_tell(PROMISE, "no page quoted a whole price before the purchase")
    compared = 0
    offences = []
    for one in quoted:
        order = ledger.order_by_id.get(one.order_id or "")
        paid_minor = order.total_minor if order and order.total_minor is not None else one.total_minor
        if paid_minor is None:
            continue
        compared += 1
        more_minor = paid_minor - (one.quoted_minor or 0)
        if more_minor:
            what = "dearer than quoted" if more_minor > 0 else "cheaper than quoted"
            offences.append(
                Offence(what, one.at_us, one.intent, one.order_id, more_minor, one.currency, None, one.session)
            )
    if quoted and not compared:
        return cannot_tell(PROMISE, "neither the shop's orders nor the pages that confirmed them say a total")
    count = people(offences)
    broken = f"{count:,} shopper{'' if count == 1 else 's'} got another price than the cart's"
    return found(PROMISE, compared, "order", offences, broken)
