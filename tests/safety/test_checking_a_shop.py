"""`doorbuster check`: all green on a sound shop, red where something is broken, and never red for nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from doorbuster.errors import TargetError
from doorbuster.rehearsal.check import check_shop
from doorbuster.rehearsal.check_rows import rows_of
from doorbuster.rehearsal.row import Row
from doorbuster.settings import Settings
from doorbuster.staging.environment import staging_environment
from tests.conftest import ROOT, Doorbuster, clean_environment, free_port, write_scenario

OWN = (ROOT / "tests/safety/own_adapter.py").read_text()


def checked(scenario: Path, target: str) -> dict[str, Row]:
    return {row.what: row for row in rows_of(check_shop(scenario, target, Settings()))}


def with_own_adapter(folder: Path, **options: object) -> Path:
    (folder / "own.py").write_text(OWN)
    given = {"cancelled": str(folder / "cancelled.json"), **options}
    more = "\n".join(f"{name} = {json.dumps(value)}" for name, value in given.items())
    return write_scenario(folder, [1.0, 1.0], more=f'[storefront]\nplatform = "own.py"\n[storefront.options]\n{more}')


@pytest.fixture(scope="module")
def declining() -> Iterator[str]:
    with staging_environment(waits=False, faults=["declines=1.0"]) as addresses:
        yield addresses.shop_url


@pytest.fixture(scope="module")
def drifting() -> Iterator[str]:
    with staging_environment(waits=False, faults=["price_changed=1.0", "lost_events=1.0"]) as addresses:
        yield addresses.shop_url


def test_everything_works_in_a_sound_shop(doorbuster: Doorbuster) -> None:
    """Without a target the staging environment is its own."""
    said = doorbuster("check", "smoke", "--requests", env={"DOORBUSTER_BASIC_AUTH": "user:planted-secret"})
    assert said.returncode == 0, said.stdout + said.stderr
    head, *lines = said.stdout.splitlines()
    assert head.startswith("Check of smoke at http://127.0.0.1:")
    assert head.endswith(": 12 works")
    table = [line for line in lines if line.startswith("  works ")]
    assert len(table) == 12
    assert any(line.split()[:4] == ["works", "stock", "reserved", "at"] for line in table)
    assert sum("is still there: the staging shop forgets" in line for line in lines) == 2
    (asked,) = (line for line in lines if "/checkout/payment" in line)
    assert asked.split()[0] == "POST"
    assert asked.endswith(" ms")
    assert "planted-secret" not in said.stdout
    assert "q=trousers" not in said.stdout  # what somebody searched for stays out, as all values do


def test_a_bank_that_declines_is_seen_though_the_wallet_works(
    declining: str, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    said = doorbuster("check", write_scenario(tmp_path, [1.0, 1.0]), "--target", declining)
    assert said.returncode == 1, said.stdout + said.stderr
    (red,) = [line for line in said.stdout.splitlines() if line.startswith("  does not work")]
    assert "test payment" in red
    assert "payment declined" in red
    assert "->" in said.stdout
    assert "works           wallet" in said.stdout


def test_a_price_that_changes_and_an_event_that_is_lost_are_seen(drifting: str, tmp_path: Path) -> None:
    rows = checked(write_scenario(tmp_path, [1.0, 1.0]), drifting)
    assert {what for what, row in rows.items() if row.state == "does not work"} == {"totals", "purchase event"}
    assert "before paying" in rows["totals"].said


@pytest.mark.parametrize(
    ("without", "row", "state"),
    [
        ("discount", "discount", "does not work"),
        ("stock", "stock reserved", "cannot tell"),
        ("books", "order read back", "not configured"),
        ("view", "pages and cart", "does not work"),
    ],
)
def test_what_an_adapter_cannot_do_is_said(
    without: str, row: str, state: str, tmp_path: Path, staging_shop: str
) -> None:
    rows = checked(with_own_adapter(tmp_path, without=without), staging_shop)
    assert rows[row].state == state, rows[row]
    if without == "view":
        assert "the adapter broke: KeyError" in rows[row].said
    else:
        assert {one.state for one in rows.values() if one.what not in (row, "totals", "purchase event")} == {"works"}


def test_journeys_that_nobody_is_sent_on_are_not_walked(tmp_path: Path, staging_shop: str) -> None:
    scenario = write_scenario(tmp_path, [1.0, 1.0])
    text = scenario.read_text().replace("native_checkout = 0.2", "native_checkout = 0.4")
    scenario.write_text(text.replace("express_wallet = 0.2\n", ""))
    rows = checked(scenario, staging_shop)
    assert rows["wallet"].state == "not configured"
    assert rows["order read back"].said == "1 order by intent and in the books"


def test_what_was_bought_is_cancelled_where_the_platform_can(tmp_path: Path, staging_shop: str) -> None:
    seen = check_shop(with_own_adapter(tmp_path), staging_shop, Settings())
    bought = [walked.order.order_id for walked in seen.walked.values() if walked.order]
    assert json.loads((tmp_path / "cancelled.json").read_text()) == bought
    assert list(seen.cancelled.values()) == ["it is on its way already", None]


@pytest.mark.parametrize("without", ["intents", "books"])
def test_an_order_that_only_a_page_showed_is_not_cancelled(without: str, tmp_path: Path, staging_shop: str) -> None:
    """A page can show a stranger's order."""
    seen = check_shop(with_own_adapter(tmp_path, without=without), staging_shop, Settings())
    bought = {walked.order.order_id for walked in seen.walked.values() if walked.order}
    assert not (tmp_path / "cancelled.json").exists()
    assert set(seen.cancelled) == bought
    assert all("so it is not touched" in (why or "") for why in seen.cancelled.values())


def test_a_shop_with_a_hazard_is_refused_before_its_first_shopper(tmp_path: Path, staging_shop: str) -> None:
    scenario = with_own_adapter(tmp_path, hazards=["it takes live payments through Redsys"])
    before = orders_at(staging_shop)
    with pytest.raises(TargetError, match="must not be rehearsed on as it stands: it takes live payments"):
        check_shop(scenario, staging_shop, Settings())
    assert orders_at(staging_shop) == before


def test_a_run_is_refused_by_a_hazard_too(tmp_path: Path, staging_shop: str, doorbuster: Doorbuster) -> None:
    scenario = with_own_adapter(tmp_path, hazards=["it takes live payments through Redsys"])
    said = doorbuster("run", scenario, "--target", staging_shop)
    assert said.returncode == 2
    assert "it takes live payments through Redsys" in said.stderr
    assert not (tmp_path / "runs").exists()


def test_a_shop_that_is_down_is_a_usage_error(tmp_path: Path, doorbuster: Doorbuster) -> None:
    said = doorbuster("check", write_scenario(tmp_path, [1.0, 1.0]), "--target", f"http://127.0.0.1:{free_port()}")
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert "does not answer" in said.stderr


def test_commands_after_it_run_and_are_said_to_have_failed(tmp_path: Path, staging_shop: str) -> None:
    hooks = '[hooks]\nbefore = ["touch before"]\nafter = ["false"]'.replace('before"]', f'{tmp_path}/before"]')
    rows = checked(write_scenario(tmp_path, [1.0, 1.0], more=hooks), staging_shop)
    assert (tmp_path / "before").exists()
    assert rows["hooks"].state == "does not work"


def test_ctrl_c_ends_it_with_130(tmp_path: Path, staging_shop: str) -> None:
    scenario = write_scenario(tmp_path, [1.0, 1.0], more="[hooks]\nbefore = [\"sh -c 'echo $$ > began; sleep 60'\"]")
    with subprocess.Popen(
        [sys.executable, "-m", "doorbuster", "check", str(scenario), "--target", staging_shop],
        cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True,
    ) as check:  # fmt: skip
        while check.poll() is None and not (tmp_path / "began").exists():
            time.sleep(0.05)
        check.send_signal(signal.SIGINT)
        _, said = check.communicate(timeout=60)
    assert check.returncode == 130
    assert "Traceback" not in said


def orders_at(shop_url: str) -> int:

    return len(httpx.get(f"{shop_url}/admin/orders").json()["orders"])


def test_ctrl_c_says_which_orders_stay_in_the_shop(tmp_path: Path) -> None:
    with staging_environment(faults=["slow_checkout=3000"]) as addresses:
        command = [sys.executable, "-m", "doorbuster", "check", "smoke", "--target", addresses.shop_url]
        with subprocess.Popen(
            command, cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as check:
            for _ in range(600):
                bought = httpx.get(f"{addresses.shop_url}/admin/orders").json()["orders"]
                if bought or check.poll() is not None:
                    break
                time.sleep(0.05)
            check.send_signal(signal.SIGINT)
            _, said = check.communicate(timeout=60)
    assert check.returncode == 130, said
    assert f"interrupted; in the shop remain the orders {bought[0]['id']} (the staging shop forgets" in said
