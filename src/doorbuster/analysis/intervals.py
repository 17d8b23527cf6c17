"""How sure one run can be of a number: its seconds are drawn again in blocks, because seconds lean on their neighbours.

Circular block bootstrap (Politis and Romano 1992; blocks: Künsch 1989, doi:10.1214/aos/1176347265) on histograms:
resample weights W of shape (resamples, cells) times counts C of shape (cells, bins) gives every resampled histogram
at once. Only the bins near the quantile are multiplied. What this cannot see is how much whole runs differ:
`between_runs.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.measure import Cells, Measured
from doorbuster.record.histogram import BOUNDS_US, HIGHEST_US, OVERFLOW, quantile_us

RESAMPLES: Final = 1000
SEED: Final = 20_260_727  # fixed: the same run directory gives the same verdict
INFLATION: Final = 1.15  # bootstrap errors of 10-30 blocks came out too small by this much in simulation
FEWEST_BEYOND: Final = 3.0
"""Samples wanted beyond a quantile. With n (1 - q) = 3 the chance that not one of them lies beyond the true quantile is
q^n ~ exp(-3) = 5 %; with fewer, the slowest sample seen is no upper bound and no resampling can make it one."""


@dataclass(frozen=True)
class Quantile:
    """A latency quantile of one run and how sure the run is of it."""

    value_ms: float
    """nan where nothing was measured."""
    log_error: float
    """Standard error of the logarithm, inflation included; nan where there are too few samples to have one."""
    samples: int
    blocks: int

    def interval_ms(self, confidence: float = 0.95) -> tuple[float, float]:
        """Two-sided interval in milliseconds, t with blocks - 1 degrees of freedom."""
        half = student_t(0.5 + confidence / 2, max(1, self.blocks - 1)) * self.log_error
        return self.value_ms * math.exp(-half), self.value_ms * math.exp(half)


@dataclass(frozen=True)
class Share:
    """A share of failed steps; `burst` deflates the counts when failures come in bursts."""

    failed: int
    samples: int
    burst: float

    @property
    def value(self) -> float:
        return self.failed / self.samples if self.samples else math.nan

    def interval(self, z: float) -> tuple[float, float]:
        """Wilson's interval at a normal deviate (Wilson 1927, doi:10.1080/01621459.1927.10502953) on deflated counts.

        Unlike a resampled one it has an upper end when nothing failed.
        """
        if not self.samples:
            return math.nan, math.nan
        n = max(1.0, self.samples / self.burst)
        centre = (self.value + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(self.value * (1 - self.value) / n + z * z / (4 * n * n))
        # At the edges the formula's end is the edge itself; rounding must not put it a hair beyond.
        return (0.0 if self.failed == 0 else max(0.0, centre - half)), min(1.0, centre + half)


@lru_cache(maxsize=64)
def block_weights(cells: int, block: int, resamples: int = RESAMPLES) -> NDArray[np.float32]:
    """How often each cell is drawn in each resample: shape (resamples, cells), circular blocks of `block` cells."""
    rng = np.random.default_rng(SEED)
    draws = math.ceil(cells / block)
    starts = rng.integers(0, cells, size=(resamples, draws))
    rows = np.arange(resamples)[:, None]
    weights = np.zeros((resamples, cells), dtype=np.float32)
    for offset in range(block):
        np.add.at(weights, (rows, (starts + offset) % cells), 1.0)
    return weights


def latency_quantile(measured: Measured, q: float) -> Quantile:
    """The q-quantile of a selection in one run, with the block bootstrap's standard error of its logarithm."""
    n, cells = measured.samples, measured.cells
    value_us = quantile_us(measured.dense(), q)
    if n * (1 - q) < FEWEST_BEYOND or cells.blocks < 2:
        return Quantile(value_us / 1000, math.nan, n, cells.blocks)
    drawn_us = _resampled_us(measured, q, block_weights(cells.count, cells.block))
    small_sample = math.sqrt(cells.blocks / (cells.blocks - 1))
    error = float(np.std(np.log(np.maximum(drawn_us, 1e-3)))) * INFLATION * small_sample
    return Quantile(value_us / 1000, error, n, cells.blocks)


def _resampled_us(measured: Measured, q: float, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    counts = measured.counts
    low, high = _bins_that_matter(measured, q)
    below = counts[:, :low].sum(axis=1, keepdims=True)
    total = counts.sum(axis=1, keepdims=True)
    drawn = weights @ np.hstack([below, counts[:, low:high], total])
    cumulative = np.cumsum(drawn[:, :-1], axis=1, dtype=np.float64)
    wanted = q * drawn[:, -1].astype(np.float64)
    column = np.clip((cumulative < wanted[:, None]).sum(axis=1), 1, cumulative.shape[1] - 1)
    row = np.arange(len(wanted))
    before, upto = cumulative[row, column - 1], cumulative[row, column]
    share = np.clip((wanted - before) / np.maximum(upto - before, 1e-9), 0.0, 1.0)
    bucket = measured.first_bucket + low + column - 1
    floor_us, ceiling_us = BOUNDS_US[bucket], np.minimum(BOUNDS_US[bucket + 1], HIGHEST_US)
    return np.asarray(np.where(bucket >= OVERFLOW, HIGHEST_US, floor_us + share * (ceiling_us - floor_us)))


def _bins_that_matter(measured: Measured, q: float) -> tuple[int, int]:
    """Columns within six block standard errors of the quantile; outside them no resample will land."""
    counts, cells = measured.counts, measured.cells
    by_bin = counts.sum(axis=0, dtype=np.float64)
    cumulative = np.cumsum(by_bin)
    total = cumulative[-1]
    middle = int(np.searchsorted(cumulative, q * total))
    excess = counts[:, : middle + 1].sum(axis=1) - q * counts.sum(axis=1)
    blocked = np.add.reduceat(excess, np.arange(0, cells.count, cells.block))
    # One sample at least, so that a steady run keeps a neighbourhood.
    spread = 6 * max(1.0, math.sqrt(float(np.sum(blocked**2))))
    low = int(np.searchsorted(cumulative, q * total - spread))
    high = int(np.searchsorted(cumulative, q * total + spread)) + 1
    return max(0, low - 1), min(len(by_bin), high + 1)


def failure_share(failed: NDArray[np.float64], steps: NDArray[np.float64], cells: Cells) -> Share:
    """Share of failed steps; `burst` is its bootstrap variance over that of independent failures, at least 1."""
    bad, n = float(failed.sum()), float(steps.sum())
    burst = 1.0
    if 0 < bad < n and cells.blocks >= 2:
        weights = block_weights(cells.count, cells.block)
        drawn_steps = np.maximum(weights @ steps, 1.0)
        rate = bad / n
        burst = max(1.0, float(np.var(weights @ failed / drawn_steps)) / (rate * (1 - rate) / n))
    return Share(int(bad), int(n), burst)


def normal_deviate(confidence: float) -> float:
    """The normal deviate below which a share `confidence` lies."""
    return NormalDist().inv_cdf(confidence)


@lru_cache(maxsize=256)
def student_t(confidence: float, df: float) -> float:
    """Quantile of Student's t, by integrating its density after t = sqrt(df) tan(angle), where it is cos^(df-1).

    >>> round(student_t(0.975, 4), 3), round(student_t(0.95, 9), 3)
    (2.776, 1.833)
    """
    angle = np.linspace(-math.pi / 2, math.pi / 2, 200_001)
    density = np.cos(angle) ** (df - 1)
    cumulative = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return float(math.sqrt(df) * math.tan(float(np.interp(confidence * cumulative[-1], cumulative, angle))))


def chance_of_so_many(beyond: int, n: int, share: float) -> float:
    """Chance that at least `beyond` of `n` independent samples fall into a share: the exact binomial tail.

    >>> round(chance_of_so_many(3, 10, 0.05), 4)
    0.0115
    """
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(beyond, n + 1))
