"""A result file of millions of lines as batches of text columns; lines that do not fit are counted, never guessed."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv

from doorbuster.importers.results.files import ResultFile, reason
from doorbuster.importers.results.reading import Notes
from doorbuster.importers.results.refusals import ResultError

_BLOCK: Final = 8 << 20
_OTHER_LETTERS: Final = "doorbuster-latin-1"
DELIMITERS: Final = (",", "\t", ";", "|")


def first_row(text: str, delimiter: str) -> list[str]:
    """The cells of a text's first line."""
    try:
        return next(csv.reader(text.splitlines()[:1], delimiter=delimiter), [])
    except csv.Error:
        return []


def batches(
    file: ResultFile, delimiter: str, columns: Sequence[str], wanted: Sequence[str], header: bool, notes: Notes
) -> Iterator[pa.RecordBatch]:
    """Batches of the `wanted` columns as text; `columns` are all of the file's, in order.

    Raises ResultError where quotes do not close. Lines with more or fewer cells are rejected into `notes`.
    """
    rows = 0

    def reject(row: Any) -> str:
        notes.rows += 1
        notes.reject(row.number or 0, f"{row.actual_columns} cells where there should be {row.expected_columns}")
        return "skip"

    try:
        for batch in _read(file, delimiter, columns, wanted, header, reject):
            rows += batch.num_rows
            yield batch
    except pa.ArrowInvalid as broken:
        raise ResultError(
            f"{file.where}: is damaged after {rows:,} rows ({reason(broken)[:120]}); cut it there, or copy it again"
        ) from None
    except UnicodeError:
        raise ResultError(f"{file.where}: is damaged: no text of one encoding; copy it again") from None


def _read(
    file: ResultFile,
    delimiter: str,
    columns: Sequence[str],
    wanted: Sequence[str],
    header: bool,
    reject: Any,
) -> Iterator[pa.RecordBatch]:
    # Places, not names: a header may hold one name twice.
    places = [f"f{place}" for place in range(len(columns))]
    chosen = [places[list(columns).index(name)] for name in wanted]
    with file.open() as stream:
        try:
            reader = pa.csv.open_csv(
                pa.PythonFile(_AsUtf8(stream, file.encoding), "r"),
                read_options=pa.csv.ReadOptions(column_names=places, skip_rows=int(header), block_size=_BLOCK),
                parse_options=pa.csv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, invalid_row_handler=reject
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(places, pa.string()), include_columns=chosen
                ),
            )
        except pa.ArrowInvalid as broken:
            if "Empty CSV" in str(broken):
                return
            raise
        for batch in reader:
            yield pa.RecordBatch.from_arrays(batch.columns, names=list(wanted))


class _AsUtf8(io.RawIOBase):
    """The same bytes as UTF-8: pyarrow would lose count of a bad line that is none. What is no UTF-8 is read as
    spreadsheets of the west write it."""

    def __init__(self, stream: Any, encoding: str) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder(encoding)(_OTHER_LETTERS).decode
        self._ready = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._ready and (chunk := self._stream.read(size if size > 0 else _BLOCK)):
            self._ready = self._decode(chunk).encode("utf-8", "replace")
        if not self._ready:
            self._ready = self._decode(b"", True).encode("utf-8", "replace")
        given, self._ready = (self._ready, b"") if size < 0 else (self._ready[:size], self._ready[size:])
        return given


def _as_latin_1(broken: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(broken, UnicodeDecodeError):
        raise broken
    return broken.object[broken.start : broken.end].decode("latin-1"), broken.end


codecs.register_error(_OTHER_LETTERS, _as_latin_1)
