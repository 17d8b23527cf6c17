"""Buyers are dealt combinations in which every two levels meet, the same ones on every worker."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import combinations, product

import pytest

from doorbuster.storefronts.base import Combination, Product
from doorbuster.traffic.combinations import covering_rows
from doorbuster.traffic.visit import Visits, with_popularity
from tests.traffic.test_visits import CATALOGUE, SHOPPER

CODES = ("TEN", "FREE", "BIG", "VIP")
JOURNEYS = ("native_checkout", "express_wallet")
PAIRWISE = SHOPPER.model_copy(update={"combinations": "pairwise"})


def visits(seed: int = 1, codes: tuple[str, ...] = CODES, shopper: object = PAIRWISE) -> Visits:
    return Visits(shopper, with_popularity(CATALOGUE, SHOPPER, "test"), codes, seed, "run")  # type: ignore[arg-type]


def dealt(seed: int, sessions: range, journey: str) -> list[Combination]:
    shoppers = visits(seed)
    return [one for one in (shoppers.visit(i, journey).combination for i in sessions) if one]


@pytest.mark.parametrize("codes", [(), ("TEN",), CODES, tuple(f"C{n}" for n in range(40))])
def test_every_two_levels_meet(codes: tuple[str, ...]) -> None:
    rows = covering_rows(codes)
    levels = [sorted({row[factor] for row in rows}) for factor in range(4)]
    assert [len(column) for column in levels] == [1 + min(len(codes), 6) + (len(codes) > 1), 3, 2, 2]
    for one, other in combinations(range(4), 2):
        assert {(row[one], row[other]) for row in rows} == set(product(levels[one], levels[other]))


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_few_dozen_buyers_are_dealt_every_row_of_their_way_to_pay(journey: str) -> None:
    rows = Counter(row for row in covering_rows(CODES) if row.way == ("wallet" if "wallet" in journey else "native"))
    assert Counter(dealt(1, range(len(rows)), journey)) == rows


def test_the_seed_decides_who_is_dealt_what_and_nothing_else_does() -> None:
    assert dealt(1, range(40), JOURNEYS[0]) == dealt(1, range(40), JOURNEYS[0])
    assert dealt(1, range(40), JOURNEYS[0]) != dealt(2, range(40), JOURNEYS[0])
    assert dealt(1, range(20, 40), JOURNEYS[0]) == dealt(1, range(40), JOURNEYS[0])[20:]


def test_another_process_deals_the_same() -> None:
    code = f"from doorbuster.traffic.combinations import covering_rows; print(covering_rows({CODES!r}))"
    for hash_seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        assert run.stdout.strip() == repr(covering_rows(CODES))


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_buyer_wants_what_was_dealt(journey: str) -> None:
    shoppers = visits()
    pairs = set()
    for session in range(600):
        visit = shoppers.visit(session, journey)
        assert visit.combination is not None
        expected = {"no code": 0, "two codes": 2}.get(visit.combination.discount, 1)
        assert len(set(visit.codes)) == len(visit.codes) == expected
        if expected == 1:
            assert visit.codes == (visit.combination.discount,)
        elif expected == 2:
            pairs.add(visit.codes)
        assert (len(visit.lines) > 1) == (visit.combination.basket == "several")
        assert len({line.product.product for line in visit.lines}) == len(visit.lines)
    assert len(pairs) == len(CODES) * (len(CODES) - 1)


def test_who_does_not_buy_is_dealt_nothing_and_off_is_as_before() -> None:
    for session in range(50):
        plain = visits(shopper=SHOPPER).visit(session, "native_checkout")
        assert (plain.combination, plain.more_codes) == (None, ())
        bought = visits().visit(session, "native_checkout")
        assert (bought.intent, bought.patience_s, bought.query) == (plain.intent, plain.patience_s, plain.query)
        assert visits().visit(session, "cart") == visits(shopper=SHOPPER).visit(session, "cart")


def test_a_catalogue_of_one_product_has_no_basket_of_several() -> None:
    one = [Product("hat", "hat-m", "SKU", 1000, "EUR", 5)]
    shoppers = Visits(PAIRWISE, one, CODES, 1, "run")
    assert {len(shoppers.visit(session, "native_checkout").lines) for session in range(40)} == {1}
