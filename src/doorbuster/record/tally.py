"""What one worker saw since it last reported: counts and rows that add up, whoever adds them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from doorbuster.record.histogram import bucket_of
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
    """Filled by shoppers, emptied by whoever writes. Plain values only, so that a worker can send it."""

    worker: str
    latency: dict[LatencyKey, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    arrivals: dict[tuple[int, str], Lateness] = field(default_factory=lambda: defaultdict(Lateness))
    sessions: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    late_us: Counter[int] = field(default_factory=Counter)
    """All starts of the run so far, as a histogram: for the progress line only."""
    failed: int = 0
    """Failed steps of the run so far: for the progress line only."""

    def step(self, due_us: float, journey: str, step: str, outcome: str, service_us: float, response_us: float) -> None:
        """One step, on both clocks."""
        self.failed += outcome in FAILED_OUTCOMES
        second = int(due_us // 1_000_000)
        self.latency[second, journey, step, outcome, "service"][bucket_of(service_us)] += 1
        self.latency[second, journey, step, outcome, "response"][bucket_of(response_us)] += 1

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
        taken = Tally(self.worker, self.latency, self.arrivals, self.sessions, self.facts)
        fresh = Tally(self.worker)
        self.latency, self.arrivals = fresh.latency, fresh.arrivals
        self.sessions, self.facts = fresh.sessions, fresh.facts
        return taken
