"""Two laws that a scenario needs and their errors: think times as a log-normal, product popularity as Zipf's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

QUANTILES: Final = (0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
FEWEST_THINKS: Final = 30
HEAD: Final = 200
FEWEST_VIEWS: Final = 100


@dataclass(frozen=True)
class ThinkFit:
    """Think time before one step."""

    count: int
    quantiles_s: tuple[float, ...]
    """At `QUANTILES`."""
    median_s: float
    p90_s: float
    """Of the fitted log-normal."""
    sigma: float
    fit_error: float
    """Largest distance between the measured and the fitted share of think times below a value: 0 is perfect."""
    median_low_s: float
    median_high_s: float
    """Ends of the 95 % interval of the median, by order statistics."""


@dataclass(frozen=True)
class ZipfFit:
    """views(rank) ~ rank^-exponent over the first `products` ranks."""

    exponent: float
    standard_error: float
    products: int
    views: int


def fit_think(tenths: NDArray[np.int64], counts: NDArray[np.int64]) -> ThinkFit | None:
    """From a histogram in tenths of a second, sorted by value; None below 30 of them.

    A log in whole seconds puts many think times on one value. Half of a value's count is taken to lie below it, which
    spreads it over the second around it: the mid-distribution function (Parzen, 2004, Statistical Science 19).
    """
    total = int(counts.sum())
    if total < FEWEST_THINKS:
        return None
    whole_seconds = counts[tenths % 10 == 0].sum() > 0.99 * total
    values = tenths / 10 + (0.0 if whole_seconds else 0.05)
    middle = (np.cumsum(counts) - counts / 2) / total

    def quantile(share: float) -> float:
        return float(np.interp(share, middle, values))

    shares = np.arange(0.05, 0.951, 0.01)
    seconds = np.interp(shares, middle, values)
    usable = seconds > 0
    if usable.sum() < 10:
        return None
    normal = NormalDist()
    z = np.array([normal.inv_cdf(share) for share in shares.tolist()])[usable]
    sigma, mu = np.polyfit(z, np.log(seconds[usable]), 1)
    fitted = (
        np.array([normal.cdf((math.log(s) - mu) / sigma) if s > 0 else 0.0 for s in seconds.tolist()])
        if sigma > 0
        else shares * 0
    )
    half = 0.98 / math.sqrt(total)
    return ThinkFit(
        total,
        tuple(quantile(share) for share in QUANTILES),
        math.exp(mu),
        math.exp(mu + normal.inv_cdf(0.9) * sigma),
        float(sigma),
        float(np.abs(fitted - shares).max()),
        quantile(max(0.0, 0.5 - half)),
        quantile(min(1.0, 0.5 + half)),
    )


def fit_zipf(views: NDArray[np.int64]) -> ZipfFit | None:
    """Maximum likelihood over the head: ranks up to 200 with 100 views or more each; None with fewer than ten such.

    The tail is left out: rare products are sorted by luck, and shops cut it off (Clauset, Shalizi and Newman, 2009,
    doi:10.1137/070710111, on fitting where the law holds only in part).
    """
    ranked = np.sort(views)[::-1]
    head = ranked[:HEAD]
    head = head[head >= FEWEST_VIEWS].astype(np.float64)
    if len(head) < 10:
        return None
    logs = np.log(np.arange(1, len(head) + 1))
    mean_log = float((head * logs).sum() / head.sum())
    exponent = 1.0
    for _ in range(50):
        weights = np.exp(-exponent * logs)
        weights /= weights.sum()
        expected = float((weights * logs).sum())
        variance = float((weights * logs**2).sum()) - expected**2
        step = (expected - mean_log) / variance
        exponent += step
        if abs(step) < 1e-10:
            break
    return ZipfFit(exponent, 1 / math.sqrt(float(head.sum()) * variance), len(head), int(head.sum()))
