"""Analytics hears of a purchase once it is paid, and soon: campaigns are steered by it on the day itself."""

from __future__ import annotations

import math
from typing import Final

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.rows import Event, Held
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "purchase events in time"
CLOCK_SLACK_S: Final = 1.0
"""Two witnesses' clocks may differ by this before an event counts as told before its payment."""


def check(ledger: Ledger) -> Finding:
    """The delay of each purchase event from the later of order and payment; `numbers` has its quantiles in seconds.

    An event that the shop held back when its books were read has the delay that it will have.
    """
    why = not_heard(ledger, "shop", "analytics")
    if why:
        return cannot_tell(PROMISE, why)
    within_s = ledger.limits.event_within_s
    offences = []
    delays_s = []
    events: list[Event | Held] = [*ledger.events, *ledger.held]
    for event in events:
        order = ledger.order_by_id.get(event.order_id or "")
        paid_us = ledger.paid_us(order) if order else None
        if order is None or paid_us is None or event.at_us is None:
            continue
        delay_s = (event.at_us - paid_us) / 1e6
        delays_s.append(delay_s)
        if delay_s > within_s or delay_s < -CLOCK_SLACK_S:
            what = "late" if delay_s > 0 else "before the payment"
            offences.append(Offence(what, event.at_us, order.intent, order.id, order.total_minor, order.currency))
    if events and not delays_s:
        return cannot_tell(PROMISE, "nothing says when the orders were paid and the events arrived")
    delays_s.sort()
    numbers = {
        f"delay_s_{name}": _quantile(delays_s, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    }
    measured = "; delay p50 {delay_s_p50:.1f} s, p95 {delay_s_p95:.1f} s, longest {delay_s_max:.1f} s".format(**numbers)
    broken = f"{some(len(offences), 'purchase event')} before the payment or more than {within_s:g} s after it"
    return found(PROMISE, len(delays_s), "purchase event", offences, broken, measured=measured, numbers=numbers)


def _quantile(ordered: list[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed; nan for none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan
