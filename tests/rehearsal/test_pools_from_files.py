"""A rehearsal with pools: shoppers live where the file says, each code is tried once, and no password is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from doorbuster.record.directory import RunDirectory
from doorbuster.staging.environment import Addresses
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.load_run import load_run, pack_run, unpack_run
from tests.conftest import Doorbuster, write_scenario
from tests.rehearsal.conftest import run_to_end

POOLS = """
[pools]
addresses = "where.csv"
single_use_coupons = "once.csv"
"""
WHERE = "name,line_one,city,state,country,postal_code,weight\n" + "".join(
    f"A,1 Example Street,{city},{city[:2]},{country},12345,{weight}\n"
    for city, country, weight in (("Porto", "PT", 3), ("Wien", "AT", 1), ("Oslo", "NO", 0))
)
CODES = [f"ONCE-{n}" for n in range(10)]


def write_pools(folder: Path) -> None:
    (folder / "where.csv").write_text(WHERE)
    (folder / "once.csv").write_text("\n".join(["code", *CODES]) + "\n")


def test_two_workers_send_shoppers_home_as_the_file_says_and_try_no_code_twice(
    tmp_path: Path, staging: Addresses
) -> None:
    write_pools(tmp_path)
    scenario = write_scenario(tmp_path, [12.0, 24.0, 24.0, 12.0], more=POOLS)
    said = run_to_end(tmp_path, scenario, "--target", staging.shop_url, "--workers", "2")
    assert said.returncode in (0, 4), said.stderr  # a busy machine may send late; who was dealt what does not change
    run = tmp_path / said.stdout.splitlines()[-1]
    facts = pd.read_parquet(run / "facts.parquet")
    orders = facts[(facts.witness == "shop") & (facts.kind == "order")].detail.map(json.loads)
    assert set(orders.map(lambda order: order["region"])) == {"PT", "AT"}
    sessions = pd.read_parquet(run / "sessions.parquet")
    tried = sessions.coupon.dropna()
    assert sorted(tried) == sorted(CODES)
    assert not sessions[sessions.journey == "browse"].coupon.notna().any()
    # What a worker is sent is enough to deal the same again.
    there = unpack_run(pack_run(RunDirectory(run)), tmp_path / "there")
    _, floor = load_run(there, RunClock(0.0), lambda *_: None)
    for session, journey, coupon in sessions[["session", "journey", "coupon"]].itertuples(index=False):
        visit = floor.visits.visit(session, journey)
        assert visit.coupon == (coupon if isinstance(coupon, str) else None)
        assert visit.address is not None
        assert visit.address.country in ("PT", "AT")


def test_products_from_a_file_are_what_shoppers_pick(tmp_path: Path, staging: Addresses) -> None:
    (tmp_path / "goods.csv").write_text("product,price,currency\nnot-in-this-shop,9.90,EUR\n")
    scenario = write_scenario(tmp_path, [4.0, 4.0], more='[pools]\nproducts = "goods.csv"')
    said = run_to_end(tmp_path, scenario, "--target", staging.shop_url)
    run = tmp_path / said.stdout.splitlines()[-1]
    (picked,) = pd.read_parquet(run / "catalogue.parquet").to_dict("records")
    assert (picked["product"], picked["price_minor"], picked["sku"]) == ("not-in-this-shop", 990, "not-in-this-shop")
    assert {product for row in pd.read_parquet(run / "sessions.parquet").products for product in row} == {
        "not-in-this-shop"
    }


ADAPTER = """
from dataclasses import replace
from doorbuster.storefronts.staging import PLATFORM as STAGING

PLATFORM = replace(STAGING, accounts=True)
"""
ACCOUNTS = "email,password\n" + "".join(f"buyer-{n}@shop.example,planted-Passw0rd-{n}\n" for n in range(4))


def test_accounts_reach_shoppers_and_nothing_that_is_kept_or_sent(
    tmp_path: Path, staging: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.py").write_text(ADAPTER)
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    more = '[storefront]\nplatform = "shop.py"\n[pools]\ncustomers_share = 0.9'
    scenario = write_scenario(tmp_path, [10.0, 10.0], more=more)
    env = {"DOORBUSTER_CUSTOMERS": str(tmp_path / "accounts.csv")}
    said = run_to_end(tmp_path, scenario, "--target", staging.shop_url, env=env)
    assert said.returncode in (0, 4), said.stderr
    run = RunDirectory(tmp_path / said.stdout.splitlines()[-1])
    for kept in (file for file in run.path.rglob("*") if file.is_file()):
        assert b"planted-Passw0rd" not in kept.read_bytes(), kept
    assert "planted" not in said.stdout + said.stderr + str(pack_run(run))
    assert run.read_run()["pools"] == {"accounts": 4, "customers_share": 0.9}
    monkeypatch.setenv("DOORBUSTER_CUSTOMERS", env["DOORBUSTER_CUSTOMERS"])
    _, floor = load_run(run, RunClock(0.0), lambda *_: None)
    native = pd.read_parquet(run.path / "sessions.parquet").query("journey == 'native_checkout'").session
    customers = [floor.visits.visit(session, "native_checkout").customer for session in native]
    assert {customer.password for customer in customers if customer} >= {"planted-Passw0rd-0", "planted-Passw0rd-1"}


def test_pools_that_cannot_be_dealt_are_refused_before_anything_is_sent(tmp_path: Path, doorbuster: Doorbuster) -> None:
    write_pools(tmp_path)
    (tmp_path / "shop.py").write_text(ADAPTER)
    (tmp_path / "where.csv").write_text(WHERE.replace("PT", "Portugal"))
    nowhere = ("--target", "http://127.0.0.1:1")
    for more, env, sentence in (
        (POOLS, {}, 'line 2, column country: "Portugal" is no country'),
        ('[pools]\ncoupons = "none.csv"', {}, "none.csv: no such file"),
        ("[pools]\ncustomers_share = 0.4", {}, "nobody can log in on platform staging"),
        (
            '[storefront]\nplatform = "shop.py"\n[pools]\ncustomers_share = 0.4',
            {},
            "DOORBUSTER_CUSTOMERS names no file of accounts",
        ),
        ("", {"DOORBUSTER_CUSTOMERS": "none.csv"}, "DOORBUSTER_CUSTOMERS: no such file none.csv"),
        (
            "",
            {"DOORBUSTER_CA_BUNDLE": "shop.py"},
            "DOORBUSTER_CA_BUNDLE: shop.py holds no certificates; give a PEM file",
        ),
        ('[pools]\ncustomers = "a.csv"', {}, 'unknown key pools.customers; did you mean "customers_share"?'),
    ):
        scenario = write_scenario(tmp_path, [10.0, 10.0], more=more)
        said = doorbuster("run", scenario, *nowhere, env=env)
        assert (said.returncode, said.stdout) == (2, ""), more
        assert sentence in said.stderr
        assert len(said.stderr.splitlines()) == 1


def test_plan_says_when_the_codes_run_out(tmp_path: Path, doorbuster: Doorbuster) -> None:
    write_pools(tmp_path)
    said = doorbuster("plan", write_scenario(tmp_path, [40.0] * 10, more=POOLS))
    assert said.returncode == 0
    assert "pools.single_use_coupons holds 10 codes" in said.stdout


def test_a_check_takes_what_it_needs_from_the_pools(tmp_path: Path, staging: Addresses, doorbuster: Doorbuster) -> None:
    (tmp_path / "goods.csv").write_text("product,price,currency\nnot-in-this-shop,9.90,EUR\n")
    scenario = write_scenario(tmp_path, [4.0, 4.0], more='[pools]\nproducts = "goods.csv"')
    said = doorbuster("check", scenario, "--target", staging.shop_url)
    assert said.returncode == 1, said.stderr
    assert "1 variant" in said.stdout
