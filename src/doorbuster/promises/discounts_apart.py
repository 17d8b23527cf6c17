"""Discounts that exclude each other are never in one order."""

from __future__ import annotations

from itertools import combinations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE = "discounts that exclude each other never meet"


def check(ledger: Ledger) -> Finding:
    """Hold the codes of every paid order against the shop's own rules."""
    why = not_heard(ledger, "shop")
    if why:
        return cannot_tell(PROMISE, why)
    told = [one for one in ledger.coupons if one.excludes is not None]
    if not told:
        return cannot_tell(PROMISE, "the shop does not say which of its discounts exclude each other")
    apart = {frozenset((one.code, other)) for one in told for other in one.excludes or ()}
    offences = [
        Offence(
            " with ".join(pair),
            order.at_us,
            order.intent,
            order.id,
            None,
            order.currency,
            " and ".join(order.codes or ()),
        )
        for order in ledger.orders
        for pair in combinations(sorted(set(order.codes or ())), 2)
        if frozenset(pair) in apart
    ]
    if not offences and any(order.codes is None for order in ledger.orders):
        return cannot_tell(PROMISE, "some of the shop's orders do not say which discount codes they used")
    orders = some(len({one.order_id or one.intent for one in offences}), "order")
    return found(
        PROMISE,
        len(ledger.orders),
        "order",
        offences,
        f"{orders} got discounts that exclude each other: {by_what(offences)}",
    )
