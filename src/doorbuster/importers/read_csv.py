"""A CSV export's rows: totals, comments and strangers left out and counted, bad lines shown by their shape."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import ImportFileError
from doorbuster.importers.cells import Per
from doorbuster.importers.columns import Columns, choose_columns
from doorbuster.importers.csv_rows import CsvRows
from doorbuster.importers.field_map import FieldMap
from doorbuster.importers.imported import Counted, Finding
from doorbuster.importers.rows import Rows
from doorbuster.importers.tables import Table, read_tables
from doorbuster.importers.times import TimeReader, reader_for


def read_csv(where: str, text: str, format_: FieldMap, as_: Counted | None) -> Rows:
    """Raises ImportFileError when the table or its columns are not what the format says."""
    table, findings = _chosen_table(where, text, format_)
    columns = choose_columns(where, table, format_, as_)
    reading = CsvRows(
        table, columns, format_, _time_reader(where, table, columns, format_), _start(where, table, columns)
    )
    for line, row in table.rows:
        reading.take(line, row)
    values = {meaning: np.array(column, dtype=np.float64) for meaning, column in reading.values.items()}
    if not columns.counts:
        values = {columns.leading: np.ones(len(reading.stamps))}
    per, said = _per(reading.units, values[columns.leading], format_)
    said += _how_counted(where, reading, columns, format_)
    return Rows(
        title=format_.title,
        leading=columns.leading,
        lines=np.array(reading.lines, dtype=np.int64),
        stamps=reading.stamps,
        counts=values,
        per=per,
        events=not columns.counts,
        by_dimension=columns.by_dimension,
        of=len(table.rows),
        dropped=reading.account.all_dropped(),
        bad=reading.account.bad_lines(len(table.rows)),
        findings=(*findings, *said, *_against_total(reading, values, columns)),
        sessions_end_at_midnight_utc=format_.sessions_end_at_midnight_utc and columns.leading == "sessions",
    )


def _chosen_table(where: str, text: str, format_: FieldMap) -> tuple[Table, list[Finding]]:
    """The table with a time and a known count; the first where none is better."""
    tables = read_tables(where, text, format_.comment, format_.separator)
    timely = {*format_.time, *format_.numbered, *(format_.date_and_hour or ())}
    known = {name for names in format_.counts.model_dump().values() for name in names}
    if not tables:
        raise ImportFileError(f"{where}: has no table in it; export it again")
    fitting = [table for table in tables if timely & set(table.header)]
    chosen = next((table for table in fitting if known & set(table.header)), (fitting or tables)[0])
    if not chosen.rows:
        raise ImportFileError(f"{where}: has a header and no rows; export it again")
    others = len(tables) - 1
    said = [Finding("read", f"other tables in the file, not read: {others}", False)] if others else []
    return chosen, said


def _time_reader(where: str, table: Table, columns: Columns, format_: FieldMap) -> TimeReader:
    position = columns.time[0]
    reader = reader_for([row[position] for _, row in table.rows if position < len(row)], format_.time_format)
    if reader is None:
        raise ImportFileError(
            f"{where}: its dates could be day first or month first; say which in a field map (--map), "
            'e.g. time_format = ["%d/%m/%Y %H:%M"]'
        )
    return reader


def _start(where: str, table: Table, columns: Columns) -> int:
    """For numbered steps, the start date in the comments before the table: seconds since 1970."""
    if columns.step_s is None:
        return 0
    for comment in table.comments:
        found = re.search(r"(\d{8})", comment)
        stamp = TimeReader().read(found[1]) if found else None
        if stamp is not None:
            return stamp.written_s
    raise ImportFileError(f"{where}: numbers its rows from a start date that its comments do not name; export it again")


def _how_counted(where: str, reading: CsvRows, columns: Columns, format_: FieldMap) -> list[Finding]:
    """What was added up, and rows taken as events because no column counts."""
    added = len(columns.counts.get(columns.leading, ()))
    if added > 1:
        return [Finding("read", f"{added} columns were added up; one that repeats the others would count twice", True)]
    if columns.counts or format_.one_row is not None:
        return []
    times = np.unique(np.array([stamp.written_s for stamp in reading.stamps], dtype=np.int64))
    if times.size > 10 and np.unique(np.diff(times)).size == 1:
        raise ImportFileError(
            f"{where}: its times are regular, as counts have them, but no column holds counts; name it in a field map "
            "(--map)"
        )
    return [Finding("unit", f"no column counts: each row is taken as one of the {columns.leading}", True)]


def _per(units: set[Per], values: NDArray[np.float64], format_: FieldMap) -> tuple[Per, list[Finding]]:
    """What a count is per: the cells say it, or the map, else a count of its step."""
    if units & {"second", "minute"}:
        return "second", []
    if format_.per is not None:
        return format_.per, []
    if not format_.all_numbers:
        return "step", []
    present = values[~np.isnan(values)]
    if present.size and (present == np.round(present)).all():
        told = "whole numbers: taken as counts of each step (assumed; --per second if it is a rate)"
        return "step", [Finding("unit", f"the cells carry no unit and are {told}", True)]
    told = "have decimals: taken as a rate a second (assumed; --per step if they are counts)"
    return "second", [Finding("unit", f"the cells carry no unit and {told}", True)]


def _against_total(reading: CsvRows, values: dict[str, NDArray[np.float64]], columns: Columns) -> list[Finding]:
    """An export that was cut or sampled does not add up to its own total."""
    if reading.total is None or not reading.total > 0 or columns.leading not in values:
        return []
    rows = float(np.nansum(values[columns.leading]))
    if abs(rows - reading.total) <= 0.01 * reading.total:
        return []
    return [
        Finding(
            "read",
            f"the rows add up to {rows:,.0f}, the export's own total says {reading.total:,.0f}: it was cut (a limit on "
            "rows) or sampled; export it whole",
            True,
        )
    ]
