"""k6's CSV (`--out csv=`): one metric a line, columns by the system tags that were on, `.gz` too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from doorbuster.importers.results.csv_stream import batches, first_row
from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.formats import k6
from doorbuster.importers.results.moments import moment_reader
from doorbuster.importers.results.reading import Kind, Notes, Visit
from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.tally import SAMPLES

KIND: Final = Kind("k6_csv", "k6", "k6 results (CSV)", k6.LATENCY, visits=k6.VISITS, absent=k6.ABSENT)
_NEEDED: Final = ("metric_name", "timestamp", "metric_value")
_TAGS: Final = (
    "name",
    "url",
    "method",
    "scenario",
    "group",
    "status",
    "expected_response",
    "error",
    "error_code",
    "check",
)
_UNITS: Final = ("s", "ms", "us", "ns")


def recognise(file: ResultFile) -> bool:
    return set(_NEEDED) <= set(first_row(file.head_text, ","))


def read(files: list[ResultFile], notes: Notes) -> Kind:
    """Raises ResultError for a file whose tags do not tell requests apart, or failed ones from others."""
    points = k6.Points()
    with duckdb.connect(config={"threads": 2}) as duck:
        for file in files:
            _read(duck, file, notes, points)
    points.tell(notes)
    return KIND


def _read(duck: duckdb.DuckDBPyConnection, file: ResultFile, notes: Notes, points: k6.Points) -> None:
    columns = first_row(file.head_text, ",")
    tags = [tag for tag in _TAGS if tag in columns]
    if "name" not in tags and "url" not in tags:
        raise ResultError(f"{file.where}: no column name and no url: which request was which cannot be told")
    if "expected_response" not in tags and "status" not in tags:
        raise ResultError(f"{file.where}: {k6.NO_TAGS}")
    moments, at_us, row = None, "", 1
    for batch in batches(file, ",", columns, [*_NEEDED, *tags], True, notes):
        if moments is None:
            moments = moment_reader(file.where, batch["timestamp"].slice(0, 500).to_pylist(), _UNITS)
            # Whole seconds are cut off, not rounded: what ended in a second is taken to have ended in its middle.
            at_us = moments.sql("timestamp") + (" + 500000" if moments.unit == "s" else "")
        _take(duck, file, batch, tags, at_us, row, notes, points)
        row += batch.num_rows


def _take(
    duck: duckdb.DuckDBPyConnection,
    file: ResultFile,
    batch: pa.RecordBatch,
    tags: Sequence[str],
    at_us: str,
    row: int,
    notes: Notes,
    points: k6.Points,
) -> None:
    tag = {name: f'"{name}"' if name in tags else "''" for name in _TAGS}
    duck.register("batch", batch)
    read: pa.Table = duck.sql(
        f"""SELECT metric_name AS metric, {at_us} AS at_us, try_cast(metric_value AS DOUBLE) AS value,
        CASE WHEN {tag["name"]} <> '' THEN {tag["name"]} ELSE {tag["url"]} END AS name, {tag["method"]} AS method,
        CASE WHEN {tag["scenario"]} NOT IN ('', 'default') THEN {tag["scenario"]}
             ELSE ltrim({tag["group"]}, ':') END AS "group",
        coalesce(try_cast({tag["status"]} AS INTEGER), 0) AS status, {tag["status"]} <> '' AS has_status,
        {tag["expected_response"]} AS expected, {tag["error"]} AS error, {tag["error_code"]} AS error_code,
        {tag["check"]} AS "check" FROM batch
        WHERE metric_name IN ('{k6.DURATION}', {", ".join(f"'{one}'" for one in k6.OTHERS)})"""
    ).to_arrow_table()
    duck.unregister("batch")
    good = pc.fill_null(pc.and_(pc.is_valid(read["at_us"]), pc.greater_equal(read["value"], 0)), False)
    for _ in range(read.num_rows - (pc.sum(good).as_py() or 0)):
        notes.rows += 1
        notes.reject(row, "timestamp or metric_value is no number (the row is the first of its block)")
    read = read.filter(good)
    _others(read, notes, points)
    requests(file.where, read.filter(pc.equal(read["metric"], k6.DURATION)), notes, points)


def _others(read: pa.Table, notes: Notes, points: k6.Points) -> None:
    sums = {
        one["metric"]: one["value_sum"] for one in read.group_by("metric").aggregate([("value", "sum")]).to_pylist()
    }
    points.failed_requests += sums.get("http_req_failed", 0)
    points.requests += sums.get("http_reqs", 0)
    points.iterations += sums.get("iterations", 0)
    points.dropped_iterations += sums.get("dropped_iterations", 0)
    checks = read.filter(pc.and_(pc.equal(read["metric"], "checks"), pc.equal(read["value"], 0)))
    for one in pc.value_counts(checks["check"]).to_pylist():
        notes.failures[f"check: {one['values'][:80]}"] += one["counts"]
    ended = read.filter(pc.equal(read["metric"], "iteration_duration"))
    for one in ended.select(["group", "at_us", "value"]).to_pylist():
        notes.visits.append(Visit(one["group"], round(one["at_us"] - one["value"] * 1000), one["at_us"]))


def requests(where: str, read: pa.Table, notes: Notes, points: k6.Points) -> None:
    """Requests into the tally. Columns as `_take` makes them; a point is a request's end. Raises ResultError."""
    if not read.num_rows:
        return
    told = pc.is_in(read["expected"], pa.array(["true", "false"]))
    if not pc.all(pc.or_(told, read["has_status"])).as_py():
        raise ResultError(f"{where}: {k6.NO_TAGS}")
    by_status = pc.or_(pc.greater_equal(read["status"], 400), pc.equal(read["status"], 0))
    failed = pc.if_else(told, pc.equal(read["expected"], "false"), by_status)
    timed_out = pc.and_(failed, pc.equal(read["error_code"], k6.TIMEOUT_CODE))
    took_us = pc.multiply(read["value"], 1000.0)
    start_us = pc.subtract(read["at_us"], pc.cast(pc.floor(took_us), pa.int64()))
    samples = pa.Table.from_arrays(
        [
            read["name"],
            read["method"],
            read["group"],
            start_us,
            took_us,
            read["status"].cast(pa.int32()),
            failed,
            timed_out,
        ],
        schema=SAMPLES,
    )
    why = pc.binary_join_element_wise(read["status"].cast(pa.string()), read["error"], " ").filter(failed)
    for one in pc.value_counts(why).to_pylist():
        notes.failures[f"status {one['values']}"[:80].strip()] += one["counts"]
    notes.rows += read.num_rows
    notes.tally.add(samples)
    points.timed += read.num_rows
    points.timed_failed += int(pc.sum(failed).as_py() or 0)
