"""Every order is told to analytics, once; to each of them, where a shop tells several."""

from __future__ import annotations

from collections import Counter
from typing import Final

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE = "one purchase event per order"
_MISSING: Final = {
    "merged": "merged into another event",
    "dropped": "dropped by analytics",
    "refused": "refused by analytics",
}


def check(ledger: Ledger) -> Finding:
    """Count the purchase events of each paid order, in every place that was told of any purchase.

    An event that the shop still holds back is not missing yet: whether it comes in time is another promise's question.
    """
    why = not_heard(ledger, "shop", "analytics")
    if why:
        return cannot_tell(PROMISE, why)
    told = Counter((event.to, event.order_id) for event in ledger.events)
    places = sorted({event.to for event in ledger.events} or {one.to for one in ledger.unkept} or {""})
    fates = {(one.to, one.order_id): one.fate for one in ledger.unkept}
    held = {one.order_id for one in ledger.held}
    offences = []
    for order in ledger.orders:
        # Told once everywhere but in one place is the usual case: one offence an order, and the place beside it.
        wrong = next((to for to in places if told[to, order.id] != 1), None)
        if order.id is None or wrong is None or (not told[wrong, order.id] and order.id in held):
            continue
        missing = _MISSING.get(fates.get((wrong, order.id), ""), "without a purchase event")
        what = missing if not told[wrong, order.id] else "told more than once"
        offences.append(
            Offence(what, order.at_us, order.intent, order.id, order.total_minor, order.currency, subject=wrong or None)
        )
    broken = f"{some(len(offences), 'order')} not told to analytics as promised: {by_what(offences)}"
    return found(PROMISE, len(ledger.order_by_id), "order", offences, broken, measured=_beside(ledger))


def _beside(ledger: Ledger) -> str:
    """What analytics was sent and does not have: also where no order misses it, as after a repeated request."""
    fates = Counter(one.fate for one in ledger.unkept)
    parts = [f"{some(fates[fate], 'event')} {fate}" for fate in _MISSING if fates[fate]]
    if ledger.held:
        parts.append(f"{some(len(ledger.held), 'event')} held back by the shop")
    return f"; {', '.join(parts)}" if parts else ""
