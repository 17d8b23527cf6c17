"""What search, collections and product pages show as available can be bought."""

from __future__ import annotations

from collections import defaultdict
from math import inf

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, shoppers_were

PROMISE = "what search shows can be bought"


def check(ledger: Ledger) -> Finding:
    """Goods that a page offered and the shop then refused, although they had been sold out for longer than allowed.

    In a sound shop the last unit may go between the page and the click, or be held for somebody's payment: only what
    was sold out for good before the page was made counts.
    """
    why = not_heard(ledger, "shopper", "shop")
    if why:
        return cannot_tell(PROMISE, why)
    within_s = ledger.limits.stock_shown_within_s
    sold_out_us = _sold_out_us(ledger)
    offences = []
    for one in ledger.shown_in_vain:
        if one.at_us is None:
            continue
        shown_us = one.at_us - one.shown_s_ago * 1e6
        last_us = max(sold_out_us.get(variant, inf) for variant in one.variants)
        if shown_us > last_us + within_s * 1e6:
            offences.append(
                Offence(
                    f"shown by {one.page} though sold out",
                    one.at_us,
                    one.intent,
                    None,
                    one.price_minor,
                    ledger.currency,
                    one.variants[0],
                    one.session,
                )
            )
    broken = f"{shoppers_were(offences)} offered what had been sold out for more than {within_s:g} s"
    return found(PROMISE, len(ledger.carts_seen) + len(ledger.shown_in_vain), "shopper", offences, broken)


def _sold_out_us(ledger: Ledger) -> dict[str, float]:
    """Variant to when its last unit went, in microseconds; infinity while there are any, or where nothing is known."""
    sold: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for order in ledger.orders:
        for line in order.lines or ():
            sold[line.variant].append((inf if order.at_us is None else order.at_us, line.quantity))
    gone = {}
    for one in ledger.stock:
        left = inf if one.initial is None else one.initial
        at_us = -inf
        for sold_us, quantity in sorted(sold[one.variant]):
            if left <= 0:
                break
            left -= quantity
            at_us = sold_us
        gone[one.variant] = at_us if left <= 0 and not one.units else inf
    return gone
