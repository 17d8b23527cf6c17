"""Which charges of a purchase are too many: an order may be paid in parts, but no more than once in all."""

from __future__ import annotations

from doorbuster.promises.ledger import Ledger
from doorbuster.promises.rows import Money


def charged_again(ledger: Ledger, purchase: str) -> list[tuple[Money, int | None]]:
    """The charges of a purchase that were not given back and should not be, and by how many minor units each.

    A gift card and a card may share an order: only what exceeds its total is too much. Where the order, its total or
    a charge's amount in its currency are not known, all charges after the first are.
    """
    charges = ledger.charges_of.get(purchase, [])
    if len(charges) < 2:
        return []
    first, *others = charges
    orders = ledger.orders_of.get(purchase, ())
    total_minor, currency = (orders[0].total_minor, orders[0].currency) if orders else (None, None)
    amounts = [one.amount_minor for one in charges if one.currency == currency]
    if total_minor is None or None in amounts or len(amounts) < len(charges):
        return [(one, one.amount_minor) for one in others]
    again: list[tuple[Money, int | None]] = []
    left_minor = total_minor - (first.amount_minor or 0)
    for one in others:
        amount_minor = one.amount_minor or 0
        too_much_minor = min(amount_minor, amount_minor - left_minor)
        if too_much_minor > 0:
            again.append((one, too_much_minor))
        left_minor -= amount_minor
    return again
