"""Reads a table of a run directory, whoever wrote it and however early it ended."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doorbuster.errors import RunDirectoryError
from doorbuster.record.directory import RunDirectory
from doorbuster.record.tables import TABLES
from doorbuster.vocabulary import ARM

_READERS: Final = 4
"""An hour has two thousand small parts, and Arrow reads each without holding up Python."""


def read_table(directory: RunDirectory, table: str, arm: str = ARM) -> pa.Table:
    """One table's documented columns and one arm's rows; no rows where nothing was written.

    Raises RunDirectoryError for a part that is damaged or lacks a column.
    """
    with ThreadPoolExecutor(_READERS) as readers:
        parts = readers.map(_read_part, _parts(directory, table), repeat(TABLES[table]))
        rows = pa.concat_tables([TABLES[table].empty_table(), *parts])
    return rows.filter(pc.equal(rows["arm"], arm))


def read_parts(directory: RunDirectory, table: str, arm: str = ARM) -> Iterator[pa.Table]:
    """The same, one closed part after the other: a peak's facts need not be in memory together."""
    for part in _parts(directory, table):
        rows = _read_part(part, TABLES[table])
        yield rows.filter(pc.equal(rows["arm"], arm))


def _parts(directory: RunDirectory, table: str) -> list[Path]:
    path = directory.table_path(table)
    return sorted(path.glob("[!._]*.parquet")) if path.is_dir() else [path] if path.exists() else []


def _read_part(part: Path, schema: pa.Schema) -> pa.Table:
    try:
        # An hour has thousands of small parts: a thread for each of their columns takes longer than the column.
        file = pq.ParquetFile(part, pre_buffer=False)
        there = set(file.schema_arrow.names)
        missing = [name for name in schema.names if name not in there]
        if missing:
            raise RunDirectoryError(
                f"{part}: no column {', '.join(missing)}; docs/run-directory.md lists what the table needs"
            )
        rows = file.read(columns=schema.names, use_threads=False)
        return rows if rows.schema.equals(schema) else rows.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as broken:
        reason = str(broken).splitlines()[0]
        raise RunDirectoryError(f"{part}: cannot be read ({reason}); delete this part or restore it") from None
