"""Latency is even across carts: no group of carts is slow all the time while the others are fast."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Final

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.limits import Limits
from doorbuster.promises.shop_rows import CartSeen
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "latency even across carts"
FEWEST: Final = 30
"""Carts below which a slow group would be a handful."""
_FEWEST_SLOW: Final = 4
_BLOCK: Final = 20
"""Carts that followed each other are compared with each other: when all are slow for a moment, none of them is."""
_PARTS: Final = 3


def check(ledger: Ledger) -> Finding:
    """Carts of which every step was slow beside the carts just before and after, if there are many throughout the run.

    One slow answer is chance; that the same cart is slow again in another step is not, and a pause of the whole
    machine is over after a part of the run. Where the shop keeps the slow ones (a shard) their ids may tell.
    """
    why = not_heard(ledger, "shopper")
    if why:
        return cannot_tell(PROMISE, why)
    machines = max((one.machines for one in ledger.generators), default=0)
    if machines > 1:
        # A worker at the other end of the country is slower in every step; facts do not tell whose a cart was.
        return cannot_tell(PROMISE, f"shoppers came from {machines} machines, whose own ways to the shop differ")
    alike: dict[tuple[str, ...], list[CartSeen]] = defaultdict(list)
    for one in ledger.carts_seen:
        if len(one.pace_ms) > 1 and one.at_us is not None:
            alike[tuple(step for step, _ in one.pace_ms)].append(one)
    carts = sorted((one for group in alike.values() for one in group), key=_came)
    if len(carts) < FEWEST:
        return cannot_tell(PROMISE, f"{some(len(carts), 'cart')} of which more than one step is known are too few")
    slow = {id(one) for group in alike.values() for one in _slow(group, ledger.limits)}
    fewest = max(_FEWEST_SLOW, math.ceil(ledger.limits.uneven_share * len(carts)))
    parts = [carts[part * len(carts) // _PARTS : (part + 1) * len(carts) // _PARTS] for part in range(_PARTS)]
    throughout = all(any(id(one) in slow for one in part) for part in parts)
    named = [one for one in carts if id(one) in slow] if len(slow) >= fewest and throughout else []
    offences = [Offence("slow in every step", one.at_us, subject=one.cart) for one in named]
    broken = f"{len(offences) / len(carts):.0%} of the carts were slow all through the run while the others were not"
    return found(PROMISE, len(carts), "cart", offences, broken, numbers={"slow_share": len(slow) / len(carts)})


def _came(one: CartSeen) -> tuple[bool, int, str]:
    """Whose shopper came first; a slow cart is seen later than those that came with it."""
    return (one.session is None, (one.at_us or 0) if one.session is None else one.session, one.cart)


def _slow(group: Sequence[CartSeen], limits: Limits) -> list[CartSeen]:
    """Carts with the same steps, by time: those that are slow in each."""
    blocks = max(1, len(group) // _BLOCK)
    slow = []
    for block in range(blocks):
        beside = group[block * len(group) // blocks : (block + 1) * len(group) // blocks]
        usual_ms = [median(times) for times in zip(*([ms for _, ms in one.pace_ms] for one in beside), strict=True)]
        slow += [
            one
            for one in beside
            if all(
                ms >= limits.uneven_times * usual and ms >= usual + limits.uneven_ms
                for (_, ms), usual in zip(one.pace_ms, usual_ms, strict=True)
            )
        ]
    return slow
