"""Latency quantiles by stretch of the run: what the lines and bands of a latency chart are drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, chosen_rows, timed_rows
from doorbuster.record.histogram import OVERFLOW, index_of_bounds, quantile_us

FEWEST_IN_A_BIN: Final = 5
"""A point drawn from fewer says more about chance than about the shop."""
FEWEST_BEYOND: Final = 0.5
"""Samples expected beyond the quantile: with fewer, p99 would be the slowest one under another name."""
BANDED: Final = 0.95
"""The quantile that gets a band."""
_DEVIATE: Final = 1.96  # of 95 %

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Binned:
    """Milliseconds by bin, nan for too few samples; response clock."""

    value_ms: Floats
    """Shape (bins, quantiles)."""
    low_ms: Floats
    """Band of p95, shape (bins,): with several runs the lowest and highest of them, else what so few samples leave open
    (the ranks of a binomial 95 % interval, as if steps were independent: the least that is open)."""
    high_ms: Floats
    samples: int

    @property
    def drawn(self) -> bool:
        return not bool(np.isnan(self.value_ms).all())


def binned_quantiles(
    runs: Sequence[Run],
    selection: Selection,
    bins_of_seconds: Sequence[NDArray[np.intp]],
    bins: int,
    quantiles: Sequence[float],
) -> Binned:
    """Quantiles of one or several runs together, by bin.

    `bins_of_seconds`: for each run, for each of its seconds, the bin it falls into, or -1 for none; later seconds fall
    into none.
    """
    value_ms = np.full((bins, len(quantiles)), math.nan)
    low_ms, high_ms = np.full(bins, math.nan), np.full(bins, math.nan)
    each = [_histograms(run, selection, where, bins) for run, where in zip(runs, bins_of_seconds, strict=True)]
    merged = np.sum(each, axis=0) if each else np.zeros((bins, OVERFLOW + 1))
    for position in range(bins):
        value_ms[position] = [_quantile_ms(merged[position], q) for q in quantiles]
        low_ms[position], high_ms[position] = (
            _between_runs([one[position] for one in each]) if len(each) > 1 else _within_run(merged[position])
        )
    return Binned(value_ms, low_ms, high_ms, int(merged.sum()))


def _histograms(run: Run, selection: Selection, bin_of_second: NDArray[np.intp], bins: int) -> Floats:
    """Counts of shape (bins, OVERFLOW + 1)."""
    rows = timed_rows(chosen_rows(run, selection, "response", warm_up=True))
    second = rows["second"].to_numpy()
    known = (second >= 0) & (second < len(bin_of_second))
    where = np.where(known, bin_of_second[np.clip(second, 0, len(bin_of_second) - 1)], -1)
    kept = where >= 0
    bucket = index_of_bounds(rows["bucket_us"].to_numpy()[kept])
    flat = np.bincount(where[kept] * (OVERFLOW + 1) + bucket, rows["count"].to_numpy()[kept], bins * (OVERFLOW + 1))
    return flat.reshape(bins, OVERFLOW + 1).astype(np.float64)


def _quantile_ms(histogram: Floats, q: float) -> float:
    samples = histogram.sum()
    if samples < FEWEST_IN_A_BIN or samples * (1 - q) < FEWEST_BEYOND:
        return math.nan
    return quantile_us(histogram, q) / 1000


def _within_run(histogram: Floats) -> tuple[float, float]:
    samples = histogram.sum()
    if math.isnan(_quantile_ms(histogram, BANDED)):
        return math.nan, math.nan
    reach = _DEVIATE * math.sqrt(BANDED * (1 - BANDED) / samples)
    low, high = max(0.0, BANDED - reach), min(1.0, BANDED + reach)
    return quantile_us(histogram, low) / 1000, quantile_us(histogram, high) / 1000


def _between_runs(histograms: Sequence[Floats]) -> tuple[float, float]:
    each = [value for one in histograms if not math.isnan(value := _quantile_ms(one, BANDED))]
    return (min(each), max(each)) if len(each) > 1 else (math.nan, math.nan)


def band_words(candidates: int, baselines: int) -> str:
    """What the bands show, for so many runs a side.

    >>> band_words(1, 1), band_words(3, 0)
    ('bands: 95 % interval of p95 within a run', 'bands: lowest to highest p95 of 3 runs')
    """
    if candidates < 2 and baselines < 2:
        return f"bands: 95 % interval of p{BANDED * 100:.0f} within a run"
    if candidates > 1 and baselines != 1:
        runs = f"{candidates} and {baselines}" if baselines not in (0, candidates) else f"{candidates}"
        return f"bands: lowest to highest p{BANDED * 100:.0f} of {runs} runs"
    several, single = ("this", "last") if candidates > 1 else ("last", "this")
    runs = str(max(candidates, baselines))
    return f"bands: of {runs} runs {several} year, 95 % within one {single} year"
