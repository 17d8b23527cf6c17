"""How the generator itself was doing: event-loop stalls, processor, memory, descriptors."""

from __future__ import annotations

import gc
import time
from collections import Counter
from typing import Any, NoReturn

import gevent
import numpy as np
import psutil

from doorbuster.record.histogram import bucket_of, dense, quantile_us

_BEAT_S = 0.02
_BEATS_A_SAMPLE = 50


class Health:
    """Measured from inside the event loop that the shoppers live in."""

    def __init__(self) -> None:
        self._stalls_us: Counter[int] = Counter()
        self._stall_us_max = 0.0
        self._cpu_shares: list[float] = []
        self._memory_mb_max = 0.0
        self._descriptors_max = 0
        self._gc_started_s = 0.0
        self._gc_pause_s_max = 0.0

    def watch(self) -> NoReturn:
        """Sleep a beat, see how late one woke up; look at the process once a second."""
        gc.callbacks.append(self._gc)
        process = psutil.Process()
        process.cpu_percent()
        try:
            while True:
                for _ in range(_BEATS_A_SAMPLE):
                    asleep_s = time.monotonic()
                    gevent.sleep(_BEAT_S)
                    stall_us = max(0.0, (time.monotonic() - asleep_s - _BEAT_S) * 1e6)
                    self._stalls_us[bucket_of(stall_us)] += 1
                    self._stall_us_max = max(self._stall_us_max, stall_us)
                self._cpu_shares.append(process.cpu_percent() / 100)
                self._memory_mb_max = max(self._memory_mb_max, process.memory_info().rss / 1e6)
                self._descriptors_max = max(self._descriptors_max, process.num_fds())
        finally:
            gc.callbacks.remove(self._gc)

    def _gc(self, phase: str, _info: dict[str, Any]) -> None:
        if phase == "start":
            self._gc_started_s = time.monotonic()
        else:
            self._gc_pause_s_max = max(self._gc_pause_s_max, time.monotonic() - self._gc_started_s)

    def summary(self) -> dict[str, float]:
        """`generator` of run.json."""
        stalls = dense(self._stalls_us)
        return {
            "loop_stall_ms_p99": round(quantile_us(stalls, 0.99) / 1000, 3) if stalls.any() else 0.0,
            "loop_stall_ms_max": round(self._stall_us_max / 1000, 3),
            "cpu_share_p95": round(float(np.quantile(self._cpu_shares, 0.95)), 3) if self._cpu_shares else 0.0,
            "memory_mb_max": round(self._memory_mb_max, 1),
            "descriptors_max": self._descriptors_max,
            "gc_pause_ms_max": round(self._gc_pause_s_max * 1000, 3),
        }
