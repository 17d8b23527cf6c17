"""One thing that may have changed since last year, and what may be said of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from doorbuster.analysis.measure import Selection

ChangeVerdict = Literal["FAIL", "PASS", "INCONCLUSIVE", "ADVICE", ""]


@dataclass(frozen=True)
class Change:
    """A latency quantile or an error rate of one step, journey or the whole shop, this year beside last year.

    `size` is a ratio for a latency and a difference (a share of one) for an error rate, and so are its bounds and
    limits; nan where it cannot be told.
    """

    selection: Selection
    metric: str
    candidate: float
    """Milliseconds, or a share of one; nan for latencies of the whole shop, whose change is a median over steps."""
    baseline: float
    candidate_samples: int
    baseline_samples: int
    size: float = math.nan
    low: float = math.nan
    """The 95 % interval of `size` by itself. What fails is decided over all comparisons together."""
    high: float = math.nan
    margin: float = math.nan
    """How much worse is still fine: a share of last year's time, or a difference of shares."""
    verdict: ChangeVerdict = ""
    """FAIL, PASS, INCONCLUSIVE; ADVICE where no repeat says what is chance; "" where it cannot be told at all."""
    at_least_beside_the_rest: float = math.nan
    """For a step that fails beside the rest of the shop: at least so many times what the rest explains; else nan."""
    smallest_seen: float = math.nan
    """A smaller `size` than this would not have been called a failure."""
    runs_to_settle: float = math.nan
    """Runs a side that would likely settle it."""
    beyond_chance: bool = False
    """Of an error rate: whether it rose at all, beyond chance, whatever the margin."""

    at_equal_load: bool = False
    """Told at the loads that both sides had, not over the scenario's clock."""

    @property
    def is_errors(self) -> bool:
        return self.metric == "error_rate"

    @property
    def limit(self) -> float:
        """In the unit of `size`."""
        return self.margin if self.is_errors else 1 + self.margin
