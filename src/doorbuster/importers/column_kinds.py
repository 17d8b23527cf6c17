"""What a column looks like from its cells and its name: numbers, words, a unit, a sum of the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import Final

from doorbuster.importers.cells import parse_cell
from doorbuster.importers.field_map import FieldMap
from doorbuster.importers.imported import Counted
from doorbuster.importers.tables import Table

_SAMPLE: Final = 300
_HINTS: Final[dict[Counted, str]] = {
    "sessions": r"sessions?|visits?",
    "orders": r"orders?|purchases?",
    "requests": r"requests?|reqs?|hits",
}


def _sample(table: Table, column: int) -> list[str]:
    return [row[column] for _, row in table.rows[:_SAMPLE] if column < len(row)]


def is_numbers(table: Table, column: int) -> bool:
    """Nine in ten of its cells are counts, and not all of them absent."""
    cells = [parse_cell(cell) or parse_cell(cell, True) for cell in _sample(table, column)]
    counts = [cell for cell in cells if cell is not None]
    return len(counts) >= 0.9 * len(cells) and any(isfinite(cell.value) for cell in counts)


def is_unit(table: Table, column: int) -> bool:
    """A number with a unit that counts nothing."""
    sample = [cell for cell in _sample(table, column) if cell.strip()]
    return bool(sample) and all(re.match(r"\s*[-+]?\d[\d.,]*\s*[a-zA-Zµ%°]", cell) for cell in sample)


def has_words(table: Table, column: int, format_: FieldMap) -> bool:
    """Something that rows are told apart by: a device, a channel."""
    words = {cell.strip().casefold() for cell in _sample(table, column)} - {"", *format_.totals}
    return bool(words)


def hinted(format_: FieldMap, table: Table, numbers: list[int]) -> Counted | None:
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


def without_total(table: Table, numbers: list[int], format_: FieldMap) -> list[int]:
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
