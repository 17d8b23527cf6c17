"""When a sample was sent: a number since 1970, or a date that can be read one way only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.shape import shape

_FIRST_US, _LAST_US = 631_152_000_000_000, 4_133_980_800_000_000  # 1990 to 2100
_DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d-%m-%Y")
_CLOCKS: Final = ("%H:%M:%S.%f", "%H:%M:%S,%f", "%H:%M:%S")
_ANY_ISO: Final = "ISO 8601 with %z"
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)")
_TIMES_A_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True)
class MomentReader:
    """Reads one column; either `unit` or `form` is set."""

    unit: str | None = None
    form: str | None = None

    @property
    def written(self) -> bool:
        """Whether times are dates without an offset."""
        return self.form is not None and "%z" not in self.form

    def sql(self, column: str) -> str:
        """Microseconds since 1970 as DuckDB reckons them; null for what is no time between 1990 and 2100."""
        if self.unit == "s":
            us = f"try_cast(try_cast({column} AS DOUBLE) * 1000000 AS BIGINT)"
        elif self.unit is not None:
            # A number too large for its unit becomes null, and no overflow.
            number = f"try_cast({column} AS HUGEINT)"
            us = f"try_cast({number} // 1000 AS BIGINT)" if self.unit == "ns" else ""
            us = us or f"try_cast({number} * {1_000_000 // _TIMES_A_SECOND[self.unit]} AS BIGINT)"
        elif self.form == _ANY_ISO:
            short = f"regexp_replace(trim({column}), '(\\.\\d{{6}})\\d+', '\\1')"
            exact = f"regexp_replace({short}, '([-+]\\d\\d)(\\d\\d)$', '\\1:\\2')"
            told = f"{column} ~ '.*(Z|[-+]\\d\\d:?\\d\\d)\\s*'"
            us = f"epoch_us(CASE WHEN {told} THEN try_cast({exact} AS TIMESTAMPTZ) END)"
        else:
            form = (self.form or "").replace("'", "''")
            us = f"epoch_us(try_strptime(replace(trim({column}), ',', '.'), '{form.replace(',', '.')}'))"
        return f"CASE WHEN {us} BETWEEN {_FIRST_US} AND {_LAST_US} THEN {us} END"


def moment_reader(where: str, cells: Sequence[str], units: Sequence[str] = ("ms",)) -> MomentReader:
    """How a column's times are read, by its first cells. Raises ResultError where two ways would do, or none."""
    given = [cell.strip() for cell in cells if cell and cell.strip() and cell.strip().lower() != "timestamp"]
    if not given:
        return MomentReader("ms")
    numbers = [cell for cell in given if re.fullmatch(r"\d+(?:\.\d+)?", cell)]
    if 2 * len(numbers) >= len(given):
        return MomentReader(_unit(where, numbers[0], units))
    if 2 * sum(_ISO.fullmatch(cell) is not None for cell in given) > len(given):
        return MomentReader(form=_ANY_ISO)
    fitting = [form for form in _forms() if 2 * sum(_fits(cell, form) for cell in given) > len(given)]
    days = {form: [_read(cell, form) for cell in given] for form in fitting}
    ways = {tuple(str(moment)[:19] for moment in moments): form for form, moments in days.items()}
    if not ways:
        raise ResultError(
            f"{where}: times like {given[0][:40]!r} are no date; JMeter writes numbers with "
            "jmeter.save.saveservice.timestamp_format=ms"
            if shape(given[0])
            else f"{where}: has no times"
        )
    if len(ways) > 1:
        raise ResultError(
            f"{where}: times like {given[0][:40]!r} may be day first or month first; write them as year-month-day, or "
            "as milliseconds"
        )
    return MomentReader(form=next(iter(ways.values())))


def _forms() -> list[str]:
    return [
        f"{date}{gap}{clock}{zone}"
        for date in _DATES
        for gap in (" ", "T")
        for clock in _CLOCKS
        for zone in ("", "%z", " %z")
    ]


def _fits(cell: str, form: str) -> bool:
    return _read(cell, form) is not None


def _read(cell: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(cell, form)
    except ValueError:
        return None


def _unit(where: str, number: str, units: Sequence[str]) -> str:
    """By size: the years 1990 to 2100 do not overlap in any two units."""
    for unit in units:
        if _FIRST_US <= float(number) * 1_000_000 / _TIMES_A_SECOND[unit] <= _LAST_US:
            return unit
    raise ResultError(f"{where}: {number[:30]} is no time between 1990 and 2100 in {' or '.join(units)}")
