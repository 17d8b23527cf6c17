"""A purchase event says what the order was worth."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "purchase events have the order's value"


def check(ledger: Ledger) -> Finding:
    """Compare amount and currency of each event with its paid order; a value that is missing is a wrong one."""
    why = not_heard(ledger, "shop", "analytics")
    if why:
        return cannot_tell(PROMISE, why)
    checked = 0
    offences = []
    for event in ledger.events:
        order = ledger.order_by_id.get(event.order_id or "")
        if order is None or order.total_minor is None:
            continue
        checked += 1
        other_money = order.currency is not None and event.currency != order.currency
        if event.value_minor != order.total_minor or other_money:
            what = (
                "no value" if event.value_minor is None else "another value" if not other_money else "another currency"
            )
            more_minor = None if event.value_minor is None or other_money else event.value_minor - order.total_minor
            offences.append(Offence(what, event.at_us, order.intent, order.id, more_minor, order.currency))
    broken = f"{some(len(offences), 'purchase event')} with another value than the order"
    return found(PROMISE, checked, "purchase event", offences, broken)
