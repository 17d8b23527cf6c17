"""Which columns hold the time and the counts, and what they count: by name, field map or --as, never by a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Final, get_args

from doorbuster.errors import ImportFileError
from doorbuster.importers.cells import decimal_mark, parse_cell
from doorbuster.importers.field_map import FieldMap
from doorbuster.importers.imported import Counted
from doorbuster.importers.tables import Table

_SAMPLE: Final = 300
_FUNNEL: Final = ("cart_sessions", "checkout_sessions", "buying_sessions")
_HINTS: Final[dict[Counted, str]] = {
    "sessions": r"sessions?|visits?",
    "orders": r"orders?|purchases?",
    "requests": r"requests?|reqs?|hits",
}


@dataclass(frozen=True)
class Columns:
    """Positions in a table."""

    time: tuple[int, ...]
    """One, or a date and an hour."""
    step_s: float | None
    """Of numbered steps; None where the column holds times."""
    leading: Counted
    counts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Meaning -> columns to add up; empty where a row is one event."""
    decimal_comma: dict[int, bool] = field(default_factory=dict)
    by_dimension: bool = False
    unused: tuple[int, ...] = ()


def choose_columns(where: str, table: Table, format_: FieldMap, as_: Counted | None) -> Columns:
    """Raises ImportFileError when no column is the time, or nothing says what is counted."""
    time, step_s = _time(where, table, format_)
    header = table.header
    found: dict[str, tuple[int, ...]] = {}
    for meaning in (*get_args(Counted), *_FUNNEL, "unnamed"):
        position = next((header.index(name) for name in getattr(format_.counts, meaning) if name in header), None)
        if position is not None and position not in time:
            found[meaning] = (position,)
    unnamed = found.pop("unnamed", ())
    others = [column for column in range(len(header)) if column not in time]
    numbers = [column for column in others if _is_numbers(table, column)]
    leading: Counted
    if format_.one_row is not None:
        leading, found = as_ or format_.one_row, {}
    elif as_ in found:
        leading = as_
    elif as_ is None and any(meaning in found for meaning in get_args(Counted)):
        leading = next(meaning for meaning in get_args(Counted) if meaning in found)
    else:
        hinted = as_ or _hinted(format_, table, numbers)
        candidates = list(unnamed) or numbers
        candidates = [column for column in candidates if (column,) not in found.values()]
        if as_ is not None and not candidates and any(meaning in found for meaning in get_args(Counted)):
            named = next(meaning for meaning in get_args(Counted) if meaning in found)
            raise ImportFileError(
                f"{where}: --as {as_}, but its column counts {named}; leave --as out, or name the column in a field map"
            )
        if format_.all_numbers:
            candidates = _without_total(table, numbers, format_)
        elif len(candidates) > 1:
            raise ImportFileError(
                f"{where}: {len(candidates)} columns hold numbers and none has a known name; say in a field map "
                '(--map) which one counts, e.g. [counts] sessions = ["..."]'
            )
        if hinted is None:
            raise ImportFileError(
                f"{where}: nothing says what it counts; say --as sessions, --as orders or --as requests"
            )
        leading = hinted
        if candidates:
            found[leading] = tuple(candidates)
        elif others and all(_is_unit(table, column) for column in others):
            raise ImportFileError(
                f"{where}: its cells hold times or sizes (ms, %, MB), not counts; export a count or a rate"
            )
    used = {column for columns in found.values() for column in columns}
    rest = tuple(column for column in others if column not in used)
    words = [column for column in rest if column not in numbers and _has_words(table, column, format_)]
    commas = {column: _mark(where, table, column, format_) == "," for column in used}
    return Columns(time, step_s, leading, found, commas, bool(words) and bool(found), rest)


def _mark(where: str, table: Table, column: int, format_: FieldMap) -> str:
    mark = format_.decimal or decimal_mark((row[column] for _, row in table.rows if column < len(row)), table.separator)
    if mark is None:
        raise ImportFileError(
            f"{where}: its counts are such as 1.234, a thousand or one and a bit; say which in a field map (--map): "
            'decimal = "," or decimal = "."'
        )
    return mark


def _time(where: str, table: Table, format_: FieldMap) -> tuple[tuple[int, ...], float | None]:
    header = table.header
    if format_.date_and_hour is not None and all(name in header for name in format_.date_and_hour):
        return tuple(header.index(name) for name in format_.date_and_hour), None
    for name, step_s in format_.numbered.items():
        if name in header:
            return (header.index(name),), step_s
    for name in format_.time:
        if name in header:
            return (header.index(name),), None
    raise ImportFileError(f"{where}: no column of times as {format_.title} has them; name it in a field map (--map)")


def _sample(table: Table, column: int) -> list[str]:
    return [row[column] for _, row in table.rows[:_SAMPLE] if column < len(row)]


def _is_numbers(table: Table, column: int) -> bool:
    cells = [parse_cell(cell) or parse_cell(cell, True) for cell in _sample(table, column)]
    counts = [cell for cell in cells if cell is not None]
    return len(counts) >= 0.9 * len(cells) and any(cell.value == cell.value for cell in counts)


def _is_unit(table: Table, column: int) -> bool:
    """A number with a unit that counts nothing."""
    sample = [cell for cell in _sample(table, column) if cell.strip()]
    return bool(sample) and all(re.match(r"\s*[-+]?\d[\d.,]*\s*[a-zA-Zµ%°]", cell) for cell in sample)


def _has_words(table: Table, column: int, format_: FieldMap) -> bool:
    words = {cell.strip().casefold() for cell in _sample(table, column)} - {"", *format_.totals}
    return bool(words)


def _hinted(format_: FieldMap, table: Table, numbers: list[int]) -> Counted | None:
    """What the names of a dashboard's series say, or the unit in their cells, when all say the same."""
    if not format_.all_numbers or not numbers:
        return None
    cells = [cell for column in numbers for cell in _sample(table, column) if re.search(r"[a-z]/[sm]", cell)]
    return hinted_by([table.header[column] for column in numbers]) or hinted_by(cells)


def hinted_by(names: Sequence[str]) -> Counted | None:
    """`sessions` from "shop_sessions_total", None when names disagree or say nothing."""
    said = [
        {
            meaning
            for meaning, words in _HINTS.items()
            if re.search(rf"(?<![a-z])(?:{words})(?![a-z])", name.replace("_", " "))
        }
        for name in names
    ]
    first = said[0] if said else set()
    return next(iter(first)) if len(first) == 1 and all(one == first for one in said) else None


def _without_total(table: Table, numbers: list[int], format_: FieldMap) -> list[int]:
    """A dashboard's own total among its series, by its name or by its numbers, would count everything twice."""
    series = [column for column in numbers if len(numbers) == 1 or table.header[column] not in format_.totals]
    if len(series) < 3:
        return series
    cells = [[_value(row, column) for column in series] for _, row in table.rows[:_SAMPLE]]
    for place, column in enumerate(series):
        # Twice a value against the sum of all: equal where the value is the sum of the others.
        told = [(2 * row[place], sum(row)) for row in cells if sum(row) > 0]
        if told and sum(abs(twice - all_of_it) <= 0.02 * all_of_it for twice, all_of_it in told) >= 0.95 * len(told):
            return [other for other in series if other != column]
    return series


def _value(row: list[str], column: int) -> float:
    cell = parse_cell(row[column]) if column < len(row) else None
    return cell.value if cell is not None and isfinite(cell.value) else 0.0
