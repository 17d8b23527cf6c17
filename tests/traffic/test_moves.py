"""Browsing as a log taught: from page to page by the scenario's shares, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from doorbuster.errors import ScenarioError
from doorbuster.journeys.expect import expect
from doorbuster.scenario import Scenario, Shopper, load_scenario
from doorbuster.storefronts.base import Product, Visit
from doorbuster.traffic.moves import MOST_PAGES
from doorbuster.traffic.visit import Visits, with_popularity

MOVES = {
    "start": {"home": 0.6, "product": 0.4},
    "home": {"collection": 0.5, "search": 0.2},
    "collection": {"product": 0.7, "collection": 0.1},
    "search": {"product": 0.8},
    "product": {"product": 0.2, "home": 0.1},
}
SMOKE = Path(__file__).resolve().parents[2] / "scenarios/smoke.toml"


def visit(session: int, journey: str = "browse", moves: dict[str, dict[str, float]] = MOVES) -> Visit:
    shopper = Shopper.model_validate({"think": {"default": {"median_s": 4, "p90_s": 12}}, "moves": moves})
    catalogue = [Product(f"hat-{n}", f"hat-{n}-m", f"SKU{n}", 1000 + n, "EUR", 5) for n in range(50)]
    return Visits(shopper, with_popularity(catalogue, shopper, "test"), (), 7, "run").visit(session, journey)


def test_pages_follow_each_other_as_the_shares_say() -> None:
    walks = [[step for step, _ in visit(session).pages] for session in range(4000)]
    starts = Counter(walk[0] for walk in walks)
    assert starts["home"] / 4000 == pytest.approx(0.6, abs=0.025)
    after = Counter(pair for walk in walks for pair in pairwise(walk))
    left = Counter(walk[-1] for walk in walks)
    for step in ("home", "collection", "search", "product"):
        seen = left[step] + sum(count for (here, _), count in after.items() if here == step)
        for other in ("home", "collection", "search", "product"):
            assert after[step, other] / seen == pytest.approx(MOVES[step].get(other, 0), abs=0.04)


def test_the_same_session_walks_the_same_pages_and_no_other_journey_does() -> None:
    assert visit(3) == visit(3)
    assert [visit(n).pages for n in range(20)] != [visit(n + 20).pages for n in range(20)]
    assert visit(3, "cart").pages == ()


def test_what_was_looked_at_is_what_the_session_is_recorded_with() -> None:
    for session in range(50):
        seen = visit(session)
        products = [product.product for step, product in seen.pages if step == "product"]
        if products:
            assert [line.product.product for line in seen.lines] == list(dict.fromkeys(products))


def test_a_circle_of_pages_ends() -> None:
    endless = {"start": {"home": 1.0}, "home": {"home": 1.0}}
    assert len(visit(1, moves=endless).pages) == MOST_PAGES


def test_the_plan_counts_the_learnt_pages() -> None:
    card = load_scenario(SMOKE)
    short = {"start": {"product": 1.0}}
    learnt: Scenario = card.model_copy(update={"shopper": card.shopper.model_copy(update={"moves": short})})
    assert expect(learnt, 1)["browse"].steps == 1
    assert expect(learnt, 1)["cart"].steps == expect(card, 1)["cart"].steps


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ('start = { home = 1.0 }\nhmoe = { product = 0.2 }', 'no step "hmoe"; did you mean "home"'),
        ("start = { home = 1.0 }\nhome = { checkout = 0.2 }", 'moves.home has no step "checkout"'),
        ("start = { home = 1.0 }\nhome = { product = 0.7, search = 0.7 }", "moves.home adds up to 1.4"),
        ("home = { product = 0.7 }", "moves.start must add up to 1"),
        ("start = { home = -1.0, product = 2.0 }", "moves.start.home"),
    ],
)  # fmt: skip
def test_wrong_moves_are_one_sentence(tmp_path: Path, moves: str, said: str) -> None:
    path = tmp_path / "s.toml"
    text = SMOKE.read_text()
    path.write_text(text + "\n[shopper.moves]\n" + moves + "\n")
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    assert said in str(refused.value) and "\n" not in str(refused.value)
