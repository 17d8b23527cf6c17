"""Merges what workers report and writes it into the run directory, one closed part of each table every few seconds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from doorbuster.record.directory import RunDirectory
from doorbuster.record.fates import Fates
from doorbuster.record.histogram import BOUNDS_US
from doorbuster.record.tally import Taken
from doorbuster.vocabulary import ARMS, CLOCKS

LatencyKey = tuple[str, int, str, str, str, str, str]  # worker, second, journey, step, outcome, arm, clock


class Batch:
    """What was reported since the last part was written."""

    def __init__(self) -> None:
        self.latency: dict[LatencyKey, dict[int, int]] = defaultdict(dict)
        """Histograms: bucket index to count."""
        self.sessions: dict[str, list[Any]] = defaultdict(list)
        self.facts: dict[str, list[Any]] = defaultdict(list)

    def add(self, worker: str, taken: Taken) -> Counter[str]:
        """Merge one report; returns how many steps it counts, by arm."""
        steps: Counter[str] = Counter()
        for second, journey, step, outcome, arm, *both in taken["steps"]:
            steps[arm] += sum(both[1])
            for clock, buckets, counts in zip(CLOCKS, both[::2], both[1::2], strict=True):
                merged = self.latency[worker, second, journey, step, outcome, arm, clock]
                for bucket, count in zip(buckets, counts, strict=True):
                    merged[bucket] = merged.get(bucket, 0) + count
        _extend(self.sessions, taken["sessions"])
        self.sessions["worker"] += [worker] * len(taken["sessions"]["session"])
        _extend(self.facts, taken["facts"])
        return steps


class RunWriter:
    """The only writer of a run's measured tables."""

    def __init__(self, directory: RunDirectory, fates: Fates) -> None:
        self._directory = directory
        self._fates = fates
        self._batch = Batch()
        self._seconds = int(np.ceil(fates.plan.duration_s))
        self._next_second = 0
        self._part = 0
        self._steps: Counter[str] = Counter()
        self._failures_left_out = 0

    def warm_up(self) -> None:
        """Have pyarrow load what it loads at its first column (pandas, where installed) before any shopper waits."""
        pa.array([""])

    def accept(self, worker: str, taken: Taken, owner: int = 0) -> None:
        """Book one report. Raises RunDirectoryError when it tells of an arrival that was told of before."""
        self._fates.started(taken["started"], taken["late_us"], owner)
        self._fates.dropped(taken["dropped"])
        sessions = taken["sessions"]
        self._fates.ended(sessions["session"], sessions["outcome"])
        self._steps += self._batch.add(worker, taken)
        self._failures_left_out += taken["failures_left_out"]

    def add_sessions(self, worker: str, rows: Mapping[str, list[Any]]) -> None:
        """Sessions that nobody reported the end of, by column."""
        _extend(self._batch.sessions, rows)
        self._batch.sessions["worker"] += [worker] * len(rows["session"])

    def take(self) -> Batch:
        """What has been booked since; written by `write`, on another thread if you like."""
        batch, self._batch = self._batch, Batch()
        return batch

    def write(self, batch: Batch, closed_second: int) -> None:
        """Add a closed part to each table. Arrivals are written up to the first second that still misses one."""
        part = f"{self._part:06d}"
        self._part += 1
        self._directory.write_part("latency", _latency_columns(batch), part)
        self._directory.write_part("sessions", batch.sessions, part)
        self._directory.write_part("facts", batch.facts, part)
        last = self._next_second
        while last < min(closed_second, self._seconds) and self._fates.all_settled(last):
            last += 1
        self._write_arrivals(last)

    def finish(self) -> dict[str, Any]:
        """Write what is left; returns `conservation`, `sessions` and `steps` of run.json. Sums hold exactly.

        With a control, `arms` has the same three of each arm.
        """
        self.write(self.take(), 0)
        self._write_arrivals(self._seconds)
        counted = {**self._books(None, self._steps.total()), "failures_left_out": self._failures_left_out}
        if self._fates.plan.control:
            counted["arms"] = {arm: self._books(arm, self._steps[arm]) for arm in ARMS}
        return counted

    def _books(self, arm: str | None, steps: int) -> dict[str, Any]:
        total, by_journey = self._fates.conservation(arm)
        return {"conservation": total, "sessions": by_journey, "steps": steps}

    def _write_arrivals(self, before: int) -> None:
        rows = self._fates.rows(self._next_second, before)
        self._next_second = before
        self._directory.write_rows("arrivals", rows, f"{self._part:06d}")
        self._part += 1


def _extend(columns: dict[str, list[Any]], more: Mapping[str, list[Any]]) -> None:
    for name, values in more.items():
        columns[name] += values


def _latency_columns(batch: Batch) -> dict[str, Any]:
    names = ("worker", "second", "journey", "step", "outcome", "arm", "clock")
    columns: dict[str, Any] = {name: [] for name in names}
    indexes: list[int] = []
    counts: list[int] = []
    for key, buckets in batch.latency.items():
        for name, value in zip(names, key, strict=True):
            columns[name] += [value] * len(buckets)
        indexes += buckets.keys()
        counts += buckets.values()
    return {**columns, "bucket_us": BOUNDS_US[np.array(indexes, dtype=np.intp)], "count": counts}
