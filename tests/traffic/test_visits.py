"""Same seed, same shoppers: what session i wants depends on (seed, i, catalogue) alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from doorbuster.errors import ScenarioError
from doorbuster.scenario import Shopper
from doorbuster.storefronts.base import Product
from doorbuster.traffic.visit import Visits, with_popularity

SHOPPER = Shopper.model_validate(
    {
        "think": {"default": {"median_s": 4, "p90_s": 12}, "checkout.payment": {"median_s": 8, "p90_s": 25}},
        "coupon_share": 0.2, "double_submit": 0.05, "basket_lines": 1.5, "popularity": 0.95,
    }
)  # fmt: skip
CATALOGUE = [Product(f"hat-{n}", f"hat-{n}-m", f"SKU{n}", 1000 + n, "EUR", 5) for n in range(200)]


def visits(seed: int, run_id: str = "run") -> Visits:
    return Visits(SHOPPER, with_popularity(CATALOGUE, SHOPPER, "test"), ("TEN",), seed, run_id)


def test_the_same_session_wants_the_same_in_any_order() -> None:
    forwards = [visits(1).visit(i, "native_checkout") for i in range(50)]
    backwards = [visits(1).visit(i, "native_checkout") for i in reversed(range(50))]
    assert forwards == backwards[::-1]
    assert forwards != [visits(2).visit(i, "native_checkout") for i in range(50)]


def test_another_run_has_other_intents_and_the_same_shoppers() -> None:
    one, two = visits(1, "a").visit(3, "express_wallet"), visits(1, "b").visit(3, "express_wallet")
    assert one.intent != two.intent
    assert one.lines == two.lines
    assert visits(1).visit(3, "browse").intent is None


def test_shares_come_out_as_the_scenario_says() -> None:
    drawn = [visits(5).visit(i, "native_checkout") for i in range(4000)]
    assert np.mean([v.coupon is not None for v in drawn]) == pytest.approx(0.2, abs=0.025)
    assert np.mean([v.double_submit_after_s is not None for v in drawn]) == pytest.approx(0.05, abs=0.015)
    assert np.median([v.patience_s for v in drawn]) == pytest.approx(30, rel=0.03)


def test_popular_products_are_picked_as_zipf_says() -> None:
    picked = Counter(v.lines[0].product.product for v in (visits(9).visit(i, "browse") for i in range(20_000)))
    ranks = np.arange(1, 21)
    counts = np.array([picked[f"hat-{rank - 1}"] for rank in ranks])
    slope = np.polyfit(np.log(ranks), np.log(counts), 1)[0]
    assert slope == pytest.approx(-0.95, abs=0.08)


def test_think_times_have_the_median_and_p90_of_their_step() -> None:
    shoppers = visits(1)
    for step, median, p90 in (("home", 4, 12), ("checkout.payment", 8, 25)):
        drawn = [shoppers.thinks(session).before(step) for session in range(6000)]
        assert np.quantile(drawn, [0.5, 0.9]) == pytest.approx([median, p90], rel=0.06)


def test_only_named_products_are_picked_and_a_wrong_name_is_said() -> None:
    only = SHOPPER.model_copy(update={"products": ("hat-7",)})
    assert [p.product for p in with_popularity(CATALOGUE, only, "test")] == ["hat-7"]
    with pytest.raises(ScenarioError, match='did you mean "hat-7"'):
        with_popularity(CATALOGUE, SHOPPER.model_copy(update={"products": ("hat7",)}), "drop.toml")
