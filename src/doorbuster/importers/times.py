"""Times as exports write them, read without a guess: a date that could be two is an error, not a choice."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS: Final = range(1990, 2101)
_COMPACT: Final = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_SLASHED: Final = re.compile(r"(\d{1,4})[/.](\d{1,2})[/.](\d{1,4})(.*)", re.DOTALL)
_DATES: Final = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%a %b %d %Y", "%b %d %Y")
_CLOCKS: Final = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_WORDED: Final = (
    *_DATES,
    *(f"{date}{gap}{clock}" for date in _DATES for gap in (", ", " ", " at ") for clock in _CLOCKS),
)


class Stamp(NamedTuple):
    """A time as it was written."""

    written_s: int
    """Seconds since 1970 on the clock that wrote it."""
    offset_s: int | None
    """That clock minus UTC; None where the text does not say."""


@dataclass(frozen=True)
class TimeReader:
    """Reads one column's times. `day_first`: 03/11 is 3 November; None where the column never showed it."""

    day_first: bool | None = None
    formats: tuple[str, ...] = ()

    def read(self, text: str) -> Stamp | None:
        """None when the text is no time."""
        plain = text.replace("\u202f", " ").strip().strip('"')
        ways: list[Callable[[str], Stamp | None]] = [partial(_by_format, form=form) for form in self.formats]
        for way in (*ways, _iso, _number, self._slashed, _worded):
            stamp = way(plain)
            if stamp is not None:
                return stamp
        return None

    def _slashed(self, text: str) -> Stamp | None:
        found = _SLASHED.fullmatch(text)
        if found is None:
            return None
        first, second, third, rest = found.groups()
        if len(first) == 4:
            return _iso(f"{first}-{second:0>2}-{third:0>2}{rest}")
        if len(third) != 4:
            return None
        # A dot is written between day and month only in that order.
        day_first = self.day_first or "." in text[:3]
        day, month = (first, second) if day_first else (second, first)
        clock = rest.replace(",", " ").strip()
        date = f"{third}-{month:0>2}-{day:0>2}"
        if clock[-2:].lower() in ("am", "pm"):
            half = f"{date} {clock[:-2].strip()} {clock[-2:]}"
            return _by_format(half, "%Y-%m-%d %I:%M:%S %p") or _by_format(half, "%Y-%m-%d %I:%M %p")
        return _iso(f"{date} {clock}".strip())


def reader_for(cells: Sequence[str], formats: tuple[str, ...] = ()) -> TimeReader | None:
    """A reader for a column; None when its slashed dates could be either way round and no format was given."""
    seen = [found for cell in cells if (found := _SLASHED.match(cell.strip().strip('"')))]
    american = [found for found in seen if len(found[3]) == 4 and "/" in found[0] and len(found[1]) <= 2]
    if not american or formats:
        return TimeReader(None, formats)
    firsts, seconds = {int(found[1]) for found in american}, {int(found[2]) for found in american}
    # A number above 12 is a day; and of two numbers the one that moves while the other stands is the day.
    if max(firsts) > 12 or (len(seconds) == 1 and len(firsts) >= 3):
        return TimeReader(True)
    if max(seconds) > 12 or (len(firsts) == 1 and len(seconds) >= 3):
        return TimeReader(False)
    return None


def _stamp(moment: datetime) -> Stamp | None:
    if moment.year not in _YEARS:
        return None
    offset = moment.utcoffset()
    written = moment.replace(tzinfo=UTC) - _EPOCH
    seconds = written.days * 86400 + written.seconds
    return Stamp(seconds, None if offset is None else int(offset.total_seconds()))


def _iso(text: str) -> Stamp | None:
    if len(text) < 8 or not text[:4].isdecimal() or text.isdecimal():
        return None
    plain = re.sub(r"\s*(?:UTC|GMT)$", "Z", text)
    plain = re.sub(r"\s+([-+]\d{2}:?\d{2})$", r"\1", plain)
    try:
        return _stamp(datetime.fromisoformat(plain))
    except ValueError:
        return None


def plausible(seconds: int) -> bool:
    """Whether a moment lies in the years 1990 to 2100."""
    return 631_152_000 <= seconds < 4_133_980_800


def _number(text: str) -> Stamp | None:
    """YYYYMMDD and longer, else seconds, milli-, micro- or nanoseconds since 1970."""
    if text.isdecimal() and text.isascii() and len(text) in _COMPACT and text[:2] in ("19", "20"):
        stamp = _by_format(text, _COMPACT[len(text)])
        if stamp is not None and (len(text) != 10 or text[:2] == "20"):
            return stamp
    if not re.fullmatch(r"\d{9,19}(\.\d*)?", text, re.ASCII):
        return None
    seconds = float(text)
    for above in (1e17, 1e14, 1e11):
        if seconds > above:
            seconds /= above / 1e8
            break
    return Stamp(int(seconds), 0) if plausible(int(seconds)) else None


def _worded(text: str) -> Stamp | None:
    if not re.search(r"[A-Za-z]{3}", text):
        return None
    return next((stamp for form in _WORDED if (stamp := _by_format(text, form))), None)


def _by_format(text: str, form: str) -> Stamp | None:
    try:
        return _stamp(datetime.strptime(text, form))
    except ValueError:
        return None
