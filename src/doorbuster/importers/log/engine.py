"""Runs the expressions of `walks` over the buckets with DuckDB, one bucket at a time, and adds the small tables up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import duckdb
import ibis
import pyarrow as pa

from doorbuster.importers.log import walks
from doorbuster.importers.log.buckets import BucketWriter
from doorbuster.importers.log.platform import OTHER
from doorbuster.importers.log.stitch import stitched

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "minutes": ("minute", "journey"),
    "masks": ("mask", "journey"),
    "crawlers": ("robot",),
    "thinks": ("step", "tenths"),
    "moves": ("prev_step", "step"),
    "products": ("product",),
    "answers": ("minute", "journey", "step", "status", "latency"),
    "unknown": ("step",),
}
"""What each table is grouped by; its other columns are sums."""


@dataclass(frozen=True)
class Program:
    """The expressions as SQL, compiled once for all buckets."""

    walks: str
    sessions: str
    tables: dict[str, str]


def program(idle_us: int, *, others: bool, statics_logged: bool) -> Program:
    events = ibis.table(walks.EVENT_TYPES, name="events")
    statics = ibis.table({"visitor": "int64"}, name="statics")
    numbered = walks.numbered(events, idle_us, others=others)
    walked = ibis.table(numbered.schema(), name="walks")
    found = walks.sessions(walked, statics, statics_logged=statics_logged)
    made = walks.tables(walked, ibis.table(found.schema(), name="sessions"))
    return Program(
        walks.compiled(numbered), walks.compiled(found), {name: walks.compiled(table) for name, table in made.items()}
    )


def stitch(duck: duckdb.DuckDBPyConnection, writer: BucketWriter, idle_us: int) -> tuple[int, int]:
    """Move the events without a cookie to where they belong; (given to a visitor, left alone)."""
    writer.end_loose()
    writer.close()
    named, loose = (ibis.table(walks.EVENT_TYPES, name=name) for name in ("named", "loose"))
    duck.execute(f"CREATE OR REPLACE TEMP VIEW named AS SELECT * FROM read_parquet({_list(writer)})")
    duck.execute(f"CREATE OR REPLACE TEMP VIEW loose AS SELECT * FROM read_parquet('{_quoted(writer.loose_path())}')")
    given = alone = 0
    more = writer.more()
    for batch in duck.sql(walks.compiled(stitched(named, loose, idle_us))).to_arrow_reader(122_880):
        if batch.num_rows:
            table = pa.Table.from_batches([batch])
            moved = int((table["visitor"].to_numpy() != table["client"].to_numpy()).sum())
            given, alone = given + moved, alone + len(table) - moved
            more.add(table)
    more.close()
    return given, alone


def add_up(duck: duckdb.DuckDBPyConnection, writer: BucketWriter, plan: Program) -> dict[str, pa.Table]:
    """The tables of `walks.tables` over all buckets, sorted by their keys."""
    duck.execute(
        f"CREATE OR REPLACE TEMP VIEW statics AS SELECT * FROM read_parquet('{_quoted(writer.statics_path())}')"
    )
    for bucket in range(writer.count):
        files = ", ".join(f"'{_quoted(path)}'" for path in writer.paths(bucket))
        duck.execute(f"CREATE OR REPLACE TEMP VIEW events AS SELECT * FROM read_parquet([{files}])")
        duck.execute(f"CREATE OR REPLACE TEMP TABLE walks AS {plan.walks}")
        duck.execute(f"CREATE OR REPLACE TEMP TABLE sessions AS {plan.sessions}")
        for name, sql in plan.tables.items():
            begin = f"CREATE TEMP TABLE sum_{name} AS" if bucket == 0 else f"INSERT INTO sum_{name}"
            duck.execute(f"{begin} {sql}")
    return {name: _summed(duck, name) for name in plan.tables}


def _summed(duck: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    keys = KEYS[name]
    columns = [row[0] for row in duck.execute(f"DESCRIBE sum_{name}").fetchall()]
    sums = ", ".join(f'sum("{column}")::BIGINT AS "{column}"' for column in columns if column not in keys)
    by = ", ".join(f'"{key}"' for key in keys)
    return duck.sql(f"SELECT {by}, {sums} FROM sum_{name} GROUP BY {by} ORDER BY {by}").to_arrow_table()


def has_others(duck: duckdb.DuckDBPyConnection, writer: BucketWriter) -> bool:
    sql = f"SELECT count(*) FROM read_parquet({_list(writer)}) WHERE step = {OTHER}"
    row: Any = duck.execute(sql).fetchone()
    return bool(row[0])


def _list(writer: BucketWriter) -> str:
    paths = [path for bucket in range(writer.count) for path in writer.paths(bucket)]
    return "[" + ", ".join(f"'{_quoted(path)}'" for path in paths) + "]"


def _quoted(path: object) -> str:
    return str(path).replace("'", "''")
