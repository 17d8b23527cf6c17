"""`doorbuster cleanup RUN`: the run's own orders are listed and, when asked to, cancelled; nobody else's ever are."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorbuster.journeys import WALKS
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.cleanup import orders_of
from doorbuster.rehearsal.finish import finish
from doorbuster.rehearsal.plain_http import plain_http
from doorbuster.rehearsal.prepare import RunOptions, prepare
from doorbuster.rehearsal.walking import Walking
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Shop
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.platforms import platform_named
from doorbuster.swarm.transport import transport_options
from tests.conftest import ROOT, Doorbuster, free_port, write_scenario

RUN = "20261122T101500Z-smoke"


@dataclass(frozen=True)
class Ran:
    """A run on a shop whose orders can be cancelled, and a stranger's order in the same shop."""

    path: Path
    shop_url: str
    cancelled: Path
    orders: dict[str, str]
    """Order id to purchase intent, as the shop has them; the stranger's too."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, staging_shop: str) -> Ran:
    folder = tmp_path_factory.mktemp("cleanup")
    shutil.copy(ROOT / "tests/safety/own_adapter.py", folder / "own.py")
    cancelled = folder / "cancelled.json"
    own = f'[storefront]\nplatform = "own.py"\n[storefront.options]\ncancelled = "{cancelled}"'
    scenario = write_scenario(folder, [1.0, 1.0], more=own)
    settings = Settings()
    directory = prepare(RunOptions(scenario, staging_shop, folder / "runs"), settings)
    bought = shop_as_this_run(directory, folder, staging_shop)
    directory.write_rows("sessions", bought, "shoppers")
    finish(directory, settings)
    buy_as_a_stranger(staging_shop)
    rows = httpx.get(f"{staging_shop}/admin/orders").json()["orders"]
    orders = {row["id"]: row["intent"] for row in rows}
    return Ran(directory.path, staging_shop, cancelled, orders)


def shop_as_this_run(directory: RunDirectory, folder: Path, shop_url: str) -> list[dict[str, Any]]:
    """What the load process does, on a machine that need not be fast: rows of the sessions table."""
    run = directory.read_run()
    platform = platform_named("own.py", folder, "a test")
    shop = Shop(shop_url, run["storefront_options"])
    with plain_http(Settings(), shop_url, ("127.0.0.1",)) as http:
        books = platform.backstage(HttpxClient(http), shop)
        transport = transport_options(Settings(), shop_url, ("127.0.0.1",), run["id"])
        walking = Walking(30.0, platform, shop, transport, books, books.catalogue()[0], run["id"])
        walks = [walking.walk(journey, WALKS[journey]) for journey in ("native_checkout", "express_wallet", "browse")]
    return [
        {
            "session": session, "journey": walked.journey, "intent": walked.intent, "outcome": "ok",
            "order_id": walked.order and walked.order.order_id, "total_minor": walked.order and walked.order.total_minor,
            "currency": walked.order and walked.order.currency,
        }
        for session, walked in enumerate(walks)
    ]  # fmt: skip


def buy_as_a_stranger(shop_url: str) -> None:
    """Somebody who is no shopper of ours, while the rehearsal's orders are still there."""
    with httpx.Client(base_url=shop_url, headers={"X-Purchase-Intent": "a-customer"}) as http:
        variant = http.get("/admin/catalogue").json()["catalogue"][0]["variant"]
        cart = http.post("/carts", json={}).json()["id"]
        http.post(f"/carts/{cart}/lines", json={"variant": variant, "quantity": 1})
        http.post(f"/carts/{cart}/checkout", json={"email": "ana@shop.example"})
        address = {
            "name": "Ana", "line_one": "1 Example Street", "city": "Madrid", "state": "Madrid", "country": "ES",
            "postal_code": "28001",
        }  # fmt: skip
        http.put(f"/carts/{cart}/checkout/address", json=address)
        http.put(f"/carts/{cart}/checkout/shipping", json={"option": "standard"})
        http.post(f"/carts/{cart}/checkout/payment", json={"card": "4242424242424242"})
        assert http.post(f"/carts/{cart}/checkout/complete", json={}).json()["order"]["status"] == "paid"


def ours(ran: Ran) -> set[str]:
    return {order_id for order_id, intent in ran.orders.items() if intent.startswith(ran.path.name)}


def test_without_yes_they_are_only_listed(ran: Ran, doorbuster: Doorbuster) -> None:
    assert len(ours(ran)) > 1
    assert len(ours(ran)) == len(ran.orders) - 1  # the stranger's is there
    said = doorbuster("cleanup", ran.path)
    assert said.returncode == 0, said.stderr
    head, *lines = said.stdout.splitlines()
    assert head.endswith("add --yes to cancel them")
    assert {line.split()[0] for line in lines} == ours(ran)
    assert not ran.cancelled.exists()


@pytest.mark.parametrize("read_back", [True, False], ids=["whole run", "run that was cut off"])
def test_with_yes_the_runs_own_are_cancelled_and_no_others(
    ran: Ran, read_back: bool, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    """Of a run that was cut off nobody has read the books yet: they are read now."""
    run = tmp_path / ran.path.name
    shutil.copytree(ran.path, run)
    if not read_back:
        info = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**info, "read_back": {"done": False, "why": "cut off"}}))
        for part in (run / "facts.parquet").glob("part-*"):
            if "none" not in part.name:
                part.unlink()
    said = doorbuster("cleanup", run, "--yes")
    assert said.returncode == 0, said.stderr
    head, *lines = said.stdout.splitlines()
    asked = json.loads(ran.cancelled.read_text())
    assert set(asked) == ours(ran)
    assert head.endswith(f"{len(asked) - 1} of {len(asked)} orders cancelled")
    assert sum(line.endswith(": cancelled") for line in lines) == len(asked) - 1
    (why,) = (line for line in lines if not line.endswith(": cancelled"))
    assert why.startswith(f"  {asked[0]} ")
    assert why.endswith("not cancelled, it is on its way already")
    ran.cancelled.unlink()


def test_an_order_id_that_is_somebody_elses_by_now_is_not_cancelled(
    ran: Ran, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    """A shop that was restored after the run gives the same order ids out again."""
    run = tmp_path / ran.path.name
    shutil.copytree(ran.path, run)
    info = json.loads((run / "run.json").read_text())
    options = {**info["storefront_options"], "without": "intents"}
    (run / "run.json").write_text(json.dumps({**info, "storefront_options": options}))
    said = doorbuster("cleanup", run, "--yes")
    assert said.returncode == 0, said.stderr
    assert not ran.cancelled.exists()
    head, *lines = said.stdout.splitlines()
    assert head.endswith(f": 0 of {len(ours(ran))} orders cancelled")
    assert all("do not give it to this run now" in line for line in lines)


def test_what_cannot_be_read_or_reached_is_a_usage_error(ran: Ran, tmp_path: Path, doorbuster: Doorbuster) -> None:
    for arguments, why in (
        ((tmp_path / "nowhere",), "not a run directory"),
        ((ran.path, "--target", f"http://127.0.0.1:{free_port()}"), "does not answer"),
        ((ran.path, "--target", "http://shop.example"), "allowed_hosts"),
    ):
        said = doorbuster("cleanup", *arguments, "--yes")
        assert said.returncode == 2
        assert why in said.stderr
        assert said.stderr.count("\n") == 1


def order(order_id: str, intent: str | None, kind: str = "order", witness: str = "shop") -> dict[str, Any]:
    return {
        "witness": witness, "kind": kind, "order_id": order_id, "intent": intent, "amount_minor": 100, "currency": "EUR",
    }  # fmt: skip


def test_only_orders_that_the_books_give_to_this_run_are_its_own() -> None:
    facts = [
        order("1", f"{RUN}-7"),
        order("2", f"{RUN}-8".lower(), "order_pending"),  # from an e-mail address
        order("3", f"{RUN}-2-7"),  # of another run of the same second
        order("4", "ana"),
        order("5", None),
        order("6", f"{RUN}-9", "order_failed"),
        order("7", f"{RUN}-10", "captured", "gateway"),
        order("8", f"{RUN}-11x"),
        order("9", f"x{RUN}-11"),
    ]
    seen = {"intent": f"{RUN}-7", "total_minor": 100, "currency": "EUR"}
    sessions = [{"order_id": "1", **seen}, {"order_id": "4", **seen}, {"order_id": None, **seen}]
    mine, doubtful = orders_of(RUN, sessions, facts)
    assert [(one.order_id, one.state) for one in mine] == [("1", "paid"), ("2", "pending")]
    # A page that shows somebody else's order must not get it cancelled.
    assert [one.order_id for one in doubtful] == ["4"]
