"""Every buyer is told once, and soon, that the order was taken: in doubt people buy again, or call."""

from __future__ import annotations

from collections import Counter, defaultdict

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.message_rows import Message
from doorbuster.promises.rows import Order
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE = "one confirmation per order, in time"


def check(ledger: Ledger) -> Finding:
    """Count the confirmations of each paid order, and time the first from the later of order and payment.

    One by e-mail and one by SMS are one each: too many are only two of a channel.
    """
    why = not_heard(ledger, "shop", "mailbox")
    if why:
        return cannot_tell(PROMISE, why)
    told: dict[str, list[Message]] = defaultdict(list)
    offences = []
    known = ledger.order_by_id.keys() | {order.id for order in ledger.pending}
    for message in ledger.messages:
        if message.kind != "confirmation":
            continue
        order_id = message.order_id or _only_order(ledger, message.intent)
        if order_id in known:
            told[order_id or ""].append(message)
        else:
            offences.append(Offence("of no order", message.at_us, message.intent, message.order_id))
    delays_s = []
    for order in ledger.order_by_id.values():
        messages = told[order.id or ""]
        delay_s = _delay_s(ledger, order, messages)
        delays_s += [] if delay_s is None else [delay_s]
        what = None
        if not messages:
            what = "missing"
        elif max(Counter(one.channel for one in messages).values()) > 1:
            what = "more than one"
        elif delay_s is not None and delay_s > ledger.limits.confirmation_within_s:
            what = "late"
        if what:
            offences.append(Offence(what, order.at_us, order.intent, order.id, order.total_minor, order.currency))
    if told and not delays_s and not offences:
        return cannot_tell(PROMISE, "nothing says when the orders were paid and confirmed")
    longest_s = max(delays_s, default=0.0)
    broken = f"{some(len(offences), 'order confirmation')} not as promised: {by_what(offences)}"
    measured = f"; longest delay {longest_s:.1f} s"
    numbers = {"delay_s_max": longest_s}
    return found(PROMISE, len(ledger.order_by_id), "order", offences, broken, measured=measured, numbers=numbers)


def _only_order(ledger: Ledger, intent: str | None) -> str | None:
    """A shop that names the wish to buy and not the order: told apart only where it led to one."""
    orders = ledger.orders_of.get(intent or "", ())
    return orders[0].id if len(orders) == 1 else None


def _delay_s(ledger: Ledger, order: Order, messages: list[Message]) -> float | None:
    """Seconds to the first confirmation; None where times are missing."""
    at_us = min((one.at_us for one in messages if one.at_us is not None), default=None)
    if at_us is None:
        return None
    paid_us = ledger.paid_us(order)
    return None if paid_us is None else (at_us - paid_us) / 1e6
