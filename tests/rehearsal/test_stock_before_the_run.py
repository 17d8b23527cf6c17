"""Books that only tell how much there is now: how much there was is what the run saw before its first shopper."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from doorbuster.promises.fact import Fact
from doorbuster.promises.ledger import ledger_of
from doorbuster.promises.no_oversell import check
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.finish import finish
from doorbuster.rehearsal.initial_stock import with_initial_stock
from doorbuster.settings import Settings
from tests.conftest import ROOT
from tests.rehearsal.test_books_that_break_off import ADAPTER


def fact(kind: str, at_us: int | None = None, **detail: Any) -> dict[str, Any]:
    return {"at_us": at_us, "witness": "shop", "kind": kind, "detail": orjson.dumps(detail).decode()}


def order(at_us: int | None, quantity: int | None, kind: str = "order") -> dict[str, Any]:
    lines = None if quantity is None else [{"variant": "v", "quantity": quantity}]
    return fact(kind, at_us, lines=lines)


STOCK = fact("stock", variant="v", units=0)


def initial(rows: Iterable[dict[str, Any]], before: dict[str, int]) -> int | None:
    told = [row for row in with_initial_stock(rows, before) if row["kind"] == "stock"]
    (detail,) = [orjson.loads(row["detail"]) for row in told]
    found: int | None = detail.get("initial")
    return found


@pytest.mark.parametrize(
    ("rows", "before", "expected"),
    [
        ([STOCK, order(5, 2)], {"v": 3}, 3),
        ([order(-5, 2), STOCK, order(5, 2)], {"v": 3}, 5),
        ([STOCK, order(-5, 2), order(-4, 1, "order_pending")], {"v": 3}, 6),
        ([STOCK, order(-5, 2, "order_failed")], {"v": 3}, 3),
        ([STOCK, order(-5, None)], {"v": 3}, None),
        ([STOCK], {"other": 3}, None),
        ([fact("stock", variant="v", units=0, initial=9)], {"v": 3}, 9),
    ],
)  # fmt: skip
def test_it_is_what_was_for_sale_and_what_earlier_orders_had_taken(
    rows: list[dict[str, Any]], before: dict[str, int], expected: int | None
) -> None:
    assert initial(rows, before) == expected
    assert len(list(with_initial_stock(rows, before))) == len(rows)


def facts_of(directory: RunDirectory) -> list[Fact]:
    rows = pq.read_table(directory.table_path("facts")).select(list(Fact._fields)).to_pylist()
    return [Fact(**row) for row in rows if "one-left" in (row["detail"] or "")]


def finished(folder: Path, scenario: str = "") -> RunDirectory:
    """A shop that had one unit of a variant, sold two, and tells no more than that there is none left."""
    run = folder / "run"
    shutil.copytree(ROOT / "analysis/baselines/smoke-last-year", run)
    sold = 'yield fact("shop", "order", order_id=i, detail={{"lines": [{{"variant": "one-left", "quantity": 1}}]}})'
    end = f"for i in 'ab': {sold.replace('{{', '{').replace('}}', '}')}\n            " + (
        'yield fact("shop", "stock", detail={"variant": "one-left", "units": 0})'
    )
    (run / "storefront.py").write_text(ADAPTER.format(end=end))
    (run / "scenario.toml").write_text((run / "scenario.toml").read_text() + scenario)
    directory = RunDirectory(run)
    directory.write_part(
        "catalogue",
        {
            "product": ["hat"], "variant": ["one-left"], "sku": ["s"], "price_minor": [100], "currency": ["EUR"],
            "stock": [1], "weight": [1.0],
        },
        "000001",
    )  # fmt: skip
    directory.update_run(platform="storefront.py", target="http://127.0.0.1:9")
    finish(directory, Settings())
    assert directory.read_run()["read_back"] == {"done": True, "why": None}
    return directory


def test_so_an_oversold_variant_is_named(tmp_path: Path) -> None:
    finding = check(ledger_of(facts_of(finished(tmp_path))))
    assert finding.kept is False
    assert "1 order sold 1 unit that were not there, worst one-left by 1" in finding.sentence


def test_a_pool_of_products_is_no_shops_word(tmp_path: Path) -> None:
    finding = check(ledger_of(facts_of(finished(tmp_path, '\n[pools]\nproducts = "pools/products.csv"\n'))))
    assert finding.kept is None
