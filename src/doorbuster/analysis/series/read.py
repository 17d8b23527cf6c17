"""A metric as text: Prometheus's JSON, or CSV with a column of times, one of numbers for each line, and labels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from doorbuster.errors import ImportFileError
from doorbuster.importers.cells import decimal_mark, parse_cell
from doorbuster.importers.clocks import zone_of
from doorbuster.importers.prometheus_answer import sample_of, series_of
from doorbuster.importers.tables import Table, read_tables
from doorbuster.importers.times import Stamp, TimeReader, reader_for

Labelled = list[tuple[dict[str, str], list[tuple[float, float]]]]
"""Labels, and (seconds since 1970, value) of each sample."""

_NUMBER: Final = re.compile(r"([-+]?\d[\d.,]*(?:[eE][-+]?\d+)?)\s*(\D*)")


def read_metric(where: str, text: str, timezone: str | None = None) -> Labelled:
    """Raises ImportFileError, in one sentence, for what is neither."""
    if text.lstrip().startswith("{"):
        return prometheus_lines(where, text)
    tables = read_tables(where, text, "#")
    if not tables or not tables[0].rows:
        raise ImportFileError(f"{where}: has no rows; export it again")
    return _csv_lines(where, tables[0], zone_of(timezone))


def prometheus_lines(where: str, text: str) -> Labelled:
    """Each series of an answer to query_range; a sample that is none is left out, as Prometheus leaves gaps."""
    return [
        (
            {str(key): str(value) for key, value in one["metric"].items()},
            [taken for sample in one["values"] if (taken := sample_of(sample))],
        )
        for one in series_of(where, text)
    ]


def _csv_lines(where: str, table: Table, zone: ZoneInfo | None) -> Labelled:
    columns = {name: _column(table, position) for position, name in enumerate(table.header)}
    time, stamps = _times(where, columns)
    units: dict[str, set[str]] = {}
    numbers: dict[str, list[float]] = {}
    for name, cells in columns.items():
        if name != time and (read := _numbers(where, name, cells, table.separator)):
            numbers[name], units[name] = read
    mixed = next((name for name, seen in units.items() if len(seen) > 1), None)
    if mixed is not None:
        said = " and ".join(sorted(repr(unit) for unit in units[mixed])[:2])
        raise ImportFileError(f"{where}: column {mixed} mixes the units {said}; export the raw values")
    if not numbers:
        raise ImportFileError(f"{where}: no column beside {time} holds numbers")
    texts = [name for name in columns if name != time and name not in numbers]
    lines: dict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    for row, stamp in enumerate(stamps):
        if stamp is not None:
            at_s = _unix_s(stamp, zone)
            for name, values in numbers.items():
                lines[name, *(columns[text][row] for text in texts)].append((at_s, values[row]))
    return [(dict(zip(("column", *texts), key, strict=True)), samples) for key, samples in lines.items()]


def _column(table: Table, position: int) -> list[str]:
    return [row[position].strip() if position < len(row) else "" for _, row in table.rows]


def _times(where: str, columns: dict[str, list[str]]) -> tuple[str, Sequence[Stamp | None]]:
    """The first column of which nearly every cell is a time."""
    for name, cells in columns.items():
        reader = reader_for(cells)
        stamps = [(reader or TimeReader()).read(cell) for cell in cells]
        if sum(stamp is not None for stamp in stamps) < 0.9 * len(cells):
            continue
        if reader is None:
            raise ImportFileError(f"{where}: its dates could be day or month first; export them as 2026-11-27 20:00")
        return name, stamps
    raise ImportFileError(f"{where}: no column holds times; export it with one, such as 2026-11-27T20:00:00Z")


def _numbers(where: str, name: str, cells: Sequence[str], separator: str) -> tuple[list[float], set[str]] | None:
    """Values and the units written behind them; None for a column of words."""
    found = [_NUMBER.fullmatch(cell) for cell in cells]
    digits = [one[1] if one else cell for one, cell in zip(found, cells, strict=True)]
    mark = decimal_mark(digits, separator)
    numbers = [parse_cell(cell, decimal_comma=mark == ",") for cell in digits]
    values = [number.value for number in numbers if number is not None]
    if len(values) < len(cells) or not any(found):
        return None
    if mark is None and separator == ";":
        raise ImportFileError(f"{where}: column {name}: 1.234 may be a thousand or a fraction; export it otherwise")
    return values, {one[2].strip() for one in found if one}


def _unix_s(stamp: Stamp, zone: ZoneInfo | None) -> float:
    """A time without an offset is on the zone's clock, else on UTC's."""
    if stamp.offset_s is not None or zone is None:
        return float(stamp.written_s - (stamp.offset_s or 0))
    written = datetime(1970, 1, 1) + timedelta(seconds=stamp.written_s)
    return written.replace(tzinfo=zone).astimezone(UTC).timestamp()
