"""Where parsed lines go: all are counted, those of shoppers become events."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doorbuster.importers.log import classify
from doorbuster.importers.log.buckets import BucketWriter
from doorbuster.importers.log.classify import NO_SID
from doorbuster.importers.log.doubled_hour import DoubledHour
from doorbuster.importers.log.platform import OTHER
from doorbuster.importers.log.slugs import Slugs
from doorbuster.importers.log.what import packed
from doorbuster.record.histogram import index_of_bounds

MOST_TOOK_US: Final = 86_400_000_000
"""A request that took longer than a day is a wrong figure, not a request."""


@dataclass
class Counts:
    """What became of the lines; filled as the files are read."""

    read: int = 0
    blank: int = 0
    """Empty lines and header lines."""
    bad: int = 0
    by_regex: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)
    reasons: Counter[int] = field(default_factory=Counter)
    minutes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """(minute since 1970, local time minus UTC in minutes) -> lines of any kind."""
    first_us: int = 2**62
    last_us: int = -(2**62)
    sids: int = 0
    """Kept events that carried the session's cookie or header."""
    others: int = 0
    """Kept events that no rule of the platform names."""

    @property
    def kept(self) -> int:
        return self.reasons[classify.KEPT]


@dataclass
class Sink:
    """Takes batches with the columns of `classify.events`."""

    counts: Counts
    writer: BucketWriter
    slugs: Slugs
    doubled: DoubledHour | None = None
    """Only where the lines do not say their offset."""

    def take(self, batch: pa.RecordBatch) -> None:
        """Count a batch and write what is to be kept of it; bad lines are none of ours."""
        reason = _values(batch, "reason")
        understood = np.flatnonzero(reason != classify.BAD)
        if not len(understood):
            return
        for number, count in enumerate(np.bincount(reason[understood]).tolist()):
            if count:
                self.counts.reasons[number] += count
        end_us = _values(batch, "end_us")
        if self.doubled is not None:
            end_us = end_us.copy()
            end_us[understood] = self.doubled.told(end_us[understood])
        self._time(end_us[understood], _values(batch, "zone")[understood])
        statics = np.flatnonzero(reason == classify.STATIC)
        if len(statics):
            self.writer.add_statics(_visitor(batch)[statics])
        kept = np.flatnonzero(reason == classify.KEPT)
        if len(kept):
            self._keep(batch, kept, end_us[kept])

    def _time(self, end_us: NDArray[np.int64], zone: NDArray[np.int16]) -> None:
        counts, minute = self.counts, end_us // 60_000_000
        counts.first_us = min(counts.first_us, int(end_us.min()))
        counts.last_us = max(counts.last_us, int(end_us.max()))
        same = bool((zone == zone[0]).all())
        for one in zone[:1].tolist() if same else np.unique(zone).tolist():
            of = minute if same else minute[zone == one]
            first, span = int(of.min()), int(np.ptp(of))
            if span < 1 << 20:
                # Lines come almost in order: counting is cheaper than sorting.
                lines = np.bincount(of - first)
                found = np.flatnonzero(lines)
                lines, found = lines[found], found + first
            else:
                found, lines = np.unique(of, return_counts=True)
            hours, minutes = divmod(abs(one), 100)
            offset_min = (hours * 60 + minutes) * (1 if one > 0 else -1)
            for key, count in zip(found.tolist(), lines.tolist(), strict=True):
                counts.minutes[key, offset_min] += count

    def _keep(self, batch: pa.RecordBatch, kept: NDArray[np.intp], end_us: NDArray[np.int64]) -> None:
        micros = _values(batch, "took_us")[kept]
        timed = (micros >= 0) & (micros <= MOST_TOOK_US)
        took_us = np.rint(np.where(timed, micros, 0.0)).astype(np.int64)
        latency = np.where(timed, index_of_bounds(took_us), -1) if timed.any() else np.full(len(kept), -1)
        step, status = (_values(batch, name)[kept].astype(np.int64) for name in ("step", "status"))
        client, visitor = _values(batch, "client")[kept], _visitor(batch)[kept]
        product = self.slugs.numbers(batch.column("slug"))[kept]
        named = visitor != client
        self.counts.sids += int(np.count_nonzero(named))
        self.counts.others += int(np.count_nonzero(step == OTHER))
        self.writer.add((visitor, client, end_us - took_us, took_us, packed(step, status, latency, product)), named)


def _values(batch: pa.RecordBatch, name: str) -> NDArray[Any]:
    """A column of numbers as it lies in memory. What stands where it is null says nothing and must not be asked."""
    column = batch.column(name)
    dtype = np.dtype(column.type.to_pandas_dtype())
    return np.frombuffer(column.buffers()[1], dtype)[column.offset : column.offset + len(column)]


def _visitor(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Who the session's cookie or header says, else the client."""
    sid = _values(batch, "sid")
    return np.where(sid == NO_SID, _values(batch, "client"), sid)
