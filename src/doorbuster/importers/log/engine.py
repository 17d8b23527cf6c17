"""Runs the expressions of `stitch` and `walks` with DuckDB, one bucket at a time, and adds the small tables up."""

from __future__ import annotations

from typing import Final

import duckdb
import ibis
import numpy as np
import pyarrow as pa

from doorbuster.importers.log import walks
from doorbuster.importers.log.buckets import EVENTS, BucketWriter
from doorbuster.importers.log.stitch import PAIR_TYPES, pairs, stitched

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "minutes": ("minute", "journey"),
    "masks": ("mask", "journey"),
    "crawlers": (),
    "thinks": ("step", "tenths"),
    "moves": ("prev_step", "step"),
    "products": ("product",),
    "answers": ("answer",),
    "unknown": (),
}
"""What each table is grouped by; its other columns are sums."""
_MANY: Final = "answers"
"""The one table with millions of rows, which nobody needs in order. A bucket's alone is hardly smaller than what it is
grouped from, so that is gathered first."""
_GATHERED: Final = "said"
_MOST_GATHERED: Final = 8_000_000
"""Rows of 8 bytes: grouped, they still fit into the memory limit."""
_BUCKETS_STITCHED: Final = 4
"""As many buckets' worth of clients at a time: the joins and windows of more do not fit into the memory limit."""
Program = dict[str, str]
"""Table -> the SQL that makes it from those before; compiled once for all buckets."""


def program(idle_us: int, *, others: bool, statics_logged: bool) -> Program:
    """The steps of `walks` in their order, then its tables."""
    made: Program = {}

    def table(name: str, expression: ibis.Table) -> ibis.Table:
        made[name] = walks.compiled(expression)
        return ibis.table(expression.schema(), name=name)

    events = ibis.table(walks.EVENT_TYPES, name="events")
    statics = ibis.table({"visitor": "int64"}, name="statics")
    found = walks.all_tables(events, statics, idle_us, others=others, statics_logged=statics_logged, kept=table)
    for name, expression in found.items():
        table(name, expression)
    return made


def stitch(duck: duckdb.DuckDBPyConnection, writer: BucketWriter, idle_us: int) -> tuple[int, int]:
    """Move the events without a cookie to where they belong; (given to a visitor, left alone)."""
    events, loose = (ibis.table(walks.EVENT_TYPES, name=name) for name in ("events", "loose"))
    find = walks.compiled(pairs(events))
    give = walks.compiled(stitched(ibis.table(PAIR_TYPES, name="pairs"), loose, idle_us))
    duck.execute(f"CREATE TEMP TABLE all_pairs ({', '.join(f'{name} BIGINT' for name in PAIR_TYPES)})")
    for bucket in range(writer.count):
        duck.register("events", writer.events(bucket))
        duck.execute(f"INSERT INTO all_pairs BY NAME {find}")
    duck.register("all_loose", writer.loose())
    given = alone = 0
    more = writer.more()
    # A client's hits and cookies are asked of each other alone, so that some clients at a time will do.
    parts = -(-writer.count // _BUCKETS_STITCHED)
    for part in range(parts):
        for name in ("pairs", "loose"):
            duck.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM all_{name} WHERE client % {parts} = {part}")
        for batch in duck.sql(give).to_arrow_reader(122_880):
            if batch.num_rows:
                visitor, client = batch.column("visitor").to_numpy(), batch.column("client").to_numpy()
                moved = int(np.count_nonzero(visitor != client))
                given, alone = given + moved, alone + len(batch) - moved
                events = [batch.column(name).to_numpy() for name in EVENTS.names]
                more.add(events, np.ones(len(batch), dtype=np.bool_))
    more.close()
    duck.execute("DROP VIEW pairs; DROP VIEW loose; DROP TABLE all_pairs")
    for view in ("events", "all_loose"):
        duck.unregister(view)
    return given, alone


def add_up(duck: duckdb.DuckDBPyConnection, writer: BucketWriter, plan: Program) -> dict[str, pa.Table]:
    """The tables of `walks.tables` over all buckets, sorted by their keys; `answers` in any order."""
    grouped = 0
    for bucket in range(writer.count):
        duck.register("events", writer.events(bucket))
        duck.register("statics", writer.statics(bucket))
        for name, sql in plan.items():
            if name == _GATHERED:
                _add(duck, name, sql, first=bucket == 0)
            elif name not in KEYS:
                duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
            elif name != _MANY:
                _add(duck, f"sum_{name}", sql, first=bucket == 0)
        for view in ("events", "statics"):
            duck.unregister(view)
        if bucket == writer.count - 1 or len(duck.table(_GATHERED)) > _MOST_GATHERED:
            _add(duck, f"sum_{_MANY}", plan[_MANY], first=not grouped)
            duck.execute(f"TRUNCATE {_GATHERED}")
            grouped += 1
    return {
        name: duck.table(f"sum_{name}").to_arrow_table() if name == _MANY and grouped == 1 else _summed(duck, name)
        for name in KEYS
    }


def _add(duck: duckdb.DuckDBPyConnection, table: str, sql: str, *, first: bool) -> None:
    duck.execute(f"CREATE TEMP TABLE {table} AS {sql}" if first else f"INSERT INTO {table} {sql}")


def _summed(duck: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    keys = KEYS[name]
    columns = [row[0] for row in duck.execute(f"DESCRIBE sum_{name}").fetchall()]
    sums = [f'sum("{column}")::BIGINT AS "{column}"' for column in columns if column not in keys]
    by = [f'"{key}"' for key in keys]
    grouped = f"GROUP BY {', '.join(by)}" if by else ""
    if by and name != _MANY:
        grouped += f" ORDER BY {', '.join(by)}"
    return duck.sql(f"SELECT {', '.join(by + sums)} FROM sum_{name} {grouped}").to_arrow_table()
