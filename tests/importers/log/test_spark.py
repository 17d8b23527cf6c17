"""What comes after the events, on PySpark: the same expressions, the same tables, difference 0.

Needs the `spark` extra and Java 17. Without them these tests are skipped, and a skip is no pass: `make spark`, which CI
runs, sets DOORBUSTER_SPARK and they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from doorbuster.importers.log import engine, walks
from doorbuster.importers.log.buckets import BucketWriter
from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.stitch import pairs, stitched
from tests.importers.log.conftest import MakeLog

IDLE_US = 1_800_000_000
MISSING = [what for what, there in (("PySpark", find_spec("pyspark")), ("Java", shutil.which("java"))) if not there]
pytestmark = [
    pytest.mark.skipif(
        bool(MISSING) and not os.environ.get("DOORBUSTER_SPARK"),
        reason=f"no {' and no '.join(MISSING)}; `make spark` runs these",
    ),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of pandas 4, inside PySpark and Ibis
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }
    builder = SparkSession.builder.master("local[1]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield ibis.pyspark.connect(session)
    session.stop()


class Seen:
    """What DuckDB was given and what it made of it, in one import."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.named = self.loose = self.all = self.statics = pa.table({})
        self.tables: dict[str, pa.Table] = {}
        self.how: dict[str, bool] = {}
        stitch, program, add_up = engine.stitch, engine.program, engine.add_up

        def stitching(duck: Any, writer: BucketWriter, idle_us: int) -> tuple[int, int]:
            self.named, self.loose = _all_of(writer), pa.table(writer.loose().to_pydict())
            return stitch(duck, writer, idle_us)

        def programming(idle_us: int, **how: bool) -> engine.Program:
            self.how = how
            return program(idle_us, **how)

        def adding(duck: Any, writer: BucketWriter, plan: engine.Program) -> dict[str, pa.Table]:
            self.all = _all_of(writer)
            self.statics = pa.concat_tables(writer.statics(bucket) for bucket in range(writer.count))
            self.tables = add_up(duck, writer, plan)
            return self.tables

        for name, function in (("stitch", stitching), ("program", programming), ("add_up", adding)):
            monkeypatch.setattr(engine, name, function)


def _all_of(writer: BucketWriter) -> pa.Table:
    # Copied: the files are gone when the import is done.
    return pa.table(pa.concat_tables(writer.events(bucket) for bucket in range(writer.count)).to_pydict())


def rows(table: pa.Table) -> list[tuple[Any, ...]]:
    """In one order, and with -1 for null, which does not compare."""
    names = sorted(table.column_names)
    return sorted(zip(*([-1 if v is None else v for v in table[name].to_pylist()] for name in names), strict=True))


@pytest.mark.parametrize(
    ("form", "session", "platform"),
    [
        ("combined", "address", "staging"),
        ("timed", "cookie:sid", "staging"),
        ("alb", "address", "staging"),
        ("cloudfront", "cookie:sid", "staging"),
        ("json", "header:sid", "staging"),
        ("fastly", "header:sid", "staging"),
        ("cloudflare", "address", "staging"),
        ("timed", "cookie:sid", "magento"),  # whose rules do not know the paths: pages of no name between the steps
    ],
)
def test_duckdb_and_pyspark_differ_by_0(
    made_log: MakeLog,
    spark: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    session: str,
    platform: str,
) -> None:
    monkeypatch.setattr("doorbuster.importers.log.buckets.BYTES_A_BUCKET", 8 << 20)
    seen = Seen(monkeypatch)
    import_log([made_log(form)], platform, session=session)
    assert len(seen.all) > 40_000 and seen.how["others"] == (platform == "magento")

    def given(name: str, table: pa.Table) -> Any:
        pq.write_table(table, tmp_path / f"{name}.parquet")
        return spark.read_parquet(tmp_path / f"{name}.parquet", table_name=name)

    def kept(name: str, expression: Any) -> Any:
        return spark.create_table(f"kept_{name}", expression, overwrite=True)

    if session != "address":
        known = kept("pairs", pairs(given("named", seen.named)))
        moved = stitched(known, given("loose", seen.loose), IDLE_US).to_pyarrow()
        assert len(moved) > 1000
        assert rows(pa.concat_tables([seen.named, moved.select(seen.named.column_names)])) == rows(seen.all)
    made = walks.all_tables(given("events", seen.all), given("statics", seen.statics), IDLE_US, **seen.how, kept=kept)
    assert made.keys() == seen.tables.keys()
    for name, table in made.items():
        assert rows(table.to_pyarrow()) == rows(seen.tables[name]), name
