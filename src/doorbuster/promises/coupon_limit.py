"""A discount code is used no more often than allowed."""

from __future__ import annotations

from collections import defaultdict

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.rows import Order
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "coupons within their limits"


def check(ledger: Ledger) -> Finding:
    """Hand each code's uses out to the paid orders by time; whoever comes after the last one allowed offends."""
    why = not_heard(ledger, "shop")
    if why:
        return cannot_tell(PROMISE, why)
    limited = [one for one in ledger.coupons if one.limit is not None]
    if not limited:
        return cannot_tell(PROMISE, "the shop does not say how often its discount codes may be used")
    users: dict[str, list[Order]] = defaultdict(list)
    orders = (*ledger.before, *ledger.orders)
    silent = any(order.codes is None for order in orders)
    for order in orders:
        for code in dict.fromkeys(order.codes or ()):
            users[code].append(order)
    offences = []
    for coupon in limited:
        limit = max(0, coupon.limit or 0)
        beyond = [
            # What a code took off is only known where it stands alone.
            Offence(
                "one use too many",
                order.at_us,
                order.intent,
                order.id,
                order.parts[1] if order.parts and len(order.codes or ()) == 1 else None,
                order.currency,
                coupon.code,
            )
            for order in users[coupon.code][limit:]
        ]
        # A shop's own count may be of baskets that held the code and got nothing off: orders that tell know better.
        if silent and not beyond and coupon.used is not None and coupon.used > limit:
            beyond = [Offence(f"used {coupon.used:,} times where {limit:,} are allowed", subject=coupon.code)]
        offences += beyond
    if not offences and silent:
        return cannot_tell(PROMISE, "some of the shop's orders do not say which discount codes they used")
    codes = ", ".join(sorted({one.subject or "" for one in offences}))
    broken = f"{some(len(offences), 'use')} too many of the discount code {codes}"
    return found(PROMISE, len(limited), "limited code", offences, broken)
