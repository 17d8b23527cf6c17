"""While payments fail orders wait for them; afterwards none is lost, given up or doubled."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from doorbuster.promises.charged_again import charged_again
from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.outages import Outage, outages, seconds
from doorbuster.promises.rows import Money, Order
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE: Final = "nothing is lost or doubled in a payment outage"
CARDS: Final = "cards_down"
"""The fault that leaves the wallet alone, so that the shop can offer it."""
_LOST: Final = ("confirmed and not in the books", "charged without an order")
_DOUBLED: Final = ("ordered twice", "charged twice")


def check(ledger: Ledger) -> Finding:
    """Judge every purchase from the gateway's first absence on, and those that were under way then.

    `numbers`, all of them only where the gateway was away: `outage_s`; `pending_then`, orders that waited when an
    outage ended; `recovery_s`, the longest from there until those settled after it were and a payment went through;
    `lost`, `doubled`, `given_up` and `pending_now` purchases; `rescued_share` of the shoppers who were offered another
    way to pay, with `offered` and `rescued`.
    """
    why = not_heard(ledger, "shop", "gateway")
    if why:
        return cannot_tell(PROMISE, why)
    away = outages(ledger.moments["gateway"])
    if not away:
        purchases = len(ledger.orders) + len(ledger.pending)
        return found(PROMISE, purchases, "purchase", (), "", measured="; no payment outage in this run")
    since_us = away[0].down_us
    offences = [
        *_lost(ledger, since_us),
        *_doubled(ledger, since_us),
        *_left(ledger, away),
        *_not_offered(ledger),
    ]
    numbers = {"outage_s": seconds(away), **_counts(ledger, offences), **_recovery(ledger, away)}
    if away[-1].up_us is None and not offences:
        return cannot_tell(PROMISE, "the payment gateway was still away when its books were read")
    judged = [*ledger.pending, *(order for order in ledger.orders if _since(order.at_us, since_us))]
    checked = len({order.purchase for order in (*judged, *_waited(ledger, away))})
    recovered = f"recovery after {numbers['recovery_s']:.1f} s" if "recovery_s" in numbers else "no payment after it"
    measured = (
        f"; away for {numbers['outage_s']:.0f} s, {some(int(numbers['pending_then']), 'order')} waited, {recovered}"
    )
    if "rescued_share" in numbers:
        measured += f"; {numbers['rescued']:.0f} of {numbers['offered']:.0f} bought by the wallet instead"
    broken = f"{some(len(offences), 'purchase')} harmed by a payment outage: {by_what(offences)}"
    return found(PROMISE, checked, "purchase", offences, broken, measured=measured, numbers=numbers)


def _since(at_us: int | None, since_us: int) -> bool:
    return at_us is None or at_us >= since_us


def _about(what: str, one: Order | Money, purchase: str) -> Offence:
    minor = one.total_minor if isinstance(one, Order) else one.amount_minor
    order_id = one.id if isinstance(one, Order) else one.order_id
    payment = None if isinstance(one, Order) else one.payment
    return Offence(what, one.at_us, one.intent or purchase or None, order_id, minor, one.currency, payment)


def _lost(ledger: Ledger, since_us: int) -> Iterator[Offence]:
    """Shoppers who were told yes, or paid, and have no paid order."""
    for one in ledger.seen:
        if _since(one.at_us, since_us) and one.order_id not in ledger.order_by_id:
            yield Offence(
                _LOST[0], one.at_us, one.intent, one.order_id, one.total_minor, one.currency, None, one.session
            )
    waiting = {order.purchase for order in ledger.pending}
    for purchase, charges in ledger.charges_of.items():
        # A charge whose order waits is told of as that order.
        if purchase and purchase not in ledger.orders_of and purchase not in waiting:
            yield from (_about(_LOST[1], one, purchase) for one in charges[:1] if _since(one.at_us, since_us))


def _doubled(ledger: Ledger, since_us: int) -> Iterator[Offence]:
    """A wish to buy that led to two orders or two charges: told of once, as orders if it has two."""
    for purchase in dict.fromkeys([*ledger.orders_of, *ledger.charges_of]):
        orders = ledger.orders_of.get(purchase, ())
        if purchase and len(orders) > 1 and _since(orders[-1].at_us, since_us):
            yield _about(_DOUBLED[0], orders[-1], purchase)
        elif purchase and (again := charged_again(ledger, purchase)) and _since(again[-1][0].at_us, since_us):
            yield _about(_DOUBLED[1], again[-1][0], purchase)


def _left(ledger: Ledger, away: list[Outage]) -> Iterator[Offence]:
    """Orders of an outage that were given up without a no from the gateway, and any that wait although it is back."""
    refused = {one.intent for one in ledger.declined if one.intent}
    for order in ledger.failed:
        if order.at_us is None or order.purchase in refused:
            continue
        if any(one.down_us <= order.at_us and (one.up_us is None or order.at_us < one.up_us) for one in away):
            yield _about("given up while the gateway was away", order, order.purchase)
    if away[-1].up_us is not None:
        yield from (_about("never settled", order, order.purchase) for order in ledger.pending)


def _not_offered(ledger: Ledger) -> Iterator[Offence]:
    """A shop whose cards fail while the wallet works must offer the wallet."""
    for one in outages(moment for moment in ledger.moments["gateway"] if moment.fault == CARDS):
        failed = [wish for wish in ledger.payment_failed if wish.at_us is not None and _within(wish.at_us, one)]
        if failed and not any(wish.at_us is not None and _within(wish.at_us, one) for wish in ledger.offered):
            first = failed[0]
            yield Offence("no other way to pay was offered", first.at_us, first.intent, session=first.session)


def _within(at_us: int, outage: Outage) -> bool:
    return outage.down_us <= at_us and (outage.up_us is None or at_us < outage.up_us)


def _counts(ledger: Ledger, offences: list[Offence]) -> dict[str, float]:
    """Purchases, each counted once however many facts tell of it."""

    def purchases(*whats: str) -> float:
        return float(len({one.intent or one.order_id for one in offences if one.what in whats}))

    counts = {
        "lost": purchases(*_LOST),
        "doubled": purchases(*_DOUBLED),
        "given_up": purchases("given up while the gateway was away"),
        "pending_now": float(len(ledger.pending)),
    }
    if ledger.offered:
        offered, rescued = ({wish.intent for wish in wishes} for wishes in (ledger.offered, ledger.rescued))
        counts |= {"offered": float(len(offered)), "rescued": float(len(rescued & offered))}
        counts["rescued_share"] = counts["rescued"] / counts["offered"]
    return counts


def _paid_us(ledger: Ledger, order: Order) -> int | None:
    charges = ledger.charges_of.get(order.purchase, ())
    return min((one.at_us for one in charges if one.at_us is not None), default=None)


def _waited(ledger: Ledger, away: list[Outage]) -> list[Order]:
    """Orders made before an outage ended, whenever that was, and paid after it or never."""
    ends_us = [one.up_us for one in away if one.up_us is not None]
    paid = [
        order
        for order in ledger.orders
        if order.at_us is not None
        and (paid_us := _paid_us(ledger, order)) is not None
        and bisect_right(ends_us, order.at_us) < bisect_right(ends_us, paid_us)
    ]
    never = (order for order in ledger.pending if order.at_us is not None)
    return [*paid, *(order for order in never if away[-1].up_us is None or (order.at_us or 0) < away[-1].up_us)]


def _recovery(ledger: Ledger, away: list[Outage]) -> dict[str, float]:
    """What waited when an outage ended, and how long it took until that and the next payment were done.

    What was settled is put down to the last outage before: the shop could do nothing about it while the gateway was
    away again.
    """
    pending_then = {"pending_then": float(len(_waited(ledger, away)))}
    if away[-1].up_us is None:
        return pending_then
    ends_us = [one.up_us for one in away if one.up_us is not None]
    cards_only = [_kept_away(ledger, one) == {CARDS} for one in away]
    waited_us, next_us = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for order in ledger.orders:
        paid_us = _paid_us(ledger, order)
        after = bisect_right(ends_us, paid_us) - 1 if paid_us is not None else -1
        if paid_us is None or after < 0:
            continue
        if order.at_us is not None and order.at_us < ends_us[after]:
            waited_us[after].append(paid_us)
        # A wallet that never failed says nothing of the cards.
        if order.channel != "wallet" or not cards_only[after]:
            next_us[after].append(paid_us)
    if len(away) - 1 not in next_us:
        return pending_then
    took_us = [max([*waited_us[after], min(paid_us)]) - ends_us[after] for after, paid_us in next_us.items()]
    return pending_then | {"recovery_s": max(took_us) / 1e6}


def _kept_away(ledger: Ledger, outage: Outage) -> set[str]:
    """The faults of an outage."""
    return {one.fault for one in ledger.moments["gateway"] if one.kind == "down" and _within(one.at_us, outage)}
