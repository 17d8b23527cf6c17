"""What slowness and turned-away buyers cost, at the shop's own orders and by two published figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from synthetic import Recipe, make_run

from doorbuster.analysis import open_run
from doorbuster.analysis.revenue import SOURCES, revenue_sentences, share_at_risk, sold_in

BOUGHT = Recipe(seconds=60, order_minor=2000)


def sentences(folder: Path, ours: Recipe, *theirs: Recipe) -> tuple[str, ...]:
    run = open_run(make_run(folder / "this", ours))
    baselines = [open_run(make_run(folder / f"last{number}", one)) for number, one in enumerate(theirs)]
    return revenue_sentences(run, baselines)


def test_a_slower_shop_puts_a_range_of_its_own_orders_at_risk_and_names_both_sources(tmp_path: Path) -> None:
    (said,) = sentences(tmp_path, Recipe(seconds=60, order_minor=2000, run_factor=3.0), BOUGHT)
    sold = sold_in(open_run(tmp_path / "this"))
    assert sold is not None and sold.mean_minor == 2000
    assert f"of the {sold.total_minor / 100:,.2f} EUR that this run's {sold.orders} orders came to" in said
    assert said.endswith(SOURCES) and "Zalando, by experiment" in said and "Deloitte and Google, by observation" in said
    found = re.search(r"slowness: (\S+) % to (\S+) %, (\S+) EUR to (\S+) EUR", said)
    assert found is not None
    low, high, *money = (float(number.replace(",", "")) for number in found.groups())
    assert high / low == pytest.approx(12, rel=0.01)
    assert money == pytest.approx([low * sold.total_minor / 1e4, high * sold.total_minor / 1e4], rel=0.01)


def test_the_warm_up_earns_nothing(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", BOUGHT))
    bought = run.sessions[run.sessions.order_id.notna()]
    sold = sold_in(run)
    assert sold is not None and sold.orders == int((bought.due_us >= 10_000_000).sum()) < len(bought)


def test_the_same_speed_is_said_to_put_nothing_at_risk_that_can_be_told(tmp_path: Path) -> None:
    (said,) = sentences(tmp_path, BOUGHT, Recipe(seed=2, seconds=60, order_minor=2000))
    assert said.startswith("Revenue at risk from slowness: none that can be told;")


def test_buyers_turned_away_are_counted_at_the_mean_order(tmp_path: Path) -> None:
    (said,) = sentences(tmp_path, Recipe(seconds=60, warm_up_s=0, order_minor=2000, lost_buyers=3))
    assert said.startswith("6 of ") and said.endswith("at this run's mean order of 20.00 EUR that is 120.00 EUR.")


@pytest.mark.parametrize("recipe", [Recipe(seconds=20), Recipe(seconds=20, journeys=("browse",))])
def test_without_orders_nothing_is_said(recipe: Recipe, tmp_path: Path) -> None:
    assert sentences(tmp_path, recipe, BOUGHT) == ()


def test_the_range_stops_where_nobody_measured() -> None:
    assert share_at_risk(60_000) == share_at_risk(1000) == (pytest.approx(0.07), pytest.approx(0.84))
