"""Stock is never oversold: no variant is in more paid orders than there were units of it."""

from __future__ import annotations

from collections import Counter

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "stock is never oversold"


def check(ledger: Ledger) -> Finding:
    """Hand the units of each variant out to the paid orders by time; whoever comes after the last unit offends."""
    why = not_heard(ledger, "shop")
    if why:
        return cannot_tell(PROMISE, why)
    left = {one.variant: one.initial for one in ledger.stock if one.initial is not None}
    if not left:
        return cannot_tell(PROMISE, "the shop does not say how many units it had")
    offences = []
    short: Counter[str] = Counter()
    orders = (*ledger.before, *ledger.orders)
    for order in orders:
        for line in order.lines or ():
            if line.variant not in left:
                continue
            missing = min(line.quantity, max(0, line.quantity - left[line.variant]))
            left[line.variant] -= line.quantity
            if missing:
                short[line.variant] += missing
                amount_minor = None if line.price_minor is None else missing * line.price_minor
                offences.append(
                    Offence(
                        "bought what was not there",
                        order.at_us,
                        order.intent,
                        order.id,
                        amount_minor,
                        order.currency,
                        line.variant,
                    )
                )
    if not offences and any(order.lines is None for order in orders):
        return cannot_tell(PROMISE, "some of the shop's orders do not say what was bought")
    worst = min(short, key=lambda variant: (-short[variant], variant), default="")
    sold = some(len({one.order_id for one in offences}), "order")
    broken = f"{sold} sold {some(short.total(), 'unit')} that were not there, worst {worst} by {short[worst]:,}"
    return found(PROMISE, len(left), "variant", offences, broken)
