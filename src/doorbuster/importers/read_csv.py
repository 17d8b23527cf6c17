"""A CSV export's rows: totals, comments and strangers left out and counted, bad lines shown by their shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import ImportFileError
from doorbuster.importers.cells import Per, parse_cell
from doorbuster.importers.columns import Columns, choose_columns
from doorbuster.importers.field_map import FieldMap, plain_name
from doorbuster.importers.imported import Counted, Finding
from doorbuster.importers.rows import Account, Rows
from doorbuster.importers.shape import shape
from doorbuster.importers.tables import Table, read_tables
from doorbuster.importers.times import Stamp, TimeReader, plausible, reader_for

_NOWHERE: Final = frozenset({"(other)", "(not set)", "(data deleted)"})


def read_csv(where: str, text: str, format_: FieldMap, as_: Counted | None) -> Rows:
    """Raises ImportFileError when the table or its columns are not what the format says."""
    table, findings = _chosen_table(where, text, format_)
    columns = choose_columns(where, table, format_, as_)
    reading = _Reading(
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


class _Reading:
    """Row after row into columns."""

    def __init__(self, table: Table, columns: Columns, format_: FieldMap, times: TimeReader, start_s: int) -> None:
        self.account = Account()
        self.lines: list[int] = []
        self.stamps: list[Stamp] = []
        self.values: dict[str, list[float]] = {meaning: [] for meaning in columns.counts}
        self.units: set[Per] = set()
        self.total: float | None = None
        self._width = len(table.header)
        self._columns, self._format, self._times, self._start_s = columns, format_, times, start_s
        position = {name: column for column, name in enumerate(table.header)}
        self._rules = [
            (position[name], rule) for rule in format_.leave_out if (name := plain_name(rule.column)) in position
        ]
        self._distinct = next((position[name] for name in map(plain_name, format_.distinct) if name in position), None)
        self._seen: set[str] = set()
        self._rows: set[tuple[str, ...]] = set()

    def take(self, line: int, row: list[str]) -> None:
        if self._is_total(row):
            return
        if len(row) < self._width or any(cell.strip() for cell in row[self._width :]):
            self.account.reject(line, f"{len(row)} cells where the header has {self._width}")
            return
        when = " ".join(row[column].strip() for column in self._columns.time)
        if self._is_left_out(when, row):
            return
        stamp = self._when(row)
        if stamp is None:
            self.account.reject(line, f"{shape(when)} is no time" if when else "has no time")
            return
        counted = self._counts(line, row)
        if counted is not None:
            self.lines.append(line)
            self.stamps.append(stamp)
            for meaning, value in counted.items():
                self.values[meaning].append(value)

    def _is_left_out(self, when: str, row: list[str]) -> bool:
        """Understood, and none of what is counted."""
        if when.casefold() in _NOWHERE:
            self.account.drop("rows without a time of their own", "the export put there what it could not place")
            return True
        for column, rule in self._rules:
            if rule.fits(row[column]):
                self.account.drop(rule.why, f'rows whose "{rule.column}" says so')
                return True
        if self._columns.by_dimension:
            whole = tuple(row)
            if whole in self._rows:
                self.account.drop("rows that are there twice", "equal in every cell")
                return True
            self._rows.add(whole)
        order = "" if self._distinct is None else row[self._distinct]
        if order in self._seen:
            self.account.drop("further lines of an order", "an order counts once, however many items it has")
            return True
        if order:
            self._seen.add(order)
        return False

    def _when(self, row: list[str]) -> Stamp | None:
        cells = [row[column].strip() for column in self._columns.time]
        if self._columns.step_s is not None:
            number = cells[0]
            if not (number.isdecimal() and len(number) <= 7):
                return None
            at_s = self._start_s + int(int(number) * self._columns.step_s)
            return Stamp(at_s, None) if plausible(at_s) else None
        stamp = self._times.read(cells[0])
        if len(cells) == 2 and stamp is not None:
            hour = re.fullmatch(r"(\d{1,2})(?::00(?::00)?)?", cells[1])
            return Stamp(stamp.written_s + int(hour[1]) * 3600, stamp.offset_s) if hour and int(hour[1]) < 24 else None
        return stamp

    def _counts(self, line: int, row: list[str]) -> dict[str, float] | None:
        found = {}
        for meaning, columns in self._columns.counts.items():
            values = []
            for column in columns:
                cell = parse_cell(row[column], self._columns.decimal_comma.get(column, False))
                if cell is None or cell.value < 0:
                    self.account.reject(line, f"{shape(row[column].strip())} is no count")
                    return None
                if meaning == self._columns.leading and cell.per is not None:
                    self.units.add(cell.per)
                values.append(cell.value / 60 if cell.per == "minute" else cell.value)
            found[meaning] = _sum(values)
        return found

    def _is_total(self, row: list[str]) -> bool:
        """A row that sums the others up: by its word, or the first row without a time."""
        words = {cell.strip().casefold() for cell in row}
        timeless = not self.lines and all(
            column < len(row) and not row[column].strip() for column in self._columns.time
        )
        if not (words & set(self._format.totals)) and not (timeless and self._format.totals):
            return False
        leading = self._columns.counts.get(self._columns.leading, ())
        cells = [
            parse_cell(row[column], self._columns.decimal_comma.get(column, False))
            for column in leading
            if column < len(row)
        ]
        if cells and all(cell is not None for cell in cells):
            self.total = _sum([cell.value for cell in cells if cell is not None])
        self.account.drop("total rows", "they sum the other rows up")
        return True


def _sum(values: Iterable[float]) -> float:
    """Absent only where all are: one idle series does not hide the others."""
    present = [value for value in values if not isnan(value)]
    return sum(present) if present else float("nan")


def _how_counted(where: str, reading: _Reading, columns: Columns, format_: FieldMap) -> list[Finding]:
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


def _against_total(reading: _Reading, values: dict[str, NDArray[np.float64]], columns: Columns) -> list[Finding]:
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
