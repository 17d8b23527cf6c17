"""How many steps failed, how sure one can be of it, and whether it is more than last year: failures come in bursts.

A shop that breaks for ten seconds fails a hundred shoppers at once, which says less than a hundred failures an hour
apart. So counts are divided by how much they vary from block to block beyond what chance alone gives (Pearson's
dispersion; quasi-likelihood as in Wedderburn 1974, doi:10.1093/biomet/61.3.439) before any interval is made of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from doorbuster.analysis.measure import Cells


@dataclass(frozen=True, eq=False)
class Share:
    """Failed steps and all steps of one side, block by block: arrays of shape (blocks,), fractions where weighted."""

    failed_by_block: NDArray[np.float64]
    steps_by_block: NDArray[np.float64]

    @cached_property
    def failed(self) -> int:
        return round(float(self.failed_by_block.sum()))

    @cached_property
    def samples(self) -> int:
        return round(float(self.steps_by_block.sum()))

    @property
    def value(self) -> float:
        return float(self.failed_by_block.sum() / self.steps_by_block.sum()) if self.samples else math.nan

    def interval(self, z: float, burst: float | None = None) -> tuple[float, float]:
        """Wilson's interval at a normal deviate (1927, doi:10.1080/01621459.1927.10502953) on counts over `burst`.

        Unlike a resampled one it has an upper end when nothing failed. `burst`: this side's own unless given.
        """
        if not self.samples:
            return math.nan, math.nan
        n = max(1.0, self.samples / (burst_of(self) if burst is None else burst))
        centre = (self.value + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(self.value * (1 - self.value) / n + z * z / (4 * n * n))
        # At the edges the formula's end is the edge itself; rounding must not put it a hair beyond.
        return (0.0 if self.failed == 0 else max(0.0, centre - half)), min(1.0, centre + half)


def share_by_cell(failed: NDArray[np.float64], steps: NDArray[np.float64], cells: Cells) -> Share:
    """A share from counts by cell, each of shape (cells,), added up over whole bootstrap blocks."""
    starts = np.arange(0, cells.count, cells.block)
    return Share(np.add.reduceat(failed, starts), np.add.reduceat(steps, starts))


def pooled(shares: Sequence[Share]) -> Share:
    """Several runs of one side as one share: what differs from run to run counts as bursts."""
    if not shares:
        return Share(np.zeros(0), np.zeros(0))
    return Share(
        np.concatenate([share.failed_by_block for share in shares]),
        np.concatenate([share.steps_by_block for share in shares]),
    )


def burst_of(*sides: Share) -> float:
    """Variance of the failures in a block over what independent failures would have, at least 1, over all sides.

    With equal numbers of steps in every block this is (var_A + var_B) / (mean_A + mean_B) of the counts of failures.
    """
    squares = expected = 0.0
    for side in sides:
        blocks = int((side.steps_by_block > 0).sum())
        if side.failed and blocks > 1:
            due = side.value * side.steps_by_block
            squares += float(((side.failed_by_block - due) ** 2).sum()) * blocks / (blocks - 1)
            expected += side.failed
    return max(1.0, squares / expected) if expected else 1.0


def share_difference(candidate: Share, baseline: Share, z_low: float, z_high: float) -> tuple[float, float]:
    """Bounds of candidate - baseline at two normal deviates, from each side's Wilson bounds.

    Newcombe's method 10 (1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
    """
    burst = burst_of(candidate, baseline)
    difference = candidate.value - baseline.value
    own_low, _ = candidate.interval(z_low, burst)
    _, their_high = baseline.interval(z_low, burst)
    _, own_high = candidate.interval(z_high, burst)
    their_low, _ = baseline.interval(z_high, burst)
    low = difference - math.hypot(candidate.value - own_low, their_high - baseline.value)
    high = difference + math.hypot(own_high - candidate.value, baseline.value - their_low)
    return low, high


def chance_of_a_rise(candidate: Share, baseline: Share) -> float:
    """Chance that so many of all failures fall to the candidate where both sides fail alike, bursts taken out.

    The conditional binomial test on deflated counts (Przyborowski and Wilenski 1940, doi:10.1093/biomet/31.3-4.313).
    """
    burst = burst_of(candidate, baseline)
    ours, theirs = math.floor(candidate.failed / burst), math.floor(baseline.failed / burst)
    return float(bdtrc(ours - 1, ours + theirs, candidate.samples / (candidate.samples + baseline.samples)))
