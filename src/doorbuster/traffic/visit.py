"""What one shopper came for: products, coupon, patience and think times, from (seed, session, catalogue) alone."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate, islice
from statistics import NormalDist
from struct import Struct
from typing import TYPE_CHECKING

from doorbuster.errors import ScenarioError, did_you_mean
from doorbuster.scenario import Shopper
from doorbuster.storefronts.base import Line, Product, Visit
from doorbuster.traffic.combinations import SEVERAL, TWO_CODES, Deal
from doorbuster.traffic.moves import Moves

if TYPE_CHECKING:
    from doorbuster.traffic.pools import Dealer

_z = NormalDist().inv_cdf  # a uniform draw as a standard normal one: one draw to one value
_Z90 = _z(0.9)
_PATIENCE_SIGMA = 0.25
_MOST_LINES = 20
_BUYING = frozenset({"native_checkout", "express_wallet"})
_words = Struct("<16I").unpack


def draws(seed: int, session: int, purpose: str, block: int = 0) -> list[float]:
    """Sixteen uniform numbers between 0 and 1, both excluded: a pure function of what they are drawn for.

    A hash instead of a seeded generator, because seeding one takes as long as a hundred draws and a visit needs ten.
    """
    words: tuple[int, ...] = _words(blake2b(f"{seed}:{session}:{purpose}:{block}".encode()).digest())
    return [(word + 0.5) * 2.0**-32 for word in words]


def tries_codes(seed: int, session: int, share: float) -> bool:
    """Whether this shopper tries a discount code, where their journey has a place for one."""
    return draws(seed, session, "visit")[2] < share


def with_popularity(
    products: Sequence[Product], shopper: Shopper, where: str, *, weighted: bool = False
) -> list[Product]:
    """The products shoppers pick from, each with its Zipf weight by catalogue rank; or `weighted` as they are.

    Raises ScenarioError.
    """
    by_name = {product.product: product for product in products}
    for name in shopper.products:
        if name not in by_name:
            raise ScenarioError(f'{where}: shopper.products: the shop has no "{name}"{did_you_mean(name, by_name)}')
    chosen = [by_name[name] for name in shopper.products] if shopper.products else list(products)
    if not chosen:
        raise ScenarioError(f"{where}: the shop's catalogue is empty; load its products before the rehearsal")
    if weighted:
        if not sum(product.weight for product in chosen):
            raise ScenarioError(f"{where}: shopper.products: all of these weigh 0 in pools.products; raise one")
        return chosen
    return [
        Product(p.product, p.variant, p.sku, p.price_minor, p.currency, p.stock, rank**-shopper.popularity)
        for rank, p in enumerate(chosen, start=1)
    ]


class Visits:
    """Draws visits, and the think times in between, from a catalogue snapshot."""

    def __init__(
        self,
        shopper: Shopper,
        catalogue: Sequence[Product],
        coupons: Sequence[str],
        seed: int,
        run_id: str,
        dealer: Dealer | None = None,
    ) -> None:
        """`run_id` only tells this run's purchase intents from another run's on the same shop; `dealer` deals from the
        scenario's pools."""
        self._run_id = run_id
        self._lines = [Line(product, 1) for product in catalogue]
        self._coupons = tuple(coupons)
        self._seed = seed
        self._cumulative = list(accumulate(product.weight for product in catalogue))
        # Plain values: attributes of a validated model are looked up in several places each time.
        self._basket_lines, self._search_share = shopper.basket_lines, shopper.search_share
        self._coupon_share = shopper.coupon_share if coupons else 0.0
        self._patience_s, self._double_submit = shopper.patience_s, shopper.double_submit
        self._think = think_table(shopper)
        self._moves = Moves(shopper.moves) if shopper.moves else None
        deals = shopper.combinations == "pairwise"
        self._deal = Deal(self._coupons, lambda block: draws(seed, 0, "deal", block)) if deals else None
        self._dealer = dealer

    def visit(self, session: int, journey: str) -> Visit:
        """Session number and journey to what that shopper wants."""
        # Every draw is made for every journey, so that changing one share does not reshuffle the others.
        basket, search, has_coupon, which_coupon, patience, double, gap, *picks = draws(self._seed, session, "visit")
        how_many = min(_geometric(basket, self._basket_lines), _MOST_LINES)
        if how_many > len(picks):
            picks += draws(self._seed, session, "visit", 1)
        pages = self._pages(session) if self._moves and journey == "browse" else ()
        seen = [product for step, product in pages if step == "product"]
        wanted = dict.fromkeys(map(self._pick, picks[:how_many]))
        lines = tuple([Line(p, 1) for p in dict.fromkeys(seen)] or [self._lines[index] for index in wanted])
        visit = Visit(
            session=session,
            journey=journey,
            intent=f"{self._run_id}-{session}" if journey in _BUYING else None,
            lines=lines,
            query=lines[0].product.search_word if search < self._search_share else "",
            coupon=self._coupons[int(which_coupon * len(self._coupons))] if has_coupon < self._coupon_share else None,
            patience_s=self._patience_s * math.exp(_PATIENCE_SIGMA * _z(patience)),
            double_submit_after_s=0.03 + 0.25 * gap if double < self._double_submit else None,
            pages=pages,
        )
        visit = self._as_dealt(visit, self._deal) if self._deal and visit.intent else visit
        return self._dealer.provide(visit) if self._dealer else visit

    def _as_dealt(self, visit: Visit, deal: Deal) -> Visit:
        """The same shopper with the codes and the basket of the combination that the session was dealt."""
        dealt = deal.of(visit.session, visit.journey)
        first, gap, *picks = draws(self._seed, visit.session, "combination")
        codes: tuple[str, ...] = (dealt.discount,) if dealt.discount in self._coupons else ()
        if dealt.discount == TWO_CODES:
            one = int(first * len(self._coupons))
            other = one + 1 + int(gap * (len(self._coupons) - 1))
            codes = (self._coupons[one], self._coupons[other % len(self._coupons)])
        lines = visit.lines if dealt.basket == SEVERAL else visit.lines[:1]
        if dealt.basket == SEVERAL and len(lines) == 1:
            others = (self._lines[index] for index in map(self._pick, picks) if self._lines[index] != lines[0])
            lines = (*lines, *islice(others, 1))
        return visit._replace(coupon=codes[0] if codes else None, more_codes=codes[1:], lines=lines, combination=dealt)

    def _pages(self, session: int) -> tuple[tuple[str, Product], ...]:
        assert self._moves is not None
        walked = self._moves.pages(lambda block: draws(self._seed, session, "moves", block))
        return tuple([(step, self._lines[self._pick(which)].product) for step, which in walked])

    def thinks(self, session: int) -> ThinkTimes:
        """What that shopper thinks before each step."""
        return ThinkTimes(self._think, self._seed, session)

    def _pick(self, draw: float) -> int:
        return bisect(self._cumulative, draw * self._cumulative[-1], hi=len(self._lines) - 1)


ThinkTable = dict[str, tuple[float, float]]
"""Step to the median in seconds and the standard deviation of its logarithm."""


def think_table(shopper: Shopper) -> ThinkTable:
    return {
        step: (think.median_s, math.log(think.p90_s / think.median_s) / _Z90) for step, think in shopper.think.items()
    }


class ThinkTimes:
    """Seconds a shopper thinks before a step: log-normal by step."""

    __slots__ = ("_blocks", "_left", "_seed", "_session", "_table")

    def __init__(self, table: ThinkTable, seed: int, session: int) -> None:
        self._table = table
        self._seed, self._session = seed, session
        self._blocks = 0
        self._left: list[float] = []

    def before(self, step: str) -> float:
        """Seconds; each call is the next thought."""
        if not self._left:
            self._left = draws(self._seed, self._session, "think", self._blocks)[::-1]
            self._blocks += 1
        table = self._table
        median_s, sigma = table.get(step) or table["default"]
        return median_s * math.exp(sigma * _z(self._left.pop()))


def _geometric(uniform: float, mean: float) -> int:
    """A count of at least one with the given mean."""
    return 1 if mean <= 1 else 1 + int(math.log(1 - uniform) / math.log(1 - 1 / mean))
