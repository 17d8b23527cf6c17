"""How sure two groups of runs can be of a difference: whole runs differ from day to day, which no single run can see.

Drift and the speed of the day move a whole run by 5-10 %. So the variance of a log ratio is (w + tau^2)(1/a + 1/b): w
the within-run part (`intervals.py`), tau the between-run part, a and b the runs on each side. tau is learnt from
repeats, starting from a prior of 6 % worth 4 degrees of freedom; a method-of-moments variant of random effects
(DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2). With one run a side the prior is all there is, and
only large changes can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.intervals import Share, student_t

PRIOR_SD: Final = 0.06  # of a log quantile between runs of one system; 0.066-0.079 was measured on real repeats
PRIOR_DF: Final = 4


@dataclass(frozen=True)
class BetweenRuns:
    """Variance between runs of a log quantile, and how well it is known."""

    variance: float
    repeats: int
    """Degrees of freedom from repeats: runs less groups. Zero means that only the prior speaks."""

    @property
    def degrees_of_freedom(self) -> int:
        return PRIOR_DF + self.repeats


def between_runs(groups: Sequence[NDArray[np.float64]], within: NDArray[np.float64]) -> BetweenRuns:
    """Learn the between-run variance from repeats.

    `groups`: for baselines, candidates and A/A runs, log quantiles of shape (runs, selections). `within`: the
    within-run variance of each selection. A selection with nan anywhere is left out.
    """
    repeats = sum(max(0, len(group) - 1) for group in groups)
    if not repeats:
        return BetweenRuns(PRIOR_SD**2, 0)
    squares = sum(((group - group.mean(axis=0)) ** 2).sum(axis=0) for group in groups if len(group) > 1)
    excess = np.asarray(squares) / repeats - within
    seen = excess[np.isfinite(excess)]
    learnt = max(0.0, float(seen.mean())) if len(seen) else PRIOR_SD**2
    return BetweenRuns((PRIOR_DF * PRIOR_SD**2 + repeats * learnt) / (PRIOR_DF + repeats), repeats)


@dataclass(frozen=True)
class LogRatio:
    """Candidate over baseline, as a logarithm, with the error that both kinds of variation give it."""

    change: float
    error: float
    degrees_of_freedom: int

    @property
    def ratio(self) -> float:
        return math.exp(self.change)

    def low(self, confidence: float) -> float:
        """The ratio is above this with one-sided `confidence`."""
        return math.exp(self.change - student_t(confidence, self.degrees_of_freedom) * self.error)

    def high(self, confidence: float) -> float:
        """The ratio is below this with one-sided `confidence`."""
        return math.exp(self.change + student_t(confidence, self.degrees_of_freedom) * self.error)


def log_ratio(
    candidate: NDArray[np.float64], baseline: NDArray[np.float64], within: float, between: BetweenRuns
) -> LogRatio:
    """Compare log quantiles, one a run; `within` is the within-run variance averaged over all runs."""
    runs = 1 / len(candidate) + 1 / len(baseline)
    error = math.sqrt((within + between.variance) * runs)
    return LogRatio(float(candidate.mean() - baseline.mean()), error, between.degrees_of_freedom)


def share_difference(candidate: Share, baseline: Share, z_low: float, z_high: float) -> tuple[float, float]:
    """Bounds of candidate - baseline at two normal deviates, from each side's Wilson bounds.

    Newcombe's method 10 (1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
    """
    difference = candidate.value - baseline.value
    own_low, _ = candidate.interval(z_low)
    _, their_high = baseline.interval(z_low)
    _, own_high = candidate.interval(z_high)
    their_low, _ = baseline.interval(z_high)
    low = difference - math.hypot(candidate.value - own_low, their_high - baseline.value)
    high = difference + math.hypot(own_high - candidate.value, baseline.value - their_low)
    return low, high


def pooled(shares: Sequence[Share]) -> Share:
    """Several runs of one side as one share, keeping the worst burst."""
    samples = sum(share.samples for share in shares)
    return Share(sum(share.failed for share in shares), samples, max((share.burst for share in shares), default=1.0))
