"""Which columns hold the time and the counts, and what they count: by name, field map or --as, never by a guess."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, get_args

from doorbuster.errors import ImportFileError
from doorbuster.importers.cells import decimal_mark
from doorbuster.importers.column_kinds import has_words, hinted, is_numbers, is_unit, without_total
from doorbuster.importers.field_map import FieldMap
from doorbuster.importers.imported import Counted
from doorbuster.importers.tables import Table

_FUNNEL: Final = ("cart_sessions", "checkout_sessions", "buying_sessions")


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
    numbers = [column for column in others if is_numbers(table, column)]
    leading: Counted
    if format_.one_row is not None:
        leading, found = as_ or format_.one_row, {}
    elif as_ in found:
        leading = as_
    elif as_ is None and any(meaning in found for meaning in get_args(Counted)):
        leading = next(meaning for meaning in get_args(Counted) if meaning in found)
    else:
        said = as_ or hinted(format_, table, numbers)
        candidates = list(unnamed) or numbers
        candidates = [column for column in candidates if (column,) not in found.values()]
        if as_ is not None and not candidates and any(meaning in found for meaning in get_args(Counted)):
            named = next(meaning for meaning in get_args(Counted) if meaning in found)
            raise ImportFileError(
                f"{where}: --as {as_}, but its column counts {named}; leave --as out, or name the column in a field map"
            )
        if format_.all_numbers:
            candidates = without_total(table, numbers, format_)
        elif len(candidates) > 1:
            raise ImportFileError(
                f"{where}: {len(candidates)} columns hold numbers and none has a known name; say in a field map "
                '(--map) which one counts, e.g. [counts] sessions = ["..."]'
            )
        if said is None:
            raise ImportFileError(
                f"{where}: nothing says what it counts; say --as sessions, --as orders or --as requests"
            )
        leading = said
        if candidates:
            found[leading] = tuple(candidates)
        elif others and all(is_unit(table, column) for column in others):
            raise ImportFileError(
                f"{where}: its cells hold times or sizes (ms, %, MB), not counts; export a count or a rate"
            )
    used = {column for columns in found.values() for column in columns}
    rest = tuple(column for column in others if column not in used)
    words = [column for column in rest if column not in numbers and has_words(table, column, format_)]
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
