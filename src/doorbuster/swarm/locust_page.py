"""Keeps Locust's own page true: once a second its statistics are told of all the steps since."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import Any

import gevent
import numpy as np
from locust.stats import StatsEntry, StatsError

_TELL_AFTER_S = 1.0


class LocustPage:
    """Hears of every step at the cost of a list entry; a request event each would cost ten times that."""

    def __init__(self, environment: Any) -> None:
        self._stats = environment.stats
        self._service_ms: dict[str, list[float]] = defaultdict(list)
        self._failures: Counter[tuple[str, str]] = Counter()
        # The last second must be told before Locust reports it, whether here or to its master.
        environment.events.test_stop.add_listener(lambda **_: self.tell())
        environment.events.report_to_master.add_listener(lambda **_: self.tell())

    def __call__(self, step: str, service_ms: float, failure: str | None) -> None:
        if not self._service_ms:
            gevent.spawn_later(_TELL_AFTER_S, self.tell)
        self._service_ms[step].append(service_ms)
        if failure is not None:
            self._failures[step, failure] += 1

    def tell(self) -> None:
        """Add what was heard to Locust's tables, as its master adds a worker's."""
        heard, failures = self._service_ms, self._failures
        self._service_ms, self._failures = defaultdict(list), Counter()
        for step, service_ms in heard.items():
            failed = sum(count for (name, _), count in failures.items() if name == step)
            entry = _entry(self._stats, step, np.array(service_ms), failed)
            self._stats.entries[step, "step"].extend(entry)
            self._stats.total.extend(entry)
        for (step, failure), count in failures.items():
            error = self._stats.errors.setdefault(
                StatsError.create_key("step", step, failure), StatsError("step", step, failure)
            )
            error.occurred()
            error.occurrences += count - 1


def _entry(stats: Any, step: str, service_ms: Any, failed: int) -> Any:
    """One second of a step, as Locust keeps it: two digits are all that its percentiles have."""
    entry = StatsEntry(stats, step, "step")
    now_s = time.time()
    tens = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(service_ms, 1.0))) - 1, 0)
    rounded, counts = np.unique(np.round(service_ms / tens) * tens, return_counts=True)
    entry.response_times.update(zip(rounded.astype(int).tolist(), counts.tolist(), strict=True))
    entry.num_requests = len(service_ms)
    entry.num_failures = failed
    entry.total_response_time = float(service_ms.sum())
    entry.min_response_time, entry.max_response_time = float(service_ms.min()), float(service_ms.max())
    entry.num_reqs_per_sec[int(now_s)] = len(service_ms)
    if failed:
        entry.num_fail_per_sec[int(now_s)] = failed
    entry.last_request_timestamp = now_s
    return entry


def listener(environment: Any) -> LocustPage:
    """(step, service time in ms, failure) -> Locust's statistics."""
    return LocustPage(environment)
