"""Placed rows become a regular grid of steps: absent steps stay absent, repeated times are never silently added up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import ImportFileError
from doorbuster.importers.clocks import Placed, zone_of
from doorbuster.importers.daylight import offset_at
from doorbuster.importers.imported import Finding, ImportedCurve
from doorbuster.importers.rows import Account, Rows

EVENT_STEP_S: Final = 60
MOST_STEPS: Final = 10_000_000
DAY_S: Final = 86_400
_USUAL_S: Final = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, DAY_S)


def lay_on_grid(
    where: str, rows: Rows, placed: Placed, zone: str | None, account: Account
) -> tuple[ImportedCurve, list[Finding]]:
    """Raises ImportFileError when the rows make no curve."""
    if placed.row.size == 0:
        raise ImportFileError(f"{where}: has no row with a time and a count; name its columns in a field map (--map)")
    at_s, known = placed.at_s, placed.known
    findings: list[Finding] = []
    if rows.events:
        step_s, start_s = EVENT_STEP_S, int(at_s.min()) // EVENT_STEP_S * EVENT_STEP_S
    else:
        step_s = _step(where, at_s)
        if step_s >= DAY_S:
            # Days are the calendar's: in UTC they would be 23 or 25 hours long twice a year.
            at_s = np.array([rows.stamps[row].written_s for row in placed.row], dtype=np.int64)
            known = False
        start_s = int(at_s.min())
        start_s += (_phase(at_s, step_s) - start_s) % step_s
        if start_s - int(at_s.min()) > step_s // 2:
            start_s -= step_s
    index = np.floor((at_s - start_s) / step_s + (0.0 if rows.events else 0.5)).astype(np.int64)
    steps = int(index.max()) + 1
    # One mistyped year would make a grid that is nearly all absent.
    if steps > MOST_STEPS or (not rows.events and steps > 1000 and steps > 100 * np.unique(index).size):
        raise ImportFileError(
            f"{where}: its rows run from {moment_text(int(at_s.min()))} to {moment_text(int(at_s.max()))}, "
            f"{steps:,} steps of {step_s} s; correct the odd time, or cut the file"
        )
    if steps < 2 and not rows.events:
        raise ImportFileError(f"{where}: one row is no curve; at least two times are needed")
    index = np.maximum(index, 0)
    keep = np.ones(index.size, dtype=bool)
    if not (rows.events or rows.by_dimension):
        keep = _once(rows, placed, index, np.abs(at_s - start_s - step_s * index), account, findings)
    seen = np.bincount(index[keep], minlength=steps) > 0
    counts: dict[str, NDArray[np.float64]] = {}
    for meaning, values in rows.counts.items():
        column = values[placed.row[keep]] * placed.weight[keep]
        present = ~np.isnan(column)
        total = np.bincount(index[keep][present], column[present], steps).astype(np.float64)
        if not rows.events:
            total[np.bincount(index[keep][present], minlength=steps) == 0] = np.nan
        counts[meaning] = total * (step_s if rows.per == "second" else step_s / 60 if rows.per == "minute" else 1)
    if rows.by_dimension and int(seen.sum()) < index.size:
        findings.append(
            Finding("read", f"{index.size:,} rows over {int(seen.sum()):,} times: rows of one time were added up")
        )
    start = start_s + step_s * np.arange(steps, dtype=np.int64)
    offset_s, clock = _offsets(start, at_s, placed, zone, known)
    return ImportedCurve(start, step_s, counts, rows.leading, offset_s, clock), findings


def _step(where: str, at_s: NDArray[np.int64]) -> int:
    """The most common distance between times."""
    times = np.unique(at_s)
    if times.size < 2:
        raise ImportFileError(f"{where}: one row is no curve; at least two times are needed")
    gaps, occurrences = np.unique(np.diff(times), return_counts=True)
    step_s = int(gaps[np.argmax(occurrences)])
    if step_s > DAY_S:
        raise ImportFileError(
            f"{where}: one row covers {step_s / DAY_S:.3g} days, too coarse for a peak; export it by the day at least, "
            "better by the minute"
        )
    # Times that jitter by a second or two keep no phase: the usual step that is nearest to the typical gap is meant.
    _, phases = np.unique(times % step_s, return_counts=True)
    if phases.max() < 0.5 * times.size:
        typical = float(np.median(np.diff(times)))
        step_s = next((step for step in _USUAL_S if abs(typical - step) <= 0.1 * step), step_s)
    return step_s


def _phase(at_s: NDArray[np.int64], step_s: int) -> int:
    values, occurrences = np.unique(at_s % step_s, return_counts=True)
    return int(values[np.argmax(occurrences)])


def _once(
    rows: Rows,
    placed: Placed,
    index: NDArray[np.int64],
    off_grid_s: NDArray[np.int64],
    account: Account,
    findings: list[Finding],
) -> NDArray[np.bool_]:
    """One row a step: an equal twin is left out, another value at the same time is a bad line."""
    keep = np.ones(index.size, dtype=bool)
    values = rows.counts[rows.leading]
    order = np.lexsort((placed.row, off_grid_s, index))  # the row that is on the grid comes before one beside it
    later = np.flatnonzero(np.diff(index[order]) == 0) + 1
    repeated: list[int] = []
    for place in later:
        step = int(index[order[place]])
        mine, theirs = int(order[place]), int(order[np.searchsorted(index[order], step)])
        if placed.row[mine] == placed.row[theirs]:
            continue  # two halves of one row
        keep[mine] = False
        same = placed.at_s[mine] == placed.at_s[theirs]
        pair = values[placed.row[[mine, theirs]]]
        if same and (pair[0] == pair[1] or np.isnan(pair).all()):
            account.drop("rows that are there twice", "an equal time and an equal count")
        else:
            line = int(rows.lines[placed.row[mine]])
            taken = "another count for a time that is there already"
            account.reject(line, taken if same else "off the grid of the other rows")
            repeated.append(int(placed.at_s[mine]))
    if repeated:
        findings.append(_repeats(repeated, placed))
    return keep


def _repeats(repeated: list[int], placed: Placed) -> Finding:
    low, high = min(repeated), max(repeated)
    words = f"{len(repeated)} rows repeat a time that has its count already ({moment_text(low)}"
    words += f" to {moment_text(high)})" if high > low else ")"
    if placed.known:
        return Finding("clock", f"{words}; they were left out as bad lines", True)
    weekday = datetime.fromtimestamp(low, UTC).weekday()
    sunday = weekday == 6 and high - low <= 3600 and low % DAY_S <= 4 * 3600
    change = ": a Sunday, so perhaps the hour that clocks repeat or skip; give --timezone and it is told apart"
    hint = change if sunday else ""
    return Finding("clock", f"{words}{hint}; they were left out as bad lines", True)


def _offsets(
    start: NDArray[np.int64], at_s: NDArray[np.int64], placed: Placed, zone: str | None, known: bool
) -> tuple[NDArray[np.int64] | None, str]:
    """The offset in force at each step, and the clock's name."""
    if not known:
        return None, "as the file writes it" if zone is None else f"the days of {zone}"
    named = zone_of(zone)
    if named is not None:
        return offset_at(start, named), placed.clock
    if placed.offset_s is None:
        return np.zeros(start.size, dtype=np.int64), placed.clock
    order = np.argsort(at_s, kind="stable")
    position = np.maximum(np.searchsorted(at_s[order], start, side="right") - 1, 0)
    return placed.offset_s[order][position], placed.clock


def moment_text(second: int) -> str:
    """
    >>> moment_text(1764360000)
    '2025-11-28 20:00'
    """
    moment = datetime(1970, 1, 1) + timedelta(seconds=second)
    return moment.strftime("%Y-%m-%d %H:%M" if second % 60 == 0 else "%Y-%m-%d %H:%M:%S")
