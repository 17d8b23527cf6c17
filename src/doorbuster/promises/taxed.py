"""Tax is charged in every region, at the rate that the shop says it uses there."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE = "tax charged in every region"


def check(ledger: Ledger) -> Finding:
    """Each paid order's tax against the rate of where it goes, on items less discount plus shipping."""
    why = not_heard(ledger, "shop")
    if why:
        return cannot_tell(PROMISE, why)
    percent_of = {one.region: one.percent for one in ledger.tax_rates}
    if not percent_of:
        return cannot_tell(PROMISE, "the shop does not say which tax it charges where")
    checked = 0
    offences = []
    for order in ledger.orders:
        percent = percent_of.get(order.region or "")
        if percent is None or order.parts is None:
            continue
        checked += 1
        items_minor, discount_minor, shipping_minor, tax_minor = order.parts
        more_minor = tax_minor - round((items_minor - discount_minor + shipping_minor) * percent / 100)
        if abs(more_minor) > ledger.limits.tax_off_minor:
            what = f"{'too much' if more_minor > 0 else 'too little' if tax_minor else 'no'} tax in {order.region}"
            offences.append(
                Offence(what, order.at_us, order.intent, order.id, more_minor, order.currency, order.region)
            )
    if ledger.orders and not checked:
        return cannot_tell(PROMISE, "the shop's orders do not say where they go")
    broken = f"{some(len(offences), 'order')} with another tax than their region's: {by_what(offences)}"
    return found(PROMISE, checked, "order", offences, broken)
