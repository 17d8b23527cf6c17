"""What one worker saw since it last reported: counts and rows that add up, whoever adds them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from doorbuster.record.histogram import bucket_of, count_buckets
from doorbuster.vocabulary import FAILED_OUTCOMES

LatencyKey = tuple[int, str, str, str, str]  # second, journey, step, outcome, clock


@dataclass
class Lateness:
    """Starts of one second and journey."""

    started: int = 0
    dropped_limit: int = 0
    late_us: Counter[int] = field(default_factory=Counter)
    """Histogram of started - due: bucket index to count."""
    late_us_max: float = 0.0


@dataclass
class Tally:
    """Filled by shoppers, emptied by whoever writes. What is taken is plain values, so that a worker can send it."""

    worker: str
    latency: dict[LatencyKey, dict[int, int]] = field(default_factory=dict)
    """Histograms of what was taken: bucket index to count."""
    arrivals: dict[tuple[int, str], Lateness] = field(default_factory=lambda: defaultdict(Lateness))
    sessions: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    late_us: Counter[int] = field(default_factory=Counter)
    """All starts of the run so far, as a histogram: for the progress line only."""
    failed: int = 0
    """Failed steps of the run so far: for the progress line only."""

    # Service, response, service, ... as they came: sorting them into buckets together costs a fraction of one by one,
    # and plain numbers give the garbage collector nothing to walk through.
    _steps: dict[tuple[int, str, str, str], list[float]] = field(default_factory=lambda: defaultdict(list), repr=False)

    def step(self, due_us: float, journey: str, step: str, outcome: str, service_us: float, response_us: float) -> None:
        """One step, on both clocks."""
        self.failed += outcome in FAILED_OUTCOMES
        second = int(due_us // 1_000_000)
        self._steps[second, journey, step, outcome].extend((service_us, response_us))

    def started(self, due_us: int, journey: str, late_us: float) -> None:
        cell = self.arrivals[due_us // 1_000_000, journey]
        cell.started += 1
        cell.late_us[bucket_of(late_us)] += 1
        cell.late_us_max = max(cell.late_us_max, late_us)
        self.late_us[bucket_of(late_us)] += 1

    def dropped(self, due_us: int, journey: str) -> None:
        """An arrival turned away at the limit on shoppers in flight."""
        self.arrivals[due_us // 1_000_000, journey].dropped_limit += 1

    def take(self) -> Tally:
        """All since the last take; this tally is empty afterwards."""
        latency = {}
        for key, both_us in self._steps.items():
            latency[*key, "service"] = count_buckets(both_us[::2])
            latency[*key, "response"] = count_buckets(both_us[1::2])
        taken = Tally(self.worker, latency, self.arrivals, self.sessions, self.facts)
        fresh = Tally(self.worker)
        self._steps, self.arrivals = fresh._steps, fresh.arrivals
        self.sessions, self.facts = fresh.sessions, fresh.facts
        return taken
