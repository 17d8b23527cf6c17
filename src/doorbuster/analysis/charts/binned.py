"""Latency quantiles by stretch of the run: what the lines of a latency chart are drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, chosen_rows, timed_rows
from doorbuster.record.histogram import OVERFLOW, index_of_bounds, quantile_us

FEWEST_IN_A_BIN = 5
"""A point drawn from fewer says more about chance than about the shop."""
FEWEST_BEYOND = 0.5
"""Samples expected beyond the quantile: with fewer, p99 would be the slowest one under another name."""


def binned_quantiles(
    run: Run, selection: Selection, bin_of_second: NDArray[np.intp], bins: int, quantiles: Sequence[float]
) -> NDArray[np.float64]:
    """Quantiles in milliseconds by bin: shape (bins, quantiles), nan for too few samples; response clock.

    `bin_of_second`: for each second of the run its bin, or -1 for none; later seconds count to no bin.
    """
    rows = timed_rows(chosen_rows(run, selection, "response", warm_up=True))
    rows = rows[(rows["second"] >= 0) & (rows["second"] < len(bin_of_second))]
    where = bin_of_second[rows["second"].to_numpy()]
    bucket = index_of_bounds(rows["bucket_us"].to_numpy())
    count = rows["count"].to_numpy()
    values = np.full((bins, len(quantiles)), math.nan)
    order = np.argsort(where, kind="stable")
    ends = np.searchsorted(where[order], np.arange(bins + 1))
    for position in range(bins):
        here = order[ends[position] : ends[position + 1]]
        samples = count[here].sum()
        if samples < FEWEST_IN_A_BIN:
            continue
        histogram = np.bincount(bucket[here], count[here], OVERFLOW + 1)
        for column, q in enumerate(quantiles):
            if samples * (1 - q) >= FEWEST_BEYOND:
                values[position, column] = quantile_us(histogram, q) / 1000
    return values
