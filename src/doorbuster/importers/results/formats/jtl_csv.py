"""JMeter's JTL as CSV: with its header or without, any delimiter, times as numbers or as dates.

Columns are those of JMeter's CSVSaveService; each can be switched off in jmeter.properties (save.saveservice.*).
"""

from __future__ import annotations

import math
import re
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from doorbuster.importers.results.csv_stream import DELIMITERS, batches, first_row
from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.formats.jmeter_words import (
    BROKEN_ASSERTION,
    NETWORK,
    NOT_HTTP,
    SCRIPT,
    TIMED_OUT,
    TRANSACTION,
)
from doorbuster.importers.results.moments import MomentReader, moment_reader
from doorbuster.importers.results.reading import Kind, Notes
from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.tally import SAMPLES
from doorbuster.importers.shape import shape

KIND: Final = Kind(
    "jtl_csv",
    "JMeter",
    "JMeter results (CSV)",
    "JMeter's elapsed time: from just before sending, connecting included, to the last byte, in whole milliseconds",
    absent=("sessions", "when requests were due", "which requests belong to one shopper"),
)
_TIME: Final = ("timestamp",)
_ELAPSED: Final = ("elapsed", "time")
_WANTED: Final = {
    "ts": _TIME,
    "elapsed": _ELAPSED,
    "label": ("label",),
    "code": ("responsecode",),
    "message": ("responsemessage",),
    "thread": ("threadname",),
    "success": ("success",),
    "why": ("failuremessage",),
}
_NEEDED: Final = ("ts", "elapsed", "label")


def recognise(file: ResultFile) -> bool:
    """By its header, else by the first line's shape: a time, a number, ..., true or false."""
    return _layout(file) is not None


def _layout(file: ResultFile) -> tuple[str, list[str], bool] | None:
    """(delimiter, columns, whether there is a header); a header's columns in lower case."""
    for delimiter in DELIMITERS:
        cells = [cell.strip().lower() for cell in first_row(file.head_text, delimiter)]
        if set(_TIME) & set(cells) and set(_ELAPSED) & set(cells):
            return delimiter, cells, True
    for delimiter in DELIMITERS:
        cells = first_row(file.head_text, delimiter)
        # Without a header the order is JMeter's: ..., threadName, [dataType,] success.
        for place, kinds in ((6, []), (7, ["datatype"])):
            if (
                len(cells) > place
                and cells[place].lower() in ("true", "false")
                and cells[1].isdecimal()
                and re.fullmatch(r"\d{12,13}|\d{2,4}[-/.]\d{1,2}[-/.]\d{2,4}[ T].*", cells[0])
            ):
                known = ["timestamp", "elapsed", "label", "responsecode", "responsemessage", "threadname"]
                names = [*known, *kinds, "success"]
                return delimiter, [*names, *(f"more {n}" for n in range(len(cells) - len(names)))], False
    return None


def read(files: list[ResultFile], notes: Notes) -> Kind:
    """Raises ResultError for a file without the columns that tell what was asked, when, and how it ended."""
    with duckdb.connect(config={"threads": 2}) as duck:
        for file in files:
            _read(duck, file, notes)
    return KIND


def _read(duck: duckdb.DuckDBPyConnection, file: ResultFile, notes: Notes) -> None:
    layout = _layout(file)
    if layout is None:
        raise ResultError(f"{file.where}: its first line is neither JMeter's header nor a JMeter sample")
    delimiter, columns, header = layout
    there = {
        meaning: name
        for meaning, names in _WANTED.items()
        if (name := next((one for one in names if one in columns), None))
    }
    missing = [_WANTED[one][0] for one in _NEEDED if one not in there]
    if "success" not in there and "code" not in there:
        missing.append("success")
    if missing:
        raise ResultError(
            f"{file.where}: has no column {' and no '.join(missing)}; switch it on (jmeter.save.saveservice.*) and "
            "run JMeter again"
        )
    names = list(there)
    row, moments = 0, None
    for cells in batches(file, delimiter, columns, [there[one] for one in names], header, notes):
        batch = pa.RecordBatch.from_arrays(cells.columns, names=names)
        if moments is None:
            moments = moment_reader(file.where, batch["ts"].slice(0, 2000).to_pylist())
            notes.written_clock |= moments.written
        _take(duck, batch, moments, row, notes)
        row += batch.num_rows


def _take(
    duck: duckdb.DuckDBPyConnection, batch: pa.RecordBatch, moments: MomentReader, row: int, notes: Notes
) -> None:
    column = {name: name if name in batch.schema.names else "''" for name in _WANTED}
    success = "lower(trim(success))" if "success" in batch.schema.names else "''"
    # Without a column of its own, success is what JMeter's samplers make of the status: below 400.
    passed = (
        f"CASE {success} WHEN 'true' THEN true WHEN 'false' THEN false END"
        if "success" in batch.schema.names
        else "CASE WHEN try_cast(code AS INTEGER) BETWEEN 100 AND 599 THEN code::INTEGER < 400 ELSE false END"
    )
    duck.register("batch", batch)
    read: pa.Table = duck.sql(
        f"""SELECT ts, label AS name, {column["code"]} AS code,
        {column["message"]} AS message, {column["why"]} AS why,
        regexp_replace({column["thread"]}, '\\s*\\d+-\\d+$', '') AS "group",
        {moments.sql("ts")} AS start_us, try_cast(elapsed AS BIGINT) AS took_ms, {passed} AS passed,
        coalesce(try_cast({column["code"]} AS INTEGER), 0) AS status,
        starts_with({column["message"]}, '{TRANSACTION}') AS transaction,
        lower(trim(ts)) = 'timestamp' AS header FROM batch"""
    ).to_arrow_table()
    duck.unregister("batch")
    good = pc.fill_null(
        pc.and_(
            pc.and_(pc.is_valid(read["start_us"]), pc.is_valid(read["passed"])),
            pc.and_(pc.greater_equal(read["took_ms"], 0), pc.less(read["took_ms"], 10_000_000_000)),
        ),
        False,
    )
    headers = pc.sum(read["header"]).as_py() or 0
    if headers:
        notes.dropped["headers within the file", "JMeter appends to a file that is there"] += headers
    numbered = read.append_column("row", pa.array(range(1, read.num_rows + 1)))
    bad = numbered.filter(pc.and_(pc.invert(good), pc.invert(read["header"])))
    for one in bad.slice(0, 5).to_pylist():
        notes.examples.append((row + one["row"], _why(one)))
    del notes.examples[5:]
    notes.bad += bad.num_rows
    notes.rows += bad.num_rows
    take(read.filter(good), notes)


def _why(row: dict[str, object]) -> str:
    if row["start_us"] is None:
        return f"{shape(str(row['ts']))} is no time"
    return "success is neither true nor false" if row["passed"] is None else "elapsed is no number of milliseconds"


def take(read: pa.Table, notes: Notes) -> None:
    """Samples of JMeter, whichever way they were written, into the tally: transactions and script errors apart.

    Columns: name, code, message, why, group, start_us, took_ms, passed, status, transaction.
    """
    notes.rows += read.num_rows
    failed = pc.invert(read["passed"])
    said = pc.binary_join_element_wise(read["code"], read["message"], read["why"], " ")
    # Expressions run on failed samples only: most are none.
    script = pc.and_(failed, _broke(read, failed))
    for message in read.filter(script).select(["code", "message", "why"]).to_pylist():
        notes.script_errors[_named(message)] += 1
    keep = pc.invert(script)
    read, failed, said = read.filter(keep), failed.filter(keep), said.filter(keep)
    timed_out = pc.and_(failed, pc.match_substring_regex(said, TIMED_OUT)) if pc.any(failed).as_py() else failed
    for one in pc.value_counts(said.filter(pc.and_(failed, pc.invert(read["transaction"])))).to_pylist():
        notes.failures[" ".join(one["values"].split())[:80]] += one["counts"]
    samples = pa.Table.from_arrays(
        [
            read["name"],
            pa.chunked_array([pa.array([""] * read.num_rows, pa.string())]),
            read["group"],
            read["start_us"],
            pc.fill_null(pc.multiply(read["took_ms"].cast(pa.float64()), 1000.0), math.nan),
            read["status"].cast(pa.int32()),
            failed,
            timed_out,
        ],
        schema=SAMPLES,
    )
    notes.tally.add(samples.filter(pc.invert(read["transaction"])))
    notes.transactions.add(samples.filter(read["transaction"]))


def _broke(read: pa.Table, failed: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether a script broke, and no answer of the shop did."""
    if not pc.any(failed).as_py():
        return failed
    code, message = read["code"], read["message"]
    strange = pc.and_(pc.starts_with(code, NOT_HTTP), pc.invert(pc.match_substring_regex(code, NETWORK)))
    script = pc.or_(pc.match_substring_regex(code, SCRIPT), pc.match_substring_regex(message, SCRIPT))
    return pc.or_(pc.or_(script, strange), pc.match_substring_regex(read["why"], BROKEN_ASSERTION))


def _named(row: dict[str, str]) -> str:
    told = next((text for text in (row["message"], row["why"], row["code"]) if text.strip()), "no message")
    return " ".join(told.split())[:100]
