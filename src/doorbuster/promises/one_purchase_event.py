"""Every order is told to analytics, once."""

from __future__ import annotations

from collections import Counter

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE = "one purchase event per order"


def check(ledger: Ledger) -> Finding:
    """Count the purchase events of each paid order."""
    why = not_heard(ledger, "shop", "analytics")
    if why:
        return cannot_tell(PROMISE, why)
    events = Counter(event.order_id for event in ledger.events)
    offences = [
        Offence(
            "without a purchase event" if not events[order.id] else "told more than once",
            order.at_us,
            order.intent,
            order.id,
            order.total_minor,
            order.currency,
        )
        for order in ledger.orders
        if order.id and events[order.id] != 1
    ]
    broken = f"{some(len(offences), 'order')} not told to analytics as promised: {by_what(offences)}"
    return found(PROMISE, len(ledger.order_by_id), "order", offences, broken)
