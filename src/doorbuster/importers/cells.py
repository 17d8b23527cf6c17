"""Counts as exports write them: `1,234`, `1.2 K req/s`, `12,5`, `NaN`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Per = Literal["step", "second", "minute"]

_ABSENT: Final = frozenset(
    {"", "nan", "null", "none", "undefined", "n/a", "na", "-", "--", "no data", "+inf", "-inf", "inf"}
)
_CELL: Final = re.compile(r"([-+]?[\d.,'\s]*\d(?:[.,](?=\D|$))?(?:[eE][-+]?\d+)?)\s*(.*)", re.DOTALL)
_SCALE: Final = {"": 1.0, "k": 1e3, "mil": 1e6, "m": 1e6, "bil": 1e9, "b": 1e9, "g": 1e9}
_WORDS: Final = r"(?:requests?|reqs?|sessions?|visits?|orders?|ops|counts?|cnt|events?|hits?|queries|q|c|r|p|msgs?)?"
_PER: Final = (
    (re.compile(rf"{_WORDS}\s*/\s*s(?:ec)?|(?:r|q|c|e|o)ps", re.I), "second"),
    (re.compile(rf"{_WORDS}\s*/\s*m(?:in)?|(?:r|c|o|q)pm", re.I), "minute"),
    (re.compile(_WORDS, re.I), "step"),
)


@dataclass(frozen=True)
class Cell:
    """A count (nan for absent) and what it is per, where the cell says so."""

    value: float
    per: Per | None = None


def parse_cell(text: str, decimal_comma: bool = False) -> Cell | None:
    """None when the cell is no count: words, or a unit that counts nothing (ms, %, MB).

    >>> parse_cell("1,234"), parse_cell("1.2 K req/s"), parse_cell("12,5", True).value, parse_cell("12 ms")
    (Cell(value=1234.0, per=None), Cell(value=1200.0, per='second'), 12.5, None)
    """
    plain = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    if plain.lower() in _ABSENT:
        return Cell(math.nan)
    found = _CELL.fullmatch(plain)
    if found is None:
        return None
    digits = re.sub(r"[\s']", "", found[1])
    digits = digits.replace(".", "").replace(",", ".") if decimal_comma else digits.replace(",", "")
    try:
        value = float(digits)
    except ValueError:
        return None
    unit = _unit(found[2].strip())
    if unit is None or not math.isfinite(value * unit[0]):
        return None
    return Cell(value * unit[0], unit[1])


def _unit(words: str) -> tuple[float, Per | None] | None:
    """Scale and rate of what follows the digits."""
    if not words:
        return 1.0, None
    first, _, rest = words.partition(" ")
    scale = _SCALE.get(first.lower())
    if scale is None:
        scale, rest = 1.0, words
    elif first in ("m", "b", "g"):  # metres, bytes, grams: Grafana writes its millions as Mil
        return None
    rest = rest.strip()
    if not rest:
        return scale, None
    for pattern, per in _PER:
        if pattern.fullmatch(rest):
            return scale, per  # type: ignore[return-value]  # the three words above
    return None


_GROUPED: Final = r"\s*[-+]?\d{1,3}([.,]\d{3})+\s*"


def decimal_mark(cells: Iterable[str], separator: str) -> str | None:
    """`,` or `.`; None where 1.234 may be a thousand: no cell tells, and the file is none that writes it with a comma.

    >>> decimal_mark(["1,234", "1,234.5"], ","), decimal_mark(["12,5"], ";"), decimal_mark(["1.234"], ";")
    ('.', ',', None)
    >>> decimal_mark(["1.234", "999"], ","), decimal_mark(["1.234", "0.125"], ","), decimal_mark(["1.234", "1.5"], ",")
    (None, '.', '.')
    """
    marked = [cell for cell in cells if re.search(r"\d[.,]\d", cell)]
    commas = [cell for cell in marked if "," in cell]
    dots = [cell for cell in marked if "." in cell]
    if commas and dots and all(cell.rfind(",") > cell.rfind(".") for cell in commas if "." in cell):
        both = [cell for cell in commas if "." in cell]
        if both:
            return ","
    if any(not re.match(r"\s*[-+]?\d{1,3}(,\d{3})+(\.\d+)?(\D|$)", cell) for cell in commas):
        return ","
    if any(re.match(r"\s*[-+]?0\d*\.", cell) for cell in dots):
        return "."
    if marked and (separator == ";" or not commas) and all(re.fullmatch(_GROUPED, cell) for cell in marked):
        return None
    return "."
