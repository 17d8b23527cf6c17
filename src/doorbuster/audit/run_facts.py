"""A run's facts, row by row, light enough for a peak's millions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from doorbuster.audit.run_paces import read_paces
from doorbuster.promises.fact import Fact
from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_parts

_ROWS_AT_ONCE = 1 << 16


def read_facts(directory: RunDirectory) -> Iterator[Fact]:
    """Every fact of the run, and what its own histograms tell. Raises RunDirectoryError when a table is damaged."""
    for part in read_parts(directory, "facts"):
        for batch in part.select(Fact._fields).to_batches(max_chunksize=_ROWS_AT_ONCE):
            yield from map(Fact._make, zip(*(_values(column) for column in batch.columns), strict=True))
    yield from read_paces(directory)


def _values(column: pa.Array) -> list[Any]:
    """The column as plain values; equal texts of a batch are one object, which is faster to make and to keep."""
    if not pa.types.is_string(column.type):
        values: list[Any] = column.to_pylist()
        return values
    encoded = column.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    texts.append(None)
    return [texts[code] for code in encoded.indices.fill_null(len(texts) - 1).to_numpy().tolist()]
