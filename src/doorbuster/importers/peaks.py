"""Busiest minute, hour and day, each beside the ordinary one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.grid import DAY_S, moment_text
from doorbuster.importers.imported import ImportedCurve
from doorbuster.importers.spans import HOUR_S, spans

FEWEST: Final = 5
"""Of minutes, hours or days, for a median to mean anything."""


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
