"""What one shopper came for: products, coupon, patience and think times, from (seed, session, catalogue) alone."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from statistics import NormalDist

from doorbuster.errors import ScenarioError, did_you_mean
from doorbuster.scenario import Shopper
from doorbuster.storefronts.base import Line, Product, Visit

_Z90 = 1.2815515655446004  # 90 % point of the standard normal
_PATIENCE_SIGMA = 0.25
_BUYING = frozenset({"native_checkout", "express_wallet"})


def with_popularity(products: Sequence[Product], shopper: Shopper, where: str) -> list[Product]:
    """The products shoppers pick from, each with its Zipf weight by catalogue rank. Raises ScenarioError."""
    by_name = {product.product: product for product in products}
    for name in shopper.products:
        if name not in by_name:
            raise ScenarioError(f'{where}: shopper.products: the shop has no "{name}"{did_you_mean(name, by_name)}')
    chosen = [by_name[name] for name in shopper.products] if shopper.products else list(products)
    if not chosen:
        raise ScenarioError(f"{where}: the shop's catalogue is empty; load its products before the rehearsal")
    return [
        Product(p.product, p.variant, p.sku, p.price_minor, p.currency, p.stock, rank**-shopper.popularity)
        for rank, p in enumerate(chosen, start=1)
    ]


class Visits:
    """Draws visits from a catalogue snapshot."""

    def __init__(
        self, shopper: Shopper, catalogue: Sequence[Product], coupons: Sequence[str], seed: int, run_id: str
    ) -> None:
        """`run_id` only tells this run's purchase intents from another run's on the same shop."""
        self._run_id = run_id
        self._shopper = shopper
        self._catalogue = catalogue
        self._coupons = tuple(coupons)
        self._seed = seed
        self._cumulative = list(accumulate(product.weight for product in catalogue))

    def visit(self, session: int, journey: str) -> Visit:
        """Session number and journey to what that shopper wants."""
        # Every draw is made for every journey, so that changing one share does not reshuffle the others.
        draw = Random(f"{self._seed}:{session}:visit").random
        how_many = _geometric(draw(), self._shopper.basket_lines)
        search, has_coupon, which_coupon = draw(), draw(), draw()
        patience, double, gap = draw(), draw(), draw()
        picked: dict[str, Line] = {}
        for _ in range(min(how_many, 20)):
            product = self._pick(draw())
            picked.setdefault(product.product, Line(product, 1))
        lines = tuple(picked.values())
        buys = journey in _BUYING
        return Visit(
            session=session,
            journey=journey,
            intent=f"{self._run_id}-{session}" if buys else None,
            lines=lines,
            query=lines[0].product.product.split("-")[0] if search < self._shopper.search_share else "",
            coupon=self._coupons[int(which_coupon * len(self._coupons))]
            if self._coupons and has_coupon < self._shopper.coupon_share
            else None,
            patience_s=self._shopper.patience_s * math.exp(_PATIENCE_SIGMA * _normal(patience)),
            double_submit_after_s=0.03 + 0.25 * gap if double < self._shopper.double_submit else None,
        )

    def _pick(self, draw: float) -> Product:
        return self._catalogue[bisect(self._cumulative, draw * self._cumulative[-1], hi=len(self._catalogue) - 1)]


class ThinkTimes:
    """Seconds a shopper thinks before a step: log-normal by step."""

    def __init__(self, shopper: Shopper, seed: int, session: int) -> None:
        self._shopper = shopper
        self._draw = Random(f"{seed}:{session}:think").random

    def before(self, step: str) -> float:
        think = self._shopper.think.get(step) or self._shopper.think["default"]
        sigma = math.log(think.p90_s / think.median_s) / _Z90
        return think.median_s * math.exp(sigma * _normal(self._draw()))


def _geometric(uniform: float, mean: float) -> int:
    """A count of at least one with the given mean."""
    return 1 if mean <= 1 else 1 + int(math.log(1 - uniform) / math.log(1 - 1 / mean))


def _normal(uniform: float) -> float:
    """A uniform draw as a standard normal one, by the inverse distribution: one draw to one value."""
    return NormalDist().inv_cdf(min(max(uniform, 1e-12), 1 - 1e-12))
