"""Shoppers are dealt from a shop's files: the same on every worker, no code twice, no password anywhere."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from doorbuster.errors import ExportError, ScenarioError, TargetError
from doorbuster.journeys.expect import expect
from doorbuster.scenario import PoolsCard, load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Address, Customer, Product, Visit
from doorbuster.traffic.outlook import outlook
from doorbuster.traffic.plan import Plan, build_plan
from doorbuster.traffic.pool_files import pool_paths, read_pools
from doorbuster.traffic.pools import (
    NO_POOLS,
    Dealer,
    Pools,
    check_accounts,
    sessions_with_accounts,
    sessions_with_codes,
)
from doorbuster.traffic.visit import Visits, with_popularity
from doorbuster.vocabulary import JOURNEYS
from tests.conftest import ROOT, write_scenario

CATALOGUE = [Product(f"hat-{n}", f"hat-{n}-m", f"SKU{n}", 1000 + n, "EUR", 5) for n in range(50)]
SPAIN = Address("A", "1 Example Street", "Madrid", "MD", "ES", "28001")
FRANCE = Address("B", "2 Example Street", "Lyon", "ARA", "FR", "69001")
ALL = Pools(
    single_use=tuple(f"ONCE-{n}" for n in range(40)),
    addresses=(SPAIN, FRANCE),
    address_weights=(3.0, 1.0),
    customers=tuple(Customer(f"buyer-{n}@shop.example", f"secret-{n}") for n in range(7)),
    customers_share=0.47,
)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    scenario = write_scenario(tmp_path, [40.0] * 20)
    return build_plan(load_scenario(scenario), tmp_path / load_scenario(scenario).traffic.curve)


def visits(plan: Plan, pools: Pools = ALL, codes: tuple[str, ...] = ()) -> list[Visit]:
    """What one process deals to all of the plan's sessions."""
    shopper = plan.scenario.shopper
    dealing = Visits(shopper, with_popularity(CATALOGUE, shopper, "test"), codes, plan.seed, "run", Dealer(pools, plan))
    return [dealing.visit(session, JOURNEYS[journey]) for session, journey in enumerate(plan.journey_index)]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_deal_what_one_alone_would_and_no_code_twice(plan: Plan, workers: int) -> None:
    alone = visits(plan)
    dealt = [visit for rank in range(workers) for visit in visits(plan)[rank::workers]]
    assert sorted(dealt, key=lambda visit: visit.session) == alone
    codes = Counter(visit.coupon for visit in dealt if visit.coupon)
    assert codes == dict.fromkeys(ALL.single_use or (), 1)  # all of them, because more would try one


def test_whoever_looks_around_uses_no_code_up_and_the_first_to_try_get_them(plan: Plan) -> None:
    holders = [visit.session for visit in visits(plan) if visit.coupon]
    assert holders == sessions_with_codes(plan)[:40].tolist()
    assert {JOURNEYS[plan.journey_index[session]] for session in holders} == set(JOURNEYS) - {"browse"}


def test_a_pool_that_is_large_enough_serves_everybody_who_would_have_tried_a_shared_code(plan: Plan) -> None:
    plenty = replace(ALL, single_use=tuple(f"ONCE-{n}" for n in range(plan.due_us.size)))
    shared = visits(plan, NO_POOLS, ("TEN",))
    own = visits(plan, plenty)
    trying = [visit.session for visit in shared if visit.coupon and visit.journey != "browse"]
    assert [visit.session for visit in own if visit.coupon] == trying


def test_a_pool_moves_no_other_draw(plan: Plan) -> None:
    without = visits(plan, NO_POOLS)
    with_pools = [visit._replace(coupon=None, address=None, customer=None) for visit in visits(plan)]
    assert with_pools == without
    homes = [visit.address for visit in visits(plan, replace(ALL, customers=(), single_use=None))]
    assert homes == [visit.address for visit in visits(plan, replace(ALL, customers=()))]


def test_homes_follow_the_weights_and_a_customer_lives_at_one_address(plan: Plan) -> None:
    guests = Counter(visit.address for visit in visits(plan) if visit.customer is None)
    assert guests[SPAIN] / guests.total() == pytest.approx(0.75, abs=0.06)
    homes: dict[str, set[Address | None]] = {}
    for visit in visits(plan):
        if visit.customer:
            homes.setdefault(visit.customer.email, set()).add(visit.address)
    assert [len(different) for different in homes.values()] == [1] * 7


def test_accounts_go_round_among_the_native_checkouts(plan: Plan) -> None:
    native = [visit for visit in visits(plan) if visit.journey == "native_checkout"]
    returning = [visit for visit in native if visit.customer]
    assert len(returning) / len(native) == pytest.approx(0.47, abs=0.09)
    assert [visit.customer for visit in returning] == [ALL.customers[n % 7] for n in range(len(returning))]
    assert not [visit for visit in visits(plan) if visit.customer and visit.journey != "native_checkout"]


def test_a_plan_says_when_codes_or_accounts_will_not_do(plan: Plan) -> None:
    expected = expect(plan.scenario, plan.seed)
    trying, returning = sessions_with_codes(plan), sessions_with_accounts(plan, 0.47)
    codes, accounts = outlook(plan, expected, ALL).warnings[-2:]
    assert f"holds 40 codes, {trying.size} sessions would try one" in codes
    assert f"from {plan.due_us[trying[40]] / 1e6:.0f} s into the run nobody has a code" in codes
    assert f"7 accounts for {returning.size} sessions that log in" in accounts
    (missing,) = set(outlook(plan, expected, replace(ALL, customers=(), single_use=None)).warnings) - set(
        outlook(plan, expected).warnings
    )
    assert "DOORBUSTER_CUSTOMERS" in missing
    enough = replace(ALL, single_use=tuple(map(str, range(trying.size))), customers=ALL.customers * returning.size)
    assert outlook(plan, expected, enough).warnings == outlook(plan, expected).warnings


def test_shoppers_who_would_log_in_need_accounts() -> None:
    check_accounts(NO_POOLS)
    check_accounts(ALL)
    with pytest.raises(TargetError, match="DOORBUSTER_CUSTOMERS"):
        check_accounts(replace(ALL, customers=()))


def test_a_password_shows_in_no_text() -> None:
    assert "secret-3" not in repr(ALL)
    assert "buyer-3" in repr(ALL)


def test_processes_with_other_accounts_are_told_apart_without_saying_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for password in ("one", "other"):
        (tmp_path / "customers.csv").write_text(f"email,password\na@b.example,planted-{password}\n")
        monkeypatch.setenv("DOORBUSTER_CUSTOMERS", str(tmp_path / "customers.csv"))
        said.append(Settings().told_apart_by())
    assert said[0] != said[1]
    assert "planted" not in str(said)
    assert "customers.csv" not in str(said)


def card(**named: object) -> PoolsCard:
    return PoolsCard.model_validate(named)


def test_the_example_set_loads() -> None:
    names = ("products", "addresses", "single_use_coupons")
    mine = card(**{name: f"pools/{name}.csv" for name in names}, customers_share=0.47)
    folder = ROOT / "scenarios"
    pools = read_pools(pool_paths(mine, folder), mine, folder / "pools/customers.csv")
    assert pools.products is not None
    shirt, _, scarf, card_50 = pools.products
    assert shirt == Product("linen-shirt", "linen-shirt-m", "LS-M", 3990, "EUR", 120, 5.0)
    assert (scarf.variant, card_50.stock, pools.weighted) == ("wool-scarf", None, True)
    assert with_popularity(pools.products, load_scenario(folder / "smoke.toml").shopper, "test", weighted=True) == [
        *pools.products
    ]
    assert [address.country for address in pools.addresses] == ["ES", "ES", "FR", "DE"]
    assert len(pools.single_use or ()) == 5
    assert [customer.password for customer in pools.customers][:1] == ["made-for-staging-1"]
    shared = card(coupons="pools/coupons.csv")
    assert read_pools(pool_paths(shared, folder), shared, None).coupons == ("NOVEMBER10", "FREESHIPPING")


WRONG = {
    "no such column": ("products", "product,prize,currency\n", 'line 1: no column price; did you mean "prize"?'),
    "no rows": ("products", "product,price,currency\n", "holds no rows; add some"),
    "no price": ("products", "product,price,currency\na,,EUR\n", "line 2, column price: is empty"),
    "a price in words": ("products", "product,price,currency\na,dear,EUR\n", 'line 2, column price: "dear" is no'),
    "a currency sign": ("products", "product,price,currency\na,1,€\n", 'column currency: "€" is no currency'),
    "a variant twice": ("products", "product,price,currency\na,1,EUR\na,2,EUR\n", '"a" stood in line 2 before'),
    "half a unit": ("products", "product,price,currency,stock\na,1,EUR,0.5\n", 'column stock: "0.5" is no whole'),
    "a weight below zero": ("products", "product,price,currency,weight\na,1,EUR,-1\n", '"-1" is no weight'),
    "a weight that is none": ("products", "product,price,currency,weight\na,1,EUR,nan\n", '"nan" is no weight'),
    "no weight at all": ("products", "product,price,currency,weight\na,1,EUR,0\n", "every row weighs 0"),
    "a country's name": (
        "addresses",
        "name,line_one,city,country,postal_code\nA,1 Street,Madrid,Spain,28001\n",
        'line 2, column country: "Spain" is no country',
    ),
    "a code twice": ("single_use_coupons", "code\nA\nB\nA\n", 'line 4, column code: "A" stood in line 2 before'),
    "a cell too many": ("coupons", "code\nA,B\n", "line 2: 2 cells where the header has 1"),
    "an open quote": ("coupons", 'code\n"A\n', "unexpected end of data; export it again as CSV"),
}


@pytest.mark.parametrize(("pool", "text", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_said_with_its_line_and_column(tmp_path: Path, pool: str, text: str, said: str) -> None:
    (tmp_path / "pool.csv").write_text(text)
    mine = card(**{pool: "pool.csv"})
    with pytest.raises(ExportError) as wrong:
        read_pools(pool_paths(mine, tmp_path), mine, None)
    assert str(tmp_path / "pool.csv") in str(wrong.value)
    assert said in str(wrong.value)


@pytest.mark.parametrize("text", ["email,password\nplanted-1,a@b.example\n", "email,password\na@b.example,\n"])
def test_a_wrong_file_of_accounts_is_said_without_what_it_holds(tmp_path: Path, text: str) -> None:
    (tmp_path / "customers.csv").write_text(text)
    with pytest.raises(ExportError, match="line 2, column") as wrong:
        read_pools({}, card(customers_share=0.5), tmp_path / "customers.csv")
    assert "planted" not in str(wrong.value)
    assert not read_pools({}, card(), tmp_path / "customers.csv").customers  # nobody logs in, nobody reads it


def test_pools_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    write_scenario(tmp_path, [1.0], more='[pools]\ncoupons = "a.csv"\nsingle_use_coupons = "b.csv"')
    with pytest.raises(ScenarioError, match="exclude each other"):
        load_scenario(tmp_path / "short.toml")


def test_the_examples_of_the_document_load(tmp_path: Path) -> None:
    page = (ROOT / "docs/pools.md").read_text()
    examples = re.findall(r"```toml\n(.+?)```", page, re.S)
    assert len(examples) == 2
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    scenario = tmp_path / "scenarios/mine.toml"
    for example in examples:
        scenario.write_text((ROOT / "scenarios/smoke.toml").read_text() + example)
        mine = load_scenario(scenario).pools
        assert read_pools(pool_paths(mine, scenario.parent), mine, ROOT / "scenarios/pools/customers.csv") != NO_POOLS
    files = re.findall(r"```csv\n(.+?)```", page, re.S)
    for name, text in zip(("products", "addresses", "single_use_coupons", ""), files, strict=True):
        (tmp_path / "file.csv").write_text(text)
        paths = {name: tmp_path / "file.csv"} if name else {}
        read = read_pools(paths, card(customers_share=0.5), None if name else tmp_path / "file.csv")
        assert read != replace(NO_POOLS, customers_share=0.5)
