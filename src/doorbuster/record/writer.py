"""Merges what workers tallied and writes it into the run directory, one closed part every few seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doorbuster.record.directory import RunDirectory
from doorbuster.record.histogram import dense, lower_bound_us, quantile_us
from doorbuster.record.tally import Lateness, Tally
from doorbuster.vocabulary import CONSERVATION, JOURNEYS


class RunWriter:
    """The only writer of a run's measured tables."""

    def __init__(self, directory: RunDirectory, planned: NDArray[np.int64]) -> None:
        """`planned` is the plan's arrivals by second and journey, shape (seconds, journeys)."""
        self._directory = directory
        self._planned = planned
        self._arrivals: dict[tuple[int, str], Lateness] = {}
        self._next_second = 0
        self._part = 0
        self._steps = 0
        self._ends: dict[str, Counter[str]] = {journey: Counter() for journey in JOURNEYS}

    def warm_up(self) -> None:
        """Have pyarrow load what it loads at its first column (pandas, where installed) before any shopper waits."""
        pa.array([""])

    def accept(self, tally: Tally) -> None:
        """Write a worker's latencies, sessions and facts; keep its arrivals until their second is over."""
        part = f"{self._part:06d}"
        self._part += 1
        for key, seen in tally.arrivals.items():
            cell = self._arrivals.setdefault(key, Lateness())
            cell.started += seen.started
            cell.dropped_limit += seen.dropped_limit
            cell.late_us.update(seen.late_us)
            cell.late_us_max = max(cell.late_us_max, seen.late_us_max)
        for session in tally.sessions:
            self._ends[session["journey"]][_end_of(session["outcome"])] += 1
        self._steps += sum(sum(seen.values()) for key, seen in tally.latency.items() if key[-1] == "service")
        self._directory.write_part("latency", _latency_columns(tally), part)
        self._directory.write_rows("sessions", tally.sessions, part)
        self._directory.write_rows("facts", tally.facts, part)

    def close_seconds(self, before: int) -> None:
        """Write the arrivals of the seconds before this one, up to the first that still misses one.

        The door counts an arrival as dealt a moment before its shopper counts as started.
        """
        last = self._next_second
        while last < min(before, len(self._planned)) and self._accounted(last):
            last += 1
        self._write_arrivals(last)

    def _accounted(self, second: int) -> bool:
        cells = [self._arrivals.get((second, journey)) for journey in JOURNEYS]
        return int(self._planned[second].sum()) == sum(cell.started + cell.dropped_limit for cell in cells if cell)

    def _write_arrivals(self, before: int) -> None:
        rows = self._arrival_rows(self._next_second, before)
        self._next_second = before
        self._directory.write_rows("arrivals", rows, f"{self._part:06d}")
        self._part += 1

    def finish(self) -> dict[str, Any]:
        """Write what is left; returns `conservation`, `sessions` and `steps` of run.json. Sums hold exactly."""
        self._write_arrivals(len(self._planned))
        by_journey = {}
        for column, journey in enumerate(JOURNEYS):
            cells = [cell for (_, name), cell in self._arrivals.items() if name == journey]
            ends = self._ends[journey]
            counts = dict.fromkeys(CONSERVATION, 0)
            counts["planned"] = int(self._planned[:, column].sum())
            counts["started"] = sum(cell.started for cell in cells)
            counts["dropped_limit"] = sum(cell.dropped_limit for cell in cells)
            counts["not_reached"] = counts["planned"] - counts["started"] - counts["dropped_limit"]
            counts.update({end: ends[end] for end in ("finished", "abandoned", "in_flight")})
            counts["lost"] = counts["started"] - ends.total()
            by_journey[journey] = counts
        total = {name: sum(counts[name] for counts in by_journey.values()) for name in CONSERVATION}
        return {"conservation": total, "sessions": by_journey, "steps": self._steps}

    def _arrival_rows(self, first: int, last: int) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        for second in range(first, last):
            for column, journey in enumerate(JOURNEYS):
                planned = int(self._planned[second, column])
                cell = self._arrivals.get((second, journey), Lateness())
                if planned == 0 and cell.started == 0:
                    continue
                late = dense(cell.late_us)
                rows.append(
                    {
                        "second": second,
                        "journey": journey,
                        "planned": planned,
                        "started": cell.started,
                        "dropped_limit": cell.dropped_limit,
                        "dropped_worker_lost": 0,
                        "not_reached": planned - cell.started - cell.dropped_limit,
                        "dropped": cell.dropped_limit,
                        "late_ms_p50": quantile_us(late, 0.5) / 1000 if cell.started else None,
                        "late_ms_p99": quantile_us(late, 0.99) / 1000 if cell.started else None,
                        "late_ms_max": cell.late_us_max / 1000 if cell.started else None,
                    }
                )
        return rows


def _end_of(outcome: str) -> str:
    return outcome if outcome in ("abandoned", "in_flight") else "finished"


def _latency_columns(tally: Tally) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        name: [] for name in ("second", "journey", "step", "outcome", "clock", "bucket_us", "count")
    }
    for (second, journey, step, outcome, clock), buckets in tally.latency.items():
        for index, count in buckets.items():
            for name, value in zip(
                columns, (second, journey, step, outcome, clock, lower_bound_us(index), count), strict=True
            ):
                columns[name].append(value)
    return {"worker": [tally.worker] * len(columns["second"]), **columns}
