"""What some shoppers have in common that the others have not: the combination of factors that explains them best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Final

from doorbuster.promises.cart_rows import Levels

_WITHOUT: Final = {"discount": ("no code", "any code")}
"""Factor to the level that means nothing of the kind, and what all its others are called together."""


def in_common(these: Counter[Levels], others: Counter[Levels]) -> Levels:
    """The levels that tell `these` shoppers from the `others`; empty where nothing does.

    Of all combinations the one with the best Dice coefficient: many of these have it, and few of the others. Of equal
    ones the shortest stands. Dice (1945), doi:10.2307/1932409.
    """

    def score(levels: Levels) -> tuple[float, int]:
        hits = with_all(levels, these)
        return 2 * hits / (these.total() + hits + with_all(levels, others)), -len(levels)

    return max(_every_combination(these), key=score) if these else ()


def with_all(levels: Levels, shoppers: Counter[Levels]) -> int:
    """How many of them have all these levels."""
    return sum(count for dealt, count in shoppers.items() if all(_has(dealt, *level) for level in levels))


def told(levels: Levels) -> str:
    """`discount any code, upsell accepted`."""
    return ", ".join(f"{factor} {level}" for factor, level in levels)


def _has(dealt: Levels, factor: str, level: str) -> bool:
    none, any_other = _WITHOUT.get(factor, ("", ""))
    if level == any_other:
        return any(name == factor and its != none for name, its in dealt)
    return (factor, level) in dealt


def _every_combination(these: Counter[Levels]) -> Iterator[Levels]:
    """Each level that one of these has with each of the other factors', and with factors left out."""
    seen = dict.fromkeys(level for dealt in sorted(these) for level in dealt)
    choices = []
    for factor in dict.fromkeys(factor for factor, _ in seen):
        together = [(factor, _WITHOUT[factor][1])] if factor in _WITHOUT else []
        choices.append([None, *together, *sorted(level for level in seen if level[0] == factor)])
    for chosen in product(*choices):
        yield tuple(level for level in chosen if level is not None)
