"""How a sale gets to the back office: what the ERP and the register each have of the shop's orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.outage_rows import SaleTold
from doorbuster.promises.outages import outages, seconds
from doorbuster.promises.rows import Order
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

_CALLED: Final = {"erp": "ERP", "register": "register"}


def check_told(ledger: Ledger, promise: str, witness: str, done: str) -> Finding:
    """Compare the paid orders with what a witness of the back office has; `done` says it: `booked`, `registered`.

    What it has of an order that was never made offends too; one that was given up, or still waits, was made.

    `numbers`: `lost` and `doubled` orders, the longest delay from payment to `done`, and where the witness was away
    for `outage_s` seconds, how many orders waited for it then and after how many seconds the last of them was done.
    An order paid after the witness went away for good may still wait: that is no offence, and not kept either.
    """
    why = not_heard(ledger, "shop", witness)
    if why:
        return cannot_tell(promise, why)
    told: dict[str, list[SaleTold]] = {}
    for one in ledger.told[witness]:
        told.setdefault(one.order_id or "", []).append(one)
    away = outages(ledger.moments[witness])
    gone_us = away[-1].down_us if away and away[-1].up_us is None else None
    offences, still = [], 0
    for order in ledger.orders:
        what = _fault_in(order, told.get(order.id, ()), done) if order.id else ""
        paid_us = ledger.paid_us(order)
        if what == f"never {done}" and gone_us is not None and paid_us is not None and paid_us >= gone_us:
            still += 1
        elif what:
            offences.append(Offence(what, order.at_us, order.intent, order.id, order.total_minor, order.currency))
    made = ledger.order_by_id.keys() | {order.id for order in (*ledger.pending, *ledger.failed) if order.id}
    offences += [
        Offence("of no order", one.at_us, None, one.order_id, one.amount_minor, one.currency)
        for one in ledger.told[witness]
        if one.order_id not in made
    ]
    if still and not offences:
        return cannot_tell(
            promise,
            f"the {_CALLED[witness]} was still away when its books were read, {some(still, 'order')} not {done} yet",
        )
    whats = Counter(offence.what for offence in offences)
    numbers = {"lost": float(whats[f"never {done}"]), "doubled": float(whats[f"{done} more than once"])}
    # When an order was made and paid, and when the witness first had it.
    waits = [
        (paid_us, min(done_us))
        for order in ledger.orders
        if (done_us := [one.at_us for one in told.get(order.id or "", ()) if one.at_us is not None])
        and (paid_us := ledger.paid_us(order)) is not None
    ]
    delays_s = [(done_us - paid_us) / 1e6 for paid_us, done_us in waits]
    measured = ""
    if delays_s:
        numbers["delay_s_max"] = max(delays_s)
        measured = f"; longest delay {max(delays_s):.1f} s"
    if away:
        numbers |= {"outage_s": seconds(away), **_recovery(waits, away[-1].up_us)}
        measured += (
            f"; away for {numbers['outage_s']:.0f} s, {some(int(numbers.get('waiting_then', 0)), 'order')} waited"
        )
        if "recovery_s" in numbers:
            measured += f", the last one {done} {numbers['recovery_s']:.1f} s after"
    broken = f"{some(len(offences), 'order')} not {done} as promised: {by_what(offences)}"
    checked = len(ledger.order_by_id)
    return found(promise, checked, "order", offences, broken, measured=measured, numbers=numbers)


def _fault_in(order: Order, told: Sequence[SaleTold], done: str) -> str:
    """What is wrong with how an order was told; empty where nothing is."""
    if not told:
        return f"never {done}"
    if len(told) > 1:
        return f"{done} more than once"
    amount = None in (order.total_minor, told[0].amount_minor) or order.total_minor == told[0].amount_minor
    currency = None in (order.currency, told[0].currency) or order.currency == told[0].currency
    return "" if amount and currency else f"{done} with another amount"


def _recovery(waits: Sequence[tuple[int, int]], up_us: int | None) -> dict[str, float]:
    """How many orders waited when the last outage ended, and when the last of them was done."""
    if up_us is None:
        return {}
    waited_us = [done_us for paid_us, done_us in waits if paid_us < up_us <= done_us]
    recovery = {"recovery_s": (max(waited_us) - up_us) / 1e6} if waited_us else {}
    return {"waiting_then": float(len(waited_us)), **recovery}
