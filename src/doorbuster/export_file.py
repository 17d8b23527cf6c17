"""One CSV export, read whole: rows by column name, and errors that name file, line, column and what to do."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

from doorbuster.errors import ExportError, did_you_mean
from doorbuster.promises.words import decimals


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One row, and where it stands."""

    file: str
    line: int
    cells: dict[str, str]

    def text(self, column: str) -> str | None:
        """The cell, or None where it is empty or the file has no such column."""
        return self.cells.get(column) or None

    def needed(self, column: str) -> str:
        """The cell. Raises ExportError where it is empty."""
        return self.text(column) or self.wrong(column, "is empty; every row needs one")

    def amount_minor(self, column: str, currency: str) -> int | None:
        """An amount of money in minor units, from `1240.50`. Raises ExportError."""
        text = self.text(column)
        if text is None:
            return None
        try:
            minor = Decimal(text).scaleb(decimals(currency))
        except InvalidOperation:
            self.wrong(column, f'"{text}" is no amount; write it as 1240.50, with a point and no thousands mark')
        if not minor.is_finite() or minor != minor.to_integral_value() or abs(minor) >= 10**15:
            self.wrong(column, f'"{text}" is no amount of {currency}; write it to the cent at most, as 1240.50')
        return int(minor)

    def whole(self, column: str) -> int | None:
        """A whole number from 0. Raises ExportError."""
        text = self.text(column)
        if text is not None and not (text.isdecimal() and len(text) < 10):
            self.wrong(column, f'"{text}" is no whole number; write it as 3')
        return None if text is None else int(text)

    def at_unix_us(self, column: str) -> int | None:
        """A moment in microseconds of unix time, from ISO 8601 with its offset from UTC. Raises ExportError."""
        text = self.text(column)
        if text is None:
            return None
        plain = re.sub(r"\s+(?=[-+]\d{2}:?\d{2}$)", "", re.sub(r"\s*(UTC|GMT)$", "Z", text))
        try:
            moment = datetime.fromisoformat(plain)
        except ValueError:
            self.wrong(column, f'"{text}" is no time; write it as 2026-11-27T20:00:05+01:00')
        if moment.tzinfo is None:
            self.wrong(column, f'"{text}" does not say its offset from UTC; write it as {text}+01:00 or {text}Z')
        return round(moment.timestamp() * 1e6)

    def wrong(self, column: str, what: str) -> NoReturn:
        raise ExportError(f"{self.file}, line {self.line}, column {column}: {what}")


def read_export(
    path: Path, needed: Sequence[str], known: Sequence[str], page: str = "docs/audit.md"
) -> Iterator[ExportRow]:
    """The file's rows, comma or semicolon between cells; columns nobody asked for are passed over.

    `page` is the document that shows such a file.

    Raises ExportError where the file cannot be read or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ExportError(f"{path}: no such file; give the shop's export as CSV") from None
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ExportError(f"{path}: cannot be read ({unreadable}); export it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().casefold() for name in next(lines, [])]
        for name in needed:
            if name not in header:
                near = did_you_mean(name, header) if header else "; it is empty"
                raise ExportError(f"{path}, line 1: no column {name}{near}; {page} shows such a file")
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise ExportError(
                    f"{path}, line {lines.line_num}: {len(cells)} cells where the header has {len(header)}; "
                    "put cells that hold a comma in quotes"
                )
            row = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if name in known}
            yield ExportRow(str(path), lines.line_num, row)
    except csv.Error as broken:
        raise ExportError(f"{path}, line {lines.line_num}: {broken}; export it again as CSV") from None
