"""A shop that stops answering while its books are read: half a book would accuse it of what the other half explains."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.finish import finish
from doorbuster.settings import Settings
from tests.conftest import ROOT

ADAPTER = """
from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Platform, ReadBack
from doorbuster.storefronts.noop import NoopStorefront
from doorbuster.storefronts.options import NO_OPTIONS
from doorbuster.storefronts.facts import fact


class Backstage:
    def __init__(self, client, shop):
        pass

    def read_back(self):
        def rows():
            for number in range(120_000):
                yield fact("shop", "order", order_id=str(number))
            {end}
        return ReadBack(rows())


PLATFORM = Platform(lambda client, shop, visit: NoopStorefront(), Backstage, NO_OPTIONS)
"""


def finished(folder: Path, end: str) -> RunDirectory:
    run = folder / "run"
    shutil.copytree(ROOT / "analysis/baselines/smoke-last-year", run)
    (run / "storefront.py").write_text(ADAPTER.format(end=end))
    directory = RunDirectory(run)
    directory.update_run(platform="storefront.py", target="http://127.0.0.1:9")
    finish(directory, Settings())
    return directory


def orders(directory: RunDirectory) -> int:
    return pq.read_table(directory.table_path("facts"), filters=[("kind", "=", "order")]).num_rows


def test_large_books_are_kept_a_page_at_a_time(tmp_path: Path) -> None:
    before = orders(RunDirectory(ROOT / "analysis/baselines/smoke-last-year"))
    directory = finished(tmp_path, "return")
    assert orders(directory) == before + 120_000
    assert len(list(directory.table_path("facts").glob("part-read-back-*"))) == 3
    assert directory.read_run()["read_back"] == {"done": True, "why": None}


def test_half_a_book_is_no_book(tmp_path: Path) -> None:
    before = orders(RunDirectory(ROOT / "analysis/baselines/smoke-last-year"))
    directory = finished(tmp_path, 'raise TargetError("it hung up")')
    assert orders(directory) == before
    assert directory.read_run()["read_back"] == {"done": False, "why": "it hung up"}


def test_an_order_of_an_earlier_rehearsal_is_no_order_of_this_one(tmp_path: Path) -> None:
    """Its payment, its purchase event and its confirmation are in nobody's books any more."""
    run = json.loads((ROOT / "analysis/baselines/smoke-last-year/run.json").read_text())
    began_us = int(datetime.fromisoformat(run["started_at"]).timestamp() * 1e6)
    own = f"{run['id']}-7".lower()
    told = [
        ("earlier", "20200101T000000Z-smoke-7", -60_000_000), ("a stranger's", None, -86_400_000_000),
        ("own, clock behind", own, -60_000_000), ("a stranger's during the run", None, 1_000_000),
        ("nameless, clock behind", None, -60_000_000),
    ]  # fmt: skip
    rows = "; ".join(
        f"yield fact('shop', 'order', order_id={order!r}, intent={intent!r}, at_unix_us={began_us + at_us})"
        for order, intent, at_us in told
    )
    directory = finished(tmp_path, rows)
    facts = pq.read_table(directory.table_path("facts")).to_pylist()
    kinds = {row["order_id"]: row["kind"] for row in facts if row["order_id"] in {order for order, *_ in told}}
    assert kinds == {
        "earlier": "order_before", "a stranger's": "order_before", "own, clock behind": "order",
        "a stranger's during the run": "order", "nameless, clock behind": "order",
    }  # fmt: skip
