"""Where parsed lines go: all are counted, those of shoppers become events."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doorbuster.importers.log import classify
from doorbuster.importers.log.buckets import EVENTS, BucketWriter
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

    def take(self, batch: pa.Table) -> None:
        """Count a batch and write what is to be kept of it; bad lines are none of ours."""
        reason = batch["reason"].to_numpy()
        end_us = batch["end_us"].fill_null(0).to_numpy()
        understood = np.flatnonzero(reason != classify.BAD)
        if not len(understood):
            return
        for number, count in enumerate(np.bincount(reason[understood]).tolist()):
            if count:
                self.counts.reasons[number] += count
        if self.doubled is not None:
            end_us = end_us.copy()
            end_us[understood] = self.doubled.told(end_us[understood])
        self._time(end_us[understood], batch["zone"].fill_null(0).to_numpy()[understood])
        statics = np.flatnonzero(reason == classify.STATIC)
        if len(statics):
            one = _rows(batch, statics)
            self.writer.add_statics(one("sid").fill_null(one("client")).to_numpy())
        kept = np.flatnonzero(reason == classify.KEPT)
        if len(kept):
            self._keep(batch, kept, end_us[kept])

    def _time(self, end_us: NDArray[Any], zone: NDArray[Any]) -> None:
        counts = self.counts
        counts.first_us, counts.last_us = (
            min(counts.first_us, int(end_us.min())),
            max(counts.last_us, int(end_us.max())),
        )
        hours, minutes = np.divmod(np.abs(zone.astype(np.int64)), 100)
        packed = end_us // 60_000_000 * 4096 + np.sign(zone) * (hours * 60 + minutes) + 2048
        first, span = int(packed.min()), int(np.ptp(packed))
        if span < 1 << 20:
            # Lines come almost in order: counting is cheaper than sorting.
            lines = np.bincount(packed - first)
            found = np.flatnonzero(lines)
            lines, found = lines[found], found + first
        else:
            found, lines = np.unique(packed, return_counts=True)
        for key, count in zip(found.tolist(), lines.tolist(), strict=True):
            counts.minutes[key // 4096, key % 4096 - 2048] += count

    def _keep(self, batch: pa.Table, kept: NDArray[Any], end_us: NDArray[Any]) -> None:
        one = _rows(batch, kept)
        sid, client, took = one("sid"), one("client"), one("took_us")
        micros = took.to_numpy(zero_copy_only=False)
        timed = (micros >= 0) & (micros <= MOST_TOOK_US)
        took_us = np.rint(np.where(timed, micros, 0.0)).astype(np.int64)
        latency = np.where(timed, index_of_bounds(took_us), -1) if timed.any() else np.full(len(kept), -1)
        step, status = (one(name).to_numpy().astype(np.int64) for name in ("step", "status"))
        self.counts.sids += len(sid) - sid.null_count
        self.counts.others += int(np.count_nonzero(step == OTHER))
        columns = {
            "visitor": sid.fill_null(client),
            "client": client,
            "start_us": end_us - took_us,
            "took_us": took_us,
            "what": packed(step, status, latency, self.slugs.numbers(one("slug"))),
        }
        self.writer.add(pa.table(columns, schema=EVENTS), sid.is_valid().to_numpy(zero_copy_only=False))


def _rows(batch: pa.Table, rows: NDArray[Any]) -> Any:
    """Column by name -> those rows of it."""
    wanted = pa.array(rows)
    return lambda name: batch[name].combine_chunks().take(wanted)
