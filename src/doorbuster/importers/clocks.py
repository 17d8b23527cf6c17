"""Written times become moments: offsets kept, the hour that DST repeats is two hours, the one it skips none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import ImportFileError
from doorbuster.importers.daylight import offset_at, on_local_clock
from doorbuster.importers.imported import Finding
from doorbuster.importers.rows import Account, Rows


@dataclass(frozen=True)
class Placed:
    """Rows on one axis of time. Shapes: (placed,); a row that stands for two hours is placed twice, half each."""

    row: NDArray[np.int64]
    at_s: NDArray[np.int64]
    """Seconds since 1970 UTC, or as written where `known` is False."""
    weight: NDArray[np.float64]
    known: bool
    offset_s: NDArray[np.int64] | None
    """Of each placed row; None where the clock is not known, or where zones are so mixed that there is no one clock."""
    clock: str
    findings: tuple[Finding, ...]


def zone_of(name: str | None) -> ZoneInfo | None:
    """Raises ImportFileError for a zone that the machine does not know."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ImportFileError(
            f"no time zone {name!r} is known; write it as America/New_York or Europe/Berlin"
        ) from None


def place(rows: Rows, zone: ZoneInfo | None, account: Account) -> Placed:
    """Rows without an offset are on `zone`'s clock; where others have one and no zone is given, they are bad lines."""
    stamps = rows.stamps
    bare = np.array([stamp.offset_s is None for stamp in stamps], dtype=bool)
    written = np.array([stamp.written_s for stamp in stamps], dtype=np.int64)
    everything = np.arange(len(stamps))
    if zone is None and 2 * int(bare.sum()) > len(stamps):
        for index in everything[~bare]:
            account.reject(int(rows.lines[index]), "has a UTC offset where other rows have none; give --timezone")
        naive = everything[bare]
        return Placed(naive, written[naive], np.ones(naive.size), False, None, "as the file writes it", ())
    offsets = np.array([stamp.offset_s or 0 for stamp in stamps], dtype=np.int64)
    kept = everything[~bare]
    placed = [(kept, (written - offsets)[kept], np.ones(kept.size), offsets[kept])]
    findings: list[Finding] = []
    if zone is None:
        for index in everything[bare]:
            account.reject(int(rows.lines[index]), "has no UTC offset where other rows have one; give --timezone")
    elif bare.any():
        local, findings = on_local_clock(rows, written, everything[bare], zone, account)
        placed.append(local)
    row, at_s, weight, offset_s = (np.concatenate([part[column] for part in placed]) for column in range(4))
    if zone is not None:
        return Placed(row, at_s, weight, True, offset_at(at_s, zone), zone.key, tuple(findings))
    clock, own = _own_clock(at_s, offset_s)
    if own is None:
        findings.append(Finding("clock", f"{clock}; days and hours are those of UTC (--timezone sets the shop's own)"))
    return Placed(row, at_s, weight, True, own, clock if own is not None else "UTC", tuple(findings))


def _own_clock(at_s: NDArray[np.int64], offset_s: NDArray[np.int64]) -> tuple[str, NDArray[np.int64] | None]:
    """The clock that the rows' offsets are of: one, or one that changes twice a year; None for mixed zones."""
    values = np.unique(offset_s)
    if values.size <= 1:
        return (offset_text(int(values[0])) if values.size else "UTC"), offset_s
    order = np.argsort(at_s, kind="stable")
    changes = int((np.diff(offset_s[order]) != 0).sum())
    years = (int(at_s.max()) - int(at_s.min())) / 31_557_600
    if changes <= 2 * (years + 1) and int(values.max() - values.min()) <= 3600:
        return " and ".join(offset_text(int(value)) for value in values), offset_s
    return f"rows of {values.size} UTC offsets are mixed ({', '.join(offset_text(int(v)) for v in values[:4])})", None


def offset_text(seconds: int) -> str:
    """
    >>> offset_text(-18000), offset_text(19800), offset_text(0)
    ('UTC-05:00', 'UTC+05:30', 'UTC')
    """
    sign, size = ("-", -seconds) if seconds < 0 else ("+", seconds)
    return f"UTC{sign}{size // 3600:02d}:{size % 3600 // 60:02d}" if seconds else "UTC"


def changes_within(offset_s: NDArray[np.int64] | None) -> Iterable[tuple[int, int]]:
    """Clock changes between consecutive steps: (position of the step after it, seconds that clocks went forward)."""
    if offset_s is None:
        return ()
    jumps = np.flatnonzero(np.diff(offset_s))
    return [(int(jump) + 1, int(offset_s[jump + 1] - offset_s[jump])) for jump in jumps]
