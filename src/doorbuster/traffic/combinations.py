"""Combinations of discount, upsell, way to pay and basket, so dealt that every two levels meet in some session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from allpairspy import AllPairs

from doorbuster.storefronts.base import Combination

NO_CODE: Final = "no code"
TWO_CODES: Final = "two codes"
SEVERAL: Final = "several"
_MOST_CODES: Final = 6
"""Codes that are levels of their own; a shop with hundreds would never see its upsell meet all of them."""
_WAY_OF: Final = {"native_checkout": "native", "express_wallet": "wallet"}


def covering_rows(codes: Sequence[str]) -> list[Combination]:
    """Few combinations in which every two levels of different factors occur together.

    The journey decides the way to pay, so each way has a covering design of its own; what is dealt is of that one.

    >>> len(covering_rows(["TEN", "FREE"])) < 4 * 3 * 2 * 2
    True
    """
    discounts = [NO_CODE, *codes[:_MOST_CODES], *([TWO_CODES] if len(codes) > 1 else [])]
    factors = [discounts, ["not offered", "declined", "accepted"], ["one product", SEVERAL]]
    rows = [tuple(row) for row in AllPairs(factors)]
    return [Combination(discount, upsell, way, basket) for way in _WAY_OF.values() for discount, upsell, basket in rows]


class Deal:
    """Deals the rows to buying sessions, each from those of its own way to pay."""

    def __init__(self, codes: Sequence[str], draws: Callable[[int], list[float]]) -> None:
        """`draws` gives uniform numbers, block by block: they say in which order the rows are dealt."""
        rows = covering_rows(codes)
        order = [draw for block in range(len(rows) // 16 + 1) for draw in draws(block)][: len(rows)]
        shuffled = [row for _, row in sorted(zip(order, rows, strict=True))]
        self._rows = {journey: [row for row in shuffled if row.way == way] for journey, way in _WAY_OF.items()}

    def of(self, session: int, journey: str) -> Combination:
        """What that session was dealt; neighbours by number get different rows."""
        rows = self._rows[journey]
        return rows[session % len(rows)]
