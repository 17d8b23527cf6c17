"""Measurements over time from anything else: a CSV whose columns a map names. Figures to draw, never samples.

A line may hold fewer cells than the header has names, and the header may lack its line end: both happen, and either
would move every figure into its neighbour's column. So a map lists the columns for each number of cells.
"""

from __future__ import annotations

import csv
import re
from typing import Final

from doorbuster.importers.results.csv_stream import first_row
from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.reading import Kind, Notes, Summary
from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.steps_file import SeriesMap, shipped_series
from doorbuster.importers.shape import shape
from doorbuster.importers.text_file import read_text

KIND: Final = Kind(
    "series",
    "a monitor",
    "series of measurements",
    None,
    whole_run=True,
    absent=("requests: these are measurements of pages, one now and then", "errors", "sessions", "load"),
)
_VALUE: Final = re.compile(r"(\d{1,12}(?:\.\d+)?)\s*(ms|s)?")
_IN_MS: Final = {"s": 1000.0, "ms": 1.0}


def recognise(file: ResultFile) -> bool:
    return any(_fits(file, known) for known in shipped_series())


def _fits(file: ResultFile, known: SeriesMap) -> bool:
    first = first_row(file.head_text, ",")
    return len(first) > 2 and first[:3] == list(known.columns[0][:3])


def read(files: list[ResultFile], notes: Notes, own: SeriesMap | None = None) -> Kind:
    """`own`: from --steps. Raises ResultError."""
    for file in files:
        known = own or next((one for one in shipped_series() if _fits(file, one)), None)
        if known is None:
            raise ResultError(f"{file.where}: no columns that are known; name them under [series] in --steps MAP.toml")
        _read(file, known, notes)
    return KIND


def _read(file: ResultFile, known: SeriesMap, notes: Notes) -> None:
    by_width = {len(columns): columns for columns in known.columns}
    try:
        rows = list(csv.reader(read_text(file.path).splitlines()))
    except csv.Error as broken:
        raise ResultError(f"{file.where}: is damaged ({broken}); copy it again") from None
    header, glued = _split(rows[0], {name for columns in known.columns for name in columns})
    if glued:
        notes.warn("read", f"{file.where}: the header has no line end; the first row was taken from behind it")
    widths = {len(row) for row in (glued, *rows[1:]) if row}
    if header and widths and len(header) not in widths:
        width = max(widths)
        notes.warn(
            "read",
            f"{file.where}: the header names {len(header)} columns, the rows have {width} cells; the map's columns for "
            f"{width} are taken",
        )
    for number, row in enumerate([glued, *rows[1:]], 1):
        if not row or not any(cell.strip() for cell in row):
            continue
        notes.rows += 1
        columns = by_width.get(len(row))
        if columns is None:
            notes.reject(number, f"{len(row)} cells; the map knows {' or '.join(map(str, sorted(by_width)))}")
            continue
        _take(dict(zip(columns, row, strict=True)), number, known, notes)


def _split(first: list[str], names: set[str]) -> tuple[list[str], list[str]]:
    """The header, and the row that is glued to it where the line end is missing."""
    for place, cell in enumerate(first):
        if cell in names:
            continue
        longest = max((name for name in names if cell.startswith(name)), key=len, default=None)
        if longest is None or place == 0:
            return (first, []) if place else ([], first)
        return [*first[:place], longest], [cell[len(longest) :], *first[place + 1 :]]
    return first, []


def _take(row: dict[str, str], number: int, known: SeriesMap, notes: Notes) -> None:
    at = row[known.time].strip()
    if not re.fullmatch(r"\d{10}|\d{13}", at):
        notes.reject(number, f"{shape(at)} is no time in seconds or milliseconds since 1970")
        return
    at_s = int(at) / (1000 if len(at) == 13 else 1)
    figures = {}
    for column, unit in known.values.items():
        if column not in row:
            continue
        found = _VALUE.fullmatch(row[column].strip())
        if not found or (found[2] and found[2] != unit):
            notes.reject(number, f"{shape(row[column])} is no number of {unit}")
            return
        figures[column] = float(found[1]) * _IN_MS[unit]
    notes.tally.last_us = max(notes.tally.last_us, int(at_s * 1e6))
    for column, value_ms in figures.items():
        notes.summaries.append(Summary(row[known.name].strip(), "", at_s, 0.0, column, value_ms, 1, "measurement"))
