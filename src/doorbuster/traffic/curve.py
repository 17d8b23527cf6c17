"""Last year's curve: sessions in each step of time, of all journeys or of each, with absent rows told from zeros.

Read with pyarrow, because the load path may not import pandas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from doorbuster.errors import CurveError, did_you_mean
from doorbuster.scenario import Traffic
from doorbuster.vocabulary import JOURNEYS

MOST_STEPS = 10_000_000
EVENT_STEP_S = 60
"""Rows that are one event each are counted by the minute."""


@dataclass(frozen=True)
class Curve:
    """A regular grid of time steps. Shapes: (steps,)."""

    start_s: NDArray[np.int64]
    """Start of each step, seconds since 1970 as the file writes them (no time zone is assumed)."""
    step_s: int
    sessions: NDArray[np.float64]
    """Sessions in the step; nan where the file has no row."""
    by_journey: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """The file's columns that are named like a journey: how many came in each step, in whatever unit."""

    @property
    def absent(self) -> int:
        return int(np.isnan(self.sessions).sum())


def load_curve(path: Path, traffic: Traffic) -> Curve:
    """Read a CSV file, also gzipped. Raises CurveError: file, row or column, what to do."""
    table = _read(path, traffic)
    times = _epoch_seconds(path, table[traffic.time], traffic.time)
    if traffic.count_rows is not None:
        curve = _count_events(path, times)
    else:
        column = traffic.sessions or traffic.orders or "sessions"
        apart = {name: _counts(path, table[name], name) for name in _journey_columns(table, traffic)}
        curve = _regular(path, times, _counts(path, table[column], column), apart)
    if traffic.conversion is not None:
        curve = replace(curve, sessions=curve.sessions / traffic.conversion)
    if not np.nansum(curve.sessions) > 0:
        raise CurveError(f"{path}: no sessions at all in this curve; check the columns named in [traffic]")
    return curve


def _journey_columns(table: pa.Table, traffic: Traffic) -> list[str]:
    """Columns of journeys; not one that the scenario has given another meaning."""
    taken = {traffic.time, traffic.sessions, traffic.orders, *traffic.exclude}
    return [journey for journey in JOURNEYS if journey in table.column_names and journey not in taken]


def _read(path: Path, traffic: Traffic) -> pa.Table:
    """The wanted columns and rows as a table."""
    counted = None if traffic.count_rows else traffic.sessions or traffic.orders or "sessions"
    wanted = [name for name in (traffic.time, counted) if name is not None]
    as_text = {name: pa.string() for name in traffic.exclude}
    try:
        table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=as_text))
    except FileNotFoundError:
        raise CurveError(f"{path}: no such curve file; curve = ... is looked up beside the scenario file") from None
    except (OSError, pa.ArrowException, UnicodeDecodeError) as broken:
        first_line = str(broken).splitlines()[0]
        raise CurveError(f"{path}: cannot be read as CSV ({first_line}); .csv and .csv.gz are understood") from None
    for name in dict.fromkeys((*wanted, *traffic.exclude, *_journey_columns(table, traffic))):
        if table.column_names.count(name) > 1:
            raise CurveError(f'{path}: two columns are named "{name}"; rename one')
        if name not in table.column_names:
            raise CurveError(f'{path}: no column "{name}"{did_you_mean(name, table.column_names)}')
    for name, value in traffic.exclude.items():
        table = table.filter(pc.not_equal(table[name], value))
    if table.num_rows == 0:
        raise CurveError(f"{path}: has no rows{' left after exclude' if traffic.exclude else ''}")
    return table


def _epoch_seconds(path: Path, column: pa.ChunkedArray, name: str) -> NDArray[np.int64]:
    """Times as whole seconds. Timestamps are taken as written; whole numbers are seconds (milliseconds above 1e11)."""
    if column.null_count:
        row = int(pc.index(pc.is_null(column), pa.scalar(True)).as_py())
        raise CurveError(f'{path}: row {row + 2}: "{name}" is empty; every row needs its time')
    if pa.types.is_timestamp(column.type):
        return np.asarray(column.cast(pa.timestamp("s", column.type.tz), safe=False).cast(pa.int64()).to_numpy())
    if pa.types.is_date(column.type):
        return np.asarray(column.cast(pa.timestamp("s")).cast(pa.int64()).to_numpy())
    if pa.types.is_integer(column.type):
        seconds = np.asarray(column.to_numpy(), dtype=np.int64)
        return seconds // 1000 if seconds.max() > 1e11 else seconds
    row, value = _first_bad(column, lambda text: bool(np.datetime64(text)))
    raise CurveError(f'{path}: row {row}: "{name}" is {value!r}, not a time such as 2025-11-28 09:00:00')


def _counts(path: Path, column: pa.ChunkedArray, name: str) -> NDArray[np.float64]:
    if pa.types.is_null(column.type) or pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        counts = np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    else:
        row, value = _first_bad(column, float)
        raise CurveError(
            f'{path}: row {row}: "{name}" is {value!r}, not a number; clean the cell or name another column'
        )
    negative = np.flatnonzero(counts < 0)
    if negative.size:
        raise CurveError(
            f'{path}: row {negative[0] + 2}: "{name}" is {counts[negative[0]]:g}; counts cannot be negative'
        )
    return counts


def _first_bad(column: pa.ChunkedArray, parse: Any) -> tuple[int, Any]:
    """Line number (the header is line 1) and value of the first cell that does not parse."""
    for row, value in enumerate(column.to_pylist(), start=2):
        try:
            parse(value)
        except (TypeError, ValueError):
            return row, value
    return 2, column[0].as_py()


def _regular(
    path: Path, times: NDArray[np.int64], counts: NDArray[np.float64], apart: Mapping[str, NDArray[np.float64]]
) -> Curve:
    """Lay rows on a regular grid; the most common distance between rows is its step."""
    order = np.argsort(times, kind="stable")
    times = times[order]
    if times.size < 2:
        raise CurveError(f"{path}: one row is no curve; at least two are needed")
    gaps = np.diff(times)
    if (gaps == 0).any():
        row = int(order[1:][gaps == 0][0]) + 2
        raise CurveError(
            f"{path}: row {row} repeats a time; add such rows up, or write the times with their UTC offset"
        )
    values, occurrences = np.unique(gaps, return_counts=True)
    step_s = int(values[np.argmax(occurrences)])
    offset = (times - times[0]) % step_s
    if offset.any():
        row = int(order[np.flatnonzero(offset)[0]]) + 2
        raise CurveError(f"{path}: row {row} is not on the grid of {step_s} s that most rows keep; resample the file")
    index = (times - times[0]) // step_s
    _check_length(path, times, int(index[-1]) + 1)
    steps = int(index[-1]) + 1

    def laid(column: NDArray[np.float64]) -> NDArray[np.float64]:
        on_grid = np.full(steps, np.nan)
        on_grid[index] = column[order]
        return on_grid

    by_journey = {name: laid(column) for name, column in apart.items()}
    return Curve(times[0] + step_s * np.arange(steps), step_s, laid(counts), by_journey)


def _check_length(path: Path, times: NDArray[np.int64], steps: int) -> None:
    """One mistyped year would make a grid that no memory holds."""
    if steps > MOST_STEPS:
        span = f"{describe_start(int(times.min()))} to {describe_start(int(times.max()))}"
        raise CurveError(f"{path}: its rows run from {span}, {steps:,} steps; correct the odd time, or cut the file")


def _count_events(path: Path, times: NDArray[np.int64]) -> Curve:
    """One row is one event: a minute without rows is zero, never absent."""
    first = int(times.min()) // EVENT_STEP_S
    _check_length(path, times, int(times.max()) // EVENT_STEP_S - first + 1)
    counts = np.bincount(times // EVENT_STEP_S - first).astype(np.float64)
    if counts.size < 2:
        counts = np.append(counts, 0.0)
    return Curve((first + np.arange(counts.size)) * EVENT_STEP_S, EVENT_STEP_S, counts)


def describe_start(second: int) -> str:
    """A curve's own time as text, e.g. 2025-11-28 20:00."""
    return str(np.datetime64(second, "s")).replace("T", " ").removesuffix(":00")
