"""A CSV table's rows, one by one: read, left out with a reason, or a bad line shown by its shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isnan
from typing import Final

from doorbuster.importers.cells import Per, parse_cell
from doorbuster.importers.columns import Columns
from doorbuster.importers.field_map import FieldMap, plain_name
from doorbuster.importers.rows import Account
from doorbuster.importers.shape import shape
from doorbuster.importers.tables import Table
from doorbuster.importers.times import Stamp, TimeReader, plausible

_NOWHERE: Final = frozenset({"(other)", "(not set)", "(data deleted)"})


class CsvRows:
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
