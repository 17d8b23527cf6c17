"""How sure one run can be of a number: its seconds are drawn again in blocks, because seconds lean on their neighbours.

Circular block bootstrap (Politis and Romano 1992; blocks: Künsch 1989, doi:10.1214/aos/1176347265) on histograms:
resample weights W of shape (resamples, cells) times counts C of shape (cells, bins) gives every resampled histogram
at once. Only the bins near the quantile are multiplied. What this cannot see is how much whole runs differ:
`families.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from doorbuster.analysis.measure import Measured
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
        half = float(stdtrit(max(1, self.blocks - 1), 0.5 + confidence / 2)) * self.log_error
        return self.value_ms * math.exp(-half), self.value_ms * math.exp(half)


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


def latency_quantile(measured: Measured, q: float, resamples: int = RESAMPLES) -> Quantile:
    """The q-quantile of a selection in one run, with the block bootstrap's standard error of its logarithm."""
    n, cells = measured.samples, measured.cells
    value_us = quantile_us(measured.dense(), q)
    if n * (1 - q) < FEWEST_BEYOND or cells.blocks < 2:
        return Quantile(value_us / 1000, math.nan, n, cells.blocks)
    drawn_us = resampled_us(measured, q, block_weights(cells.count, cells.block, resamples))
    small_sample = math.sqrt(cells.blocks / (cells.blocks - 1))
    error = float(np.std(np.log(np.maximum(drawn_us, 1e-3)))) * INFLATION * small_sample
    return Quantile(value_us / 1000, error, n, cells.blocks)


def resampled_us(measured: Measured, q: float, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """The q-quantile in each resample, microseconds; `weights` of shape (resamples, cells)."""
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
