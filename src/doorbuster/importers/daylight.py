"""A local clock's times become moments: the hour that it repeats is two hours, the one it skips none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.imported import Finding
from doorbuster.importers.rows import Account, Rows
from doorbuster.importers.times import Stamp

_EPOCH: Final = datetime(1970, 1, 1)
_QUARTER_S: Final = 900
"""Every clock change of the last decades begins and ends on a quarter of an hour."""


def offset_at(moments_s: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """The zone's offset at moments in UTC: shape as given."""
    quarters, back = np.unique(moments_s // _QUARTER_S, return_inverse=True)
    offsets = [_offset(datetime.fromtimestamp(int(quarter) * _QUARTER_S, zone)) for quarter in quarters]
    return np.array(offsets, dtype=np.int64)[back] if offsets else np.zeros(0, dtype=np.int64)


def _offset(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds())


Part = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]
"""Row, moment in UTC seconds, weight and offset of each placed row. Shapes: (placed,)."""


def on_local_clock(
    rows: Rows, written: NDArray[np.int64], chosen: NDArray[np.int64], zone: ZoneInfo, account: Account
) -> tuple[Part, list[Finding]]:
    """Place the chosen rows, written on the zone's clock; a row in a doubled hour may be placed twice, half each."""
    quarters, back = np.unique(written[chosen] // _QUARTER_S, return_inverse=True)
    sides = [_two_sides(int(quarter) * _QUARTER_S, zone) for quarter in quarters]
    first, second = (np.array([side[fold] for side in sides], dtype=np.int64)[back] for fold in (0, 1))
    skipped, doubled = first < second, first > second
    plain = ~skipped & ~doubled
    out_row = chosen[plain].tolist()
    out_at = (written[chosen] - first)[plain].tolist()
    out_weight = [1.0] * len(out_row)
    findings = []
    never = chosen[skipped]
    for index in never:
        if rows.counts[rows.leading][index] == 0:
            account.drop("rows of an hour that never was", "clocks skipped it, and they count zero")
        else:
            account.reject(int(rows.lines[index]), f"a time that never was on the clock of {zone.key}")
    by_hour: dict[int, list[int]] = defaultdict(list)
    where = {int(index): position for position, index in enumerate(chosen)}
    for index in chosen[doubled]:
        by_hour[int(written[index]) // 86400].append(int(index))
    for _, indices in sorted(by_hour.items()):
        folds, sentence = _folds(rows, written, indices)
        for index, fold, weight in folds:
            position = where[index]
            out_row.append(index)
            out_at.append(int(written[index]) - int((first, second)[fold][position]))
            out_weight.append(weight)
        low = min(int(written[index]) for index in indices) // 3600 * 3600
        findings.append(Finding("clock", f"the hour from {_moment(low)} came twice: {sentence}"))
    at_s = np.array(out_at, dtype=np.int64)
    part = (np.array(out_row, dtype=np.int64), at_s, np.array(out_weight), offset_at(at_s, zone))
    return part, findings


def _two_sides(local_s: int, zone: ZoneInfo) -> tuple[int, int]:
    """The offset of a local time taken as before and as after a change: equal but in a doubled or skipped hour."""
    moment = (_EPOCH + timedelta(seconds=local_s)).replace(tzinfo=zone)
    return _offset(moment), _offset(moment.replace(fold=1))


def _folds(rows: Rows, written: NDArray[np.int64], indices: list[int]) -> tuple[list[tuple[int, int, float]], str]:
    """Which of the two hours each row of a doubled hour belongs to: (row, 0 or 1, weight)."""
    order = indices[::-1] if _newest_first(written) else indices
    if rows.events:
        falls = [place for place in range(1, len(order)) if written[order[place]] < written[order[place - 1]]]
        if len(falls) == 1:
            told = [(index, int(place >= falls[0]), 1.0) for place, index in enumerate(order)]
            return told, "the rows' order tells the two hours apart"
    elif not rows.by_dimension:
        seen: dict[int, int] = defaultdict(int)
        folds = []
        for index in order:
            folds.append((index, min(seen[int(written[index])], 1), 1.0))
            seen[int(written[index])] += 1
        if max(seen.values()) > 1:
            return folds, "two hours, each with rows of its own"
    halves = [(index, fold, 0.5) for index in order for fold in (0, 1)]
    return halves, "its rows stand for two hours and are spread evenly over both"


def _newest_first(written: NDArray[np.int64]) -> bool:
    steps = np.diff(written)
    return int((steps < 0).sum()) > int((steps > 0).sum())


def _moment(local_s: int) -> str:
    return datetime.fromtimestamp(local_s, UTC).strftime("%Y-%m-%d %H:%M")


def in_order(stamps: Sequence[Stamp]) -> int:
    """Rows that stand before an earlier one, newest-first files taken as they are."""
    written = np.array([stamp.written_s - (stamp.offset_s or 0) for stamp in stamps], dtype=np.int64)
    if written.size < 2:
        return 0
    steps = np.diff(written)
    return int((steps > 0).sum()) if _newest_first(written) else int((steps < 0).sum())
