"""Analytics hears of no purchase that was none."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "no purchase event without an order"


def check(ledger: Ledger) -> Finding:
    """Every purchase event must name a paid order."""
    why = not_heard(ledger, "shop", "analytics")
    if why:
        return cannot_tell(PROMISE, why)
    waiting = {order.id: order.intent for order in ledger.pending}
    known = ledger.order_by_id.keys() | {order.id for order in ledger.before}
    offences = [
        Offence(
            "names no order"
            if event.order_id is None
            else "its order was not paid"
            if event.order_id in waiting
            else "there is no such order",
            event.at_us,
            waiting.get(event.order_id),
            event.order_id,
            event.value_minor,
            event.currency,
        )
        for event in ledger.events
        if event.order_id not in known
    ]
    broken = f"{some(len(offences), 'purchase event')} without a paid order"
    return found(PROMISE, len(ledger.events), "purchase event", offences, broken)
