"""What most shoppers waited: the geometric mean of the middle four fifths of a step's times.

A trimmed mean of logarithms (Stigler 1977, doi:10.1214/aos/1176343997, has how well trimmed means do on real data):
nearly as sure as a mean, and as little moved by the slowest tenth as a median.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.measure import Measured
from doorbuster.record.histogram import BOUNDS_US, HIGHEST_US

TRIMMED: Final = 0.1  # on either side


def resampled_typical_us(measured: Measured, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """In each resample, microseconds; `weights` of shape (resamples, cells). nan where nothing was measured."""
    counts = measured.counts
    first, bins = measured.first_bucket, counts.shape[1]
    floor_us = np.maximum(BOUNDS_US[first : first + bins], 1.0)
    ceiling_us = np.clip(BOUNDS_US[first + 1 : first + bins + 1], floor_us, HIGHEST_US)
    middle = (np.log(floor_us) + np.log(ceiling_us)) / 2
    cumulative = np.cumsum(weights @ counts, axis=1, dtype=np.float64)
    total = cumulative[:, -1].copy()
    low, high = TRIMMED * total, (1 - TRIMMED) * total
    inside = np.clip(cumulative, low[:, None], high[:, None], out=cumulative)
    # The sum over bins of (inside[k] - inside[k-1]) * middle[k], summed by parts: half the time.
    logs = high * middle[-1] - low * middle[0] - inside[:, :-1] @ np.diff(middle)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.exp(logs / (high - low)))
