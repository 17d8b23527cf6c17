"""Did this release keep within the limits that hold whatever last year was?"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import bdtrc, ndtri, stdtrit

from doorbuster.analysis.entries import Entry, EntryVerdict
from doorbuster.analysis.estimates import Estimates, geometric_mean_ms
from doorbuster.analysis.gate_file import QUANTILES, Objective
from doorbuster.analysis.intervals import FEWEST_BEYOND, Quantile
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import measure
from doorbuster.analysis.wording import milliseconds, more_data, nothing_of, percent, whole
from doorbuster.record.histogram import BOUNDS_US

TWO_SIDED_95 = 0.975


@dataclass(frozen=True)
class _Placed:
    """A number, its interval and its limit."""

    value: float
    low: float
    high: float
    limit: float

    @property
    def verdict(self) -> EntryVerdict:
        return "FAIL" if self.low > self.limit else "PASS" if self.high <= self.limit else "INCONCLUSIVE"

    @property
    def numbers(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high, "limit": self.limit}


def judge_objective(objective: Objective, candidates: Sequence[Run], estimates: Estimates) -> Entry:
    """FAIL when the whole interval is beyond the limit, PASS when it is within, else INCONCLUSIVE."""
    if objective.metric == "error_rate":
        return _judge_errors(objective, candidates, estimates)
    return _judge_latency(objective, candidates, estimates)


def _judge_latency(objective: Objective, candidates: Sequence[Run], estimates: Estimates) -> Entry:
    seen = [estimates.quantile(run, objective.selection, objective.metric, objective.clock) for run in candidates]
    samples = sum(one.samples for one in seen)
    if not samples:
        return _nothing(objective)
    if any(math.isnan(one.log_error) for one in seen):
        return _judge_few(objective, candidates, estimates, samples)
    placed = _place(seen, objective.limit)
    tail = ""
    if placed.verdict == "INCONCLUSIVE":
        # The half width shrinks with the root of the data; it must come down to the distance from the limit.
        reach = math.log(placed.high / placed.value)
        distance = abs(math.log(placed.limit / placed.value))
        tail = f": cannot tell; {more_data((reach / distance) ** 2 if distance else math.inf, 'data')}"
    sentence = (
        f"{objective.name} is {milliseconds(placed.value)} "
        f"({milliseconds(placed.low)} to {milliseconds(placed.high)}), limit {milliseconds(placed.limit)}{tail}"
    )
    return _entry(objective, placed.verdict, sentence, {**placed.numbers, "samples": samples})


def _place(seen: Sequence[Quantile], limit_ms: float) -> _Placed:
    """One interval over all candidate runs. Repeats that lie further apart than their own errors say widen it."""
    logs = [math.log(one.value_ms) for one in seen]
    own = sum(one.log_error**2 for one in seen) / len(seen)
    apart = statistics.variance(logs) if len(logs) > 1 else 0.0
    # What runs show beyond their own errors is known from so few of them (Satterthwaite 1946, doi:10.2307/3002019).
    beyond, blocks = max(0.0, apart - own), max(1, min(one.blocks for one in seen) - 1)
    df = (own + beyond) ** 2 / (own**2 / blocks + beyond**2 / max(1, len(seen) - 1)) if own else blocks
    half = float(stdtrit(df, TWO_SIDED_95)) * math.sqrt((own + beyond) / len(seen))
    value = geometric_mean_ms(seen)
    return _Placed(value, value * math.exp(-half), value * math.exp(half), limit_ms)


def _judge_few(objective: Objective, candidates: Sequence[Run], estimates: Estimates, samples: int) -> Entry:
    """Too few samples to place the quantile; enough of them beyond the limit is still a failure (exact binomial)."""
    beyond_share = 1 - QUANTILES[objective.metric]
    beyond = 0
    for run in candidates:
        histogram = measure(run, objective.selection, objective.clock, estimates.cells(run)).dense()
        # Only buckets wholly beyond the limit, so that rounding never makes a failure.
        beyond += int(histogram[BOUNDS_US[:-1] >= objective.limit * 1000].sum())
    numbers = {"samples": float(samples), "beyond_limit": float(beyond), "limit": objective.limit}
    limit = milliseconds(objective.limit)
    if bdtrc(beyond - 1, samples, beyond_share) < 1 - TWO_SIDED_95:
        sentence = (
            f"{objective.name} is beyond its limit of {limit}: {beyond} of {samples} were slower, "
            f"where at most {percent(beyond_share)} may be"
        )
        return _entry(objective, "FAIL", sentence, numbers)
    wanted = math.ceil(FEWEST_BEYOND / beyond_share)
    sentence = (
        f"{objective.name} cannot be told from {whole(samples)} measurements (limit {limit}; {beyond} were slower): "
        f"it takes {whole(wanted)} in each run; {more_data(wanted * len(candidates) / samples, 'data')}"
    )
    return _entry(objective, "INCONCLUSIVE", sentence, numbers)


def _judge_errors(objective: Objective, candidates: Sequence[Run], estimates: Estimates) -> Entry:
    share = estimates.share_of(candidates, objective.selection)
    if not share.samples:
        return _nothing(objective)
    z = float(ndtri(TWO_SIDED_95))
    placed = _Placed(share.value, *share.interval(z), objective.limit)
    tail = ""
    if placed.verdict == "INCONCLUSIVE":
        reach, distance = placed.high - placed.value, abs(placed.limit - placed.value)
        # Near zero failures the upper end falls with the data itself, else with its root.
        factor = math.inf if not distance else reach / distance if not share.failed else (reach / distance) ** 2
        tail = f": cannot tell; {more_data(factor, 'data')}"
    sentence = (
        f"{objective.name} is {percent(placed.value)} ({percent(placed.low)} to {percent(placed.high)}; "
        f"{whole(share.failed)} of {whole(share.samples)} steps failed), limit {percent(placed.limit)}{tail}"
    )
    return _entry(
        objective, placed.verdict, sentence, {**placed.numbers, "samples": share.samples, "failed": share.failed}
    )


def _nothing(objective: Objective) -> Entry:
    sentence = f"{objective.name} cannot be told: {nothing_of(objective.selection.name)} after the warm-up"
    return _entry(objective, "INCONCLUSIVE", sentence, {"samples": 0.0, "limit": objective.limit})


def _entry(objective: Objective, verdict: EntryVerdict, sentence: str, numbers: dict[str, float]) -> Entry:
    return Entry("objective", objective.name, verdict, objective.required, sentence, numbers)
