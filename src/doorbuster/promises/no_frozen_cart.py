"""No cart stands still while the rest of the shop answers."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Final

from doorbuster.promises.cart_rows import Answered, Wait
from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.in_common import in_common, told, with_all
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE = "no frozen cart"
_PARTS: Final = 4
_QUICK: Final = 8
"""Others are answered in an eighth of the time that this cart was waited for: it hangs, the shop does not."""


def check(ledger: Ledger) -> Finding:
    """Look at each cart whose shopper gave up: was anybody else answered meanwhile, and what do those carts share?"""
    why = not_heard(ledger, "shopper")
    if why:
        return cannot_tell(PROMISE, why)
    limit_us = ledger.limits.frozen_after_s * 1e6
    waits = list({wait.shopper: wait for wait in reversed(ledger.waits) if wait.waited_us >= limit_us}.values())[::-1]
    if waits and not ledger.answered:
        return cannot_tell(
            PROMISE, f"{some(len(waits), 'cart')} hung, and nothing tells whether the rest of the shop did"
        )
    frozen = [wait for wait in waits if _others_were_answered(ledger.answered, wait)]
    offences = [
        Offence(f"at {wait.step}", wait.at_us, wait.intent, None, None, None, None, wait.session) for wait in frozen
    ]
    carts = {
        *(one.intent if one.session is None else one.session for one in ledger.seen),
        *(one.shopper for one in ledger.dealt),
        *(one.shopper for one in ledger.waits),
    }
    broken = f"{some(len(frozen), 'cart')} froze while the rest of the shop answered ({by_what(offences)})"
    return found(
        PROMISE,
        len(carts),
        "cart",
        offences,
        broken + _shared(ledger, frozen),
        measured=_outage(len(waits) - len(frozen)),
    )


def _others_were_answered(answered: Sequence[Answered], wait: Wait) -> bool:
    """In each part of the wait, and quickly: a shop that is slow or silent as a whole freezes no cart."""
    began_us = wait.at_us - wait.waited_us
    parts = set()
    for one in answered[bisect_left(answered, (began_us,)) :]:
        if one.at_us >= wait.at_us:
            break
        if one.waited_us * _QUICK <= wait.waited_us:
            parts.add((one.at_us - began_us) * _PARTS // wait.waited_us)
    return len(parts) == _PARTS


def _shared(ledger: Ledger, frozen: list[Wait]) -> str:
    """`: all 7 had upsell accepted; 0 of 41 others froze`, where combinations were dealt."""
    levels_of = {one.shopper: one.levels for one in ledger.dealt}
    these = Counter(levels_of[wait.shopper] for wait in frozen if wait.shopper in levels_of)
    # Who gave up earlier, or in an outage, may have had a frozen cart or not: they say nothing either way.
    gave_up = {wait.shopper for wait in ledger.waits}
    others = Counter(levels for shopper, levels in levels_of.items() if shopper not in gave_up)
    shared = in_common(these, others)
    if not shared:
        return ""
    all_frozen, frozen_with, fine_with = these.total(), with_all(shared, these), with_all(shared, others)
    share = f"all {all_frozen:,}" if frozen_with == all_frozen else f"{frozen_with:,} of {all_frozen:,}"
    spared = f", and so had {fine_with:,} that did not freeze" if fine_with else ""
    without = all_frozen - frozen_with + others.total() - fine_with
    return f": {share} had {told(shared)}{spared}; {all_frozen - frozen_with:,} of {without:,} others froze"


def _outage(count: int) -> str:
    if not count:
        return ""
    why = "an outage, a slow shop, or nobody else was there"
    return f"; {some(count, 'cart')} hung while others were not answered either, or not quickly: {why}"
