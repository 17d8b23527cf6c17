"""A shop that is not ours, pointed at our gateway: its faults strike there, and its books are read back from there."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pandas as pd

from doorbuster.staging.environment import Addresses
from tests.conftest import ROOT, Doorbuster, write_scenario
from tests.rehearsal.conftest import SECRETS, run_to_end

ADAPTER = """
from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Platform
from doorbuster.storefronts.options import NO_OPTIONS
from doorbuster.storefronts.staging import StagingStorefront
from doorbuster.storefronts.staging_backstage import StagingBackstage


class Backstage(StagingBackstage):
    def read_back(self):
        raise TargetError("this shop's books come by export")


PLATFORM = Platform(StagingStorefront, Backstage, NO_OPTIONS)
"""


def scenario(folder: Path, more: str) -> Path:
    (folder / "my_shop.py").write_text(ADAPTER)
    path = write_scenario(folder, [6.0, 12.0, 18.0, 12.0, 6.0], name="merchant", more=more)
    path.write_text(path.read_text() + '\n[storefront]\nplatform = "my_shop.py"\n')
    return path


def test_the_gateways_books_are_read_and_its_faults_strike_on_the_scenarios_clock(
    tmp_path: Path, staging: Addresses, doorbuster: Doorbuster
) -> None:
    more = f"""
[witnesses]
gateway = "{staging.gateway_url}/"
collector = "{staging.collector_url}"

[[faults]]
name = "gateway_down"
at = "2s"
for = "1s"
"""
    said = run_to_end(tmp_path, scenario(tmp_path, more), "--target", staging.shop_url, env=SECRETS)
    assert said.returncode == 0, said.stderr
    run = tmp_path / said.stdout.splitlines()[-1]
    info = json.loads((run / "run.json").read_text())
    assert info["read_back"] == {"done": False, "why": "this shop's books come by export"}
    assert info["witnesses_read"] == {"done": True, "why": None, "names": ["gateway", "analytics"]}
    facts = pd.read_parquet(run / "facts.parquet")
    kinds = set(facts[facts.witness == "gateway"].kind)
    assert kinds >= {"captured", "down", "up", "books_read"}
    (down,), (up,) = (facts[facts.kind == kind].at_us.tolist() for kind in ("down", "up"))
    assert abs(down - 2e6) < 0.3e6
    assert abs((up - down) - 1e6) < 0.3e6
    audited = doorbuster("audit", run)
    assert audited.returncode == 3
    assert "cannot tell, the shop's books were not read back (this shop's books come by export)" in audited.stdout
    assert "the payment gateway's books were not read" not in audited.stdout


def test_a_wrong_address_is_said_before_anybody_is_sent(tmp_path: Path, staging: Addresses) -> None:
    for more, says in (
        (f'[witnesses]\ngateway = "{staging.collector_url}"', "witnesses.gateway is the collector there"),
        ('[witnesses]\ngateway = "http://127.0.0.1:9"', "http://127.0.0.1:9/admin/info: could not connect"),
        ('[witnesses]\ngateway = "http://pay.example:80"', "http://pay.example:80 is not on a host of limits.allowed_hosts"),
        ('[[faults]]\nname = "gateway_down"\nat = "1s"\nfor = "1s"', "is a fault of the staging environment's gateway"),
    ):  # fmt: skip
        said = run_to_end(tmp_path, scenario(tmp_path, more), "--target", staging.shop_url)
        assert said.returncode == 2, said.stderr
        assert says in said.stderr
        assert not list((tmp_path / "runs").glob("2*"))


def test_the_documented_scenario_names_every_service() -> None:
    page = (ROOT / "docs/witnesses.md").read_text()
    block = re.search(r"```toml\n(\[witnesses\].+?)```", page, re.S)
    assert block
    assert list(tomllib.loads(block[1])["witnesses"]) == ["gateway", "collector", "mailbox", "back_office"]
