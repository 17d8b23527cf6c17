"""How the generator itself was doing: event-loop stalls, processor, memory, pauses, descriptors, ports."""

from __future__ import annotations

import gc
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

import gevent
import numpy as np
import psutil

from doorbuster.record.histogram import bucket_of, dense, quantile_us

_BEAT_S = 0.02
_BEATS_A_SAMPLE = 50
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_SOCKETS = (Path("/proc/net/sockstat"), Path("/proc/net/sockstat6"))


class Health:
    """Measured from inside the event loop that the shoppers live in."""

    def __init__(self) -> None:
        self._stalls_us: Counter[int] = Counter()
        self._stall_us_max = 0.0
        self._cpu_shares: list[float] = []
        self._memory_mb_max = 0.0
        self._descriptors_max = 0
        self._ports_share_max: float | None = None
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
                share = ports_share()
                if share is not None:
                    self._ports_share_max = max(self._ports_share_max or 0.0, share)
        finally:
            gc.callbacks.remove(self._gc)

    def _gc(self, phase: str, _info: dict[str, Any]) -> None:
        if phase == "start":
            self._gc_started_s = time.monotonic()
        else:
            self._gc_pause_s_max = max(self._gc_pause_s_max, time.monotonic() - self._gc_started_s)

    def summary(self) -> dict[str, float]:
        """A worker's `generator` in run.json; a figure that this system does not have is not there."""
        stalls = dense(self._stalls_us)
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        ports = {} if self._ports_share_max is None else {"ports_share": round(self._ports_share_max, 4)}
        return {
            "loop_stall_ms_p99": round(quantile_us(stalls, 0.99) / 1000, 3) if stalls.any() else 0.0,
            "loop_stall_ms_max": round(self._stall_us_max / 1000, 3),
            "cpu_share_p95": round(float(np.quantile(self._cpu_shares, 0.95)), 3) if self._cpu_shares else 0.0,
            "memory_mb_max": round(self._memory_mb_max, 1),
            "descriptors_max": self._descriptors_max,
            "descriptors_share": round(self._descriptors_max / limit, 4) if limit > 0 else 0.0,
            **ports,
            "gc_pause_ms_max": round(self._gc_pause_s_max * 1000, 3),
        }


def ports_share() -> float | None:
    """Sockets in use or waiting out their close, of the ephemeral ports that this machine hands out; None elsewhere.

    Linux counts both (proc(5), /proc/net/sockstat). All of the machine's count, because they share the range.
    """
    try:
        low, high = map(int, _PORT_RANGE.read_text().split())
        used = 0
        for line in _SOCKETS[0].read_text().splitlines() + _SOCKETS[1].read_text().splitlines():
            name, *fields = line.split()
            if name in ("TCP:", "TCP6:"):
                counts = dict(zip(fields[::2], map(int, fields[1::2]), strict=True))
                used += counts.get("inuse", 0) + counts.get("tw", 0)
    except (OSError, ValueError):
        return None
    return used / (high - low + 1)
