"""Latency is steady over the run: no step gets slower and slower at the same load."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from statistics import median
from typing import Final

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.shop_rows import Pace
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "latency steady over the run"
_FEWEST: Final = 12
"""Answers of a step in a part of the run, below which they say little."""
_FEWEST_STEPS: Final = 5
"""What the usual step grew by takes several."""
_BUSIER: Final = 1.25
"""The end is compared where it is at most this much busier than the beginning ever was."""
_SPREAD: Final = 8.0
"""A machine that is short of processor time slows steps by very different amounts. A leak stands out from them: it grew
by this many times what the others typically differ from the usual one by."""
_STEADILY: Final = (0.2, 0.9)
"""By the middle third a leak has done a share of its growth between these: it neither jumps nor stops."""


def check(ledger: Ledger) -> Finding:
    """The quickest tenth of each step in the last third of the run against the first, less what the usual one grew by.

    A machine that is busy with something else slows every step; a leak slows those that walk through what leaked. Thus
    a shop of which most steps slow down alike is not named here, but by its objectives.
    """
    why = not_heard(ledger, "run")
    if why:
        return cannot_tell(PROMISE, why)
    first, middle, last = _thirds(ledger.paces)
    load: Counter[int] = Counter()
    for came in ledger.loads:
        load[came.at_us] += came.shoppers
    most = _BUSIER * max((load[one.at_us] for one in first), default=0)
    last = [one for one in last if load[one.at_us] <= most]
    before_ms, between_ms, after_ms = (_quick_ms(part) for part in (first, middle, last))
    steps = sorted(before_ms.keys() & between_ms.keys() & after_ms.keys())
    if max((one.stall_ms for one in ledger.generators), default=0.0) > ledger.limits.generator_stall_ms:
        return cannot_tell(PROMISE, "the load generator itself stood still, and took its own waiting for the shop's")
    if len(steps) < _FEWEST_STEPS:
        return cannot_tell(PROMISE, "the run is too short, or was never again as quiet as at its beginning")
    growths_ms = {step: after_ms[step] - before_ms[step] for step in steps}
    everywhere_ms = max(0.0, median(growths_ms.values()))
    least_ms = max(
        ledger.limits.slower_ms, _SPREAD * median(abs(growth_ms - everywhere_ms) for growth_ms in growths_ms.values())
    )
    offences = []
    numbers = {}
    for step in steps:
        grew_ms = growths_ms[step] - everywhere_ms
        numbers[f"{step}_grew_ms"] = grew_ms
        large = grew_ms >= least_ms and before_ms[step] + grew_ms >= (ledger.limits.slower_times * before_ms[step])
        half_way = between_ms[step] - before_ms[step]
        if large and _STEADILY[0] * grew_ms <= half_way <= _STEADILY[1] * growths_ms[step]:
            what = f"from {before_ms[step]:,.0f} to {after_ms[step]:,.0f} ms"
            offences.append(Offence(what, last[0].at_us, subject=step))
    told = ", ".join(f"{one.subject} {one.what}" for one in offences)
    broken = f"{some(len(offences), 'step')} got slower and slower at the same load: {told}"
    return found(PROMISE, len(steps), "step", offences, broken, numbers=numbers)


def _thirds(paces: Sequence[Pace]) -> tuple[list[Pace], list[Pace], list[Pace]]:
    """By time, of the slices in which anything was answered."""
    slices = sorted({one.at_us for one in paces})
    third = {at_us: 3 * (2 * number + 1) // (2 * len(slices)) for number, at_us in enumerate(slices)}
    parts: tuple[list[Pace], list[Pace], list[Pace]] = ([], [], [])
    for one in paces:
        parts[third[one.at_us]].append(one)
    return parts


def _quick_ms(paces: Iterable[Pace]) -> dict[str, float]:
    """Step to the median of its slices' quickest tenths, each as heavy as it has answers, where there are enough."""
    of_step: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for one in paces:
        of_step[one.step].append((one.quick_ms, one.answers))
    return {step: _middle(slices) for step, slices in of_step.items() if sum(n for _, n in slices) >= _FEWEST}


def _middle(weighted: list[tuple[float, int]]) -> float:
    """The lower weighted median."""
    weighted.sort()
    passed = list(accumulate(n for _, n in weighted))
    return weighted[bisect_left(passed, passed[-1] / 2)][0]
