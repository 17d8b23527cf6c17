"""The curve of a log: sessions in each minute on the shop's own clock, minutes it does not hold told from quiet."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doorbuster.importers.clocks import offset_text
from doorbuster.importers.grid import MOST_STEPS, moment_text
from doorbuster.importers.imported import Finding, ImportedCurve
from doorbuster.importers.log.refusals import LogError
from doorbuster.importers.log.result import LogImport
from doorbuster.vocabulary import JOURNEYS

MINUTE_S: Final = 60
DAY_MIN: Final = 1440
_BESIDE_MIN: Final = 30
_BY_CHANCE: Final = 0.01
"""Stretches a whole log may hold that are called absent and were quiet."""
_YEAR_S: Final = 31_557_600
_APART_S: Final = 30 * 86_400
_STRAY: Final = 0.005
"""Share of all lines below which a part of the log that lies apart is taken for wrong dates."""


def curve_of(log: LogImport) -> tuple[ImportedCurve, list[Finding]]:
    """Sessions by the minute, and those of each journey that the log can tell; what was odd. Raises LogError."""
    minutes, strays = _without_strays(log.minutes)
    start = minutes["minute"].to_numpy()
    place = (start - start[0]) // MINUTE_S
    steps = int(place[-1]) + 1
    if steps > MOST_STEPS:
        raise LogError(
            f"the lines run from {moment_text(int(start[0]))} to {moment_text(int(start[-1]))} (UTC), "
            f"{steps:,} minutes; correct the odd time, or leave out the file that holds it"
        )
    if steps < 2:
        raise LogError(
            "all lines are of one minute, and one minute is no curve; import the log of a whole day, best the busiest"
        )

    def laid(name: str) -> NDArray[Any]:
        column = np.zeros(steps)
        column[place] = minutes[name].to_numpy()
        return column

    starts = laid("sessions")
    absent = absent_minutes(laid("lines") + starts, starts)
    counts = {name: np.where(absent, np.nan, laid(name)) for name in (*_told_apart(log), "sessions")}
    offset_s, clock = _clock(log, minutes, place, steps)
    at_s = int(start[0]) + MINUTE_S * np.arange(steps, dtype=np.int64)
    return ImportedCurve(at_s, MINUTE_S, counts, "sessions", offset_s, clock), strays


def _without_strays(minutes: pa.Table) -> tuple[pa.Table, list[Finding]]:
    """A handful of lines a month or more from all others has a wrong date: it would move the last year of the log."""
    start, lines = minutes["minute"].to_numpy(), minutes["lines"].to_numpy()
    held = np.flatnonzero((lines > 0) | (minutes["sessions"].to_numpy() > 0))
    part = np.concatenate([[0], np.cumsum(np.diff(start[held]) > _APART_S)])
    lines_of_part = np.bincount(part, lines[held])
    stray = lines_of_part < _STRAY * lines.sum()
    if not stray.any():
        return minutes, []
    kept = held[~stray[part]]
    apart = held[stray[part]]
    told = f"{int(lines[apart].sum()):,} lines from {moment_text(int(start[apart[0]]))} (UTC)"
    told += f" to {moment_text(int(start[apart[-1]]))}" if apart.size > 1 else ""
    finding = Finding("clock", f"{told} are a month or more from all others: a wrong date, left out of the curve", True)
    return minutes.take(pa.array(kept)), [finding]


def _told_apart(log: LogImport) -> list[str]:
    """Journeys with a count of their own; `browse` only where carts are told from it."""
    known = [journey for journey in JOURNEYS if log.journeys[journey] is not None]
    return [journey for journey in known if journey != "browse" or "cart" in known] if len(known) > 1 else []


def absent_minutes(lines: NDArray[Any], starts: NDArray[Any]) -> NDArray[np.bool_]:
    """Which minutes the log does not hold, from its lines and session starts: shapes (minutes,), as the result.

    A stretch without a line is absent where chance would hardly make one that long, as often as sessions start in the
    half hours before and after it; or where it lasts a day. Else the shop was quiet. Starts and not lines: lines come
    in bursts, a page with its pictures and the pages of a session, and are no evidence of one another.
    """
    empty = lines == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], empty.astype(np.int8), [0]])))
    first, last = edges[::2], edges[1::2]
    before = np.maximum(first - _BESIDE_MIN, 0)
    after = np.minimum(last + _BESIDE_MIN, lines.size)
    rate_before, spread_before = _mean_and_variance(starts, before, first)
    rate_after, spread_after = _mean_and_variance(starts, last, after)
    # Starts that come in bursts themselves are worth fewer: by their variance, which is their mean where they do not.
    bursts = (spread_before + spread_after) / np.maximum(rate_before + rate_after, 1e-9)
    # A rate of half an hour says nothing of the whole night after it.
    reach = np.minimum(last - first, _BESIDE_MIN)
    expected = np.minimum(rate_before, rate_after) / np.maximum(bursts, 1.0) * reach
    # Poisson: a stretch in which so many are expected is empty with exp(-expected), and may begin at any minute.
    gone = (lines.size * np.exp(-expected) < _BY_CHANCE) | (last - first >= DAY_MIN)
    marks = np.zeros(lines.size + 1, dtype=np.int64)
    np.add.at(marks, first[gone], 1)
    np.add.at(marks, last[gone], -1)
    return np.cumsum(marks[:-1]) > 0


def _mean_and_variance(
    counts: NDArray[Any], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each stretch from `first` up to, not including, `last`; zero where that is none."""
    sums, squares = (np.concatenate([[0.0], np.cumsum(values)]) for values in (counts, counts.astype(float) ** 2))
    size = np.maximum(last - first, 1)
    mean = (sums[last] - sums[first]) / size
    return mean, np.maximum((squares[last] - squares[first]) / size - mean**2, 0.0)


def _clock(log: LogImport, minutes: pa.Table, place: NDArray[Any], steps: int) -> tuple[NDArray[np.int64], str]:
    """Local time minus UTC at each step, and the clock in words; of a log that mixes clocks the most common."""
    written = minutes["offset_min"].to_numpy() * 60
    # Between lines the clock is the one of the line before.
    latest = np.searchsorted(place, np.arange(steps), side="right") - 1
    offset_s = written[latest].astype(np.int64)
    if log.timezone is not None:
        return offset_s, log.timezone
    values = np.unique(written)
    changes = int((np.diff(written) != 0).sum())
    years = steps * MINUTE_S / _YEAR_S
    if not log.mixes_clocks and changes <= 2 * (years + 1) and int(np.ptp(values)) <= 3600:
        return offset_s, " and ".join(offset_text(int(value)) for value in values)
    most_s = log.offsets[0][0] * 60
    return np.full(steps, most_s, dtype=np.int64), f"{offset_text(most_s)}, which most lines are on"
