"""Busiest minute, hour and day, each beside the ordinary one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.grid import DAY_S, moment_text
from doorbuster.importers.imported import Finding, ImportedCurve

HOUR_S: Final = 3600
FEWEST: Final = 5
"""Of minutes, hours or days, for a median to mean anything."""


@dataclass(frozen=True)
class Spans:
    """The curve summed up by the hour or day of its own clock. Shapes: (spans,)."""

    local_s: NDArray[np.int64]
    """Start of the first step of each."""
    count: NDArray[np.float64]
    present: NDArray[np.float64]
    """Share of its steps that the file has rows for; below 1 at the ends of the file and around absent steps."""

    @property
    def whole(self) -> NDArray[np.bool_]:
        return self.present >= 0.95


def spans(curve: ImportedCurve, length_s: int) -> Spans:
    """Hours (3600) or days (86400) of the local clock; an hour that came twice is two."""
    key = np.column_stack([curve.local_s // length_s, np.zeros_like(curve.start_s)])
    if length_s < DAY_S and curve.offset_s is not None:
        key[:, 1] = curve.offset_s
    change = np.concatenate([[True], (np.diff(key, axis=0) != 0).any(axis=1)])
    group = np.cumsum(change) - 1
    count = np.bincount(group, np.nan_to_num(curve.count)).astype(np.float64)
    rows = np.bincount(group, (~np.isnan(curve.count)).astype(np.float64))
    local_s = curve.local_s[change]
    expected = np.full(count.size, length_s / curve.step_s, dtype=np.float64)
    if length_s == DAY_S and curve.offset_s is not None:
        # The day that clocks go back has 25 hours: what its steps are, were they all there.
        jump = np.diff(np.append(curve.offset_s[change], curve.offset_s[-1]))
        expected = (length_s - jump) / curve.step_s
    return Spans(local_s, count, np.minimum(rows / expected, 1.0).astype(np.float64))


@dataclass(frozen=True)
class Busiest:
    """The busiest minute, hour or day."""

    what: str
    when: str
    count: float
    median: float
    """Of all of them, zeros in."""
    median_busy: float
    """Of those above zero."""
    zeros: int
    of: int

    def sentence(self, unit: str) -> str:
        text = f"busiest {self.what}: {self.when}, {self.count:,.0f} {unit}"
        if self.of < FEWEST:
            return f"{text}; too few {self.what}s in the file to say what is usual"
        if self.zeros == 0:
            ratio = _times(self.count, self.median)
            return f"{text}, {ratio} the median {self.what} ({_number(self.median)}; none is zero)"
        text += (
            f", {_times(self.count, self.median_busy)} the median {self.what} above zero ({_number(self.median_busy)})"
        )
        text += f"; with the {self.zeros:,} of {self.of:,} that are zero the median is {_number(self.median)}"
        return text + (f" and the ratio {_times(self.count, self.median)}" if self.median > 0 else "")


def _number(count: float) -> str:
    return f"{count:,.0f}" if count >= 1000 else f"{count:.4g}"


def _times(count: float, median: float) -> str:
    return f"{count / median:,.3g} times" if median > 0 else "no multiple of"


def busiest(curve: ImportedCurve) -> list[Busiest]:
    """Those that the curve's steps are fine enough for."""
    found = []
    if curve.step_s <= 60:
        found.append(_busiest_minute(curve))
    if curve.step_s <= HOUR_S:
        found.append(_busiest_hour(curve))
    if curve.step_s <= DAY_S:
        days = spans(curve, DAY_S)
        top = int(np.argmax(days.count))
        when = moment_text(int(days.local_s[top]))[:10] + _weekday(int(days.local_s[top]))
        found.append(_beside("day", when, float(days.count[top]), days.count[days.whole]))
    return found


def _busiest_minute(curve: ImportedCurve) -> Busiest:
    per = max(1, 60 // curve.step_s)
    minutes = curve.count.size // per * per
    grouped = curve.count[:minutes].reshape(-1, per) if minutes else curve.count.reshape(1, -1)
    seen = ~np.isnan(grouped).all(axis=1)
    totals = np.nansum(grouped, axis=1)
    top = int(np.argmax(totals))
    return _beside("minute", moment_text(int(curve.local_s[top * per])), float(totals[top]), totals[seen])


def _busiest_hour(curve: ImportedCurve) -> Busiest:
    first, last = busiest_stretch(curve, np.ones(curve.count.size, dtype=bool))
    hours = spans(curve, HOUR_S)
    ordinary = hours.count[hours.whole]
    return _beside(
        "hour", f"from {moment_text(int(curve.local_s[first]))}", float(np.nansum(curve.count[first:last])), ordinary
    )


def busiest_stretch(curve: ImportedCurve, allowed: NDArray[np.bool_], length_s: int = HOUR_S) -> tuple[int, int]:
    """First step and the one after the last, by rolling sum, of the busiest hour that begins where it is allowed.

    Absent steps add nothing, as in `traffic/window.py`: both must find the same hour.
    """
    wanted = max(1, length_s // curve.step_s)
    if wanted >= curve.count.size:
        return 0, curve.count.size
    sums = _rolling(curve, wanted)
    sums = np.where(allowed[: sums.size] & allowed[wanted - 1 :][: sums.size], sums, -1.0)
    first = int(np.argmax(sums))
    return first, first + wanted


def equally_busy(curve: ImportedCurve, first: int, last: int) -> int:
    """How many stretches of the same length hold as much, this one included."""
    sums = _rolling(curve, last - first)
    return int((sums >= sums[first] * (1 - 1e-9)).sum())


def _rolling(curve: ImportedCurve, wanted: int) -> NDArray[np.float64]:
    totals = np.concatenate([[0.0], np.cumsum(np.nan_to_num(curve.count))])
    sums: NDArray[np.float64] = totals[wanted:] - totals[:-wanted]
    return sums


def _beside(what: str, when: str, count: float, ordinary: NDArray[np.float64]) -> Busiest:
    busy = ordinary[ordinary > 0]
    median, median_busy = (float(np.median(some)) if some.size else 0.0 for some in (ordinary, busy))
    return Busiest(what, when, count, median, median_busy, int((ordinary == 0).sum()), ordinary.size)


def _weekday(local_s: int) -> str:
    return f" ({('Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed')[local_s // DAY_S % 7]})"


def gaps(curve: ImportedCurve) -> list[Finding]:
    """Absent steps told from zeros."""
    absent = np.isnan(curve.count)
    zeros = int((curve.count == 0).sum())
    step = length_text(curve.step_s)
    told = f"{zeros:,} {'is' if zeros == 1 else 'are'} zero: the file says so, or held no event then"
    if not absent.any():
        none = f"no step of {step} is absent"
        return [Finding("absent", f"{none}; {told}" if zeros else f"{none} or zero")]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], absent, [False]]).astype(np.int8)))
    runs = sorted(zip(edges[::2], edges[1::2], strict=True), key=lambda run: run[0] - run[1])
    longest = ", ".join(
        f"{moment_text(int(curve.local_s[a]))} ({b - a} step{'s' if b - a > 1 else ''})" for a, b in runs[:3]
    )
    words = (
        f"{int(absent.sum()):,} of {absent.size:,} steps of {step} are absent, not zero, in {len(runs)} gaps; the "
        f"longest from {longest}"
    )
    return [Finding("absent", f"{words}; {told}" if zeros else words, float(absent.mean()) > 0.01)]


def length_text(seconds: int) -> str:
    """
    >>> length_text(60), length_text(3600), length_text(86400), length_text(90)
    ('1 min', '1 h', '1 day', '90 s')
    """
    for size, word in ((DAY_S, "day"), (HOUR_S, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
