"""Latencies as histograms: small error, merged by addition."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.record.histogram import (
    BOUNDS_US,
    OVERFLOW,
    bucket_of,
    count_buckets,
    dense,
    index_of_bounds,
    lower_bound_us,
    quantile_us,
)


def histogram(values_us: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(BOUNDS_US, values_us, side="right") - 1, minlength=OVERFLOW + 1)


def test_quantiles_of_a_million_latencies_are_within_one_per_cent() -> None:
    values = np.random.default_rng(1).lognormal(np.log(150_000), 0.8, 1_000_000)
    counts = histogram(values)
    for q in (0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999):
        exact = np.quantile(values, q)
        assert abs(quantile_us(counts, q) / exact - 1) < 0.01


def test_merging_is_addition() -> None:
    values = np.random.default_rng(2).lognormal(np.log(80_000), 1.0, 100_000)
    merged = histogram(values[:30_000]) + histogram(values[30_000:])
    assert np.array_equal(merged, histogram(values))


@given(st.floats(0, 1e9))
def test_every_latency_lies_in_its_bucket(latency_us: float) -> None:
    index = bucket_of(latency_us)
    assert BOUNDS_US[index] <= latency_us < BOUNDS_US[index + 1]
    if 0 < index < OVERFLOW:
        assert BOUNDS_US[index + 1] / BOUNDS_US[index] <= 1.01


def test_stored_bounds_find_their_bucket_again() -> None:
    indexes = np.arange(OVERFLOW + 1)
    assert np.array_equal(index_of_bounds(np.array([lower_bound_us(int(i)) for i in indexes])), indexes)


def test_below_and_above_are_counted() -> None:
    counts = dense({bucket_of(1.0): 2, bucket_of(700e6): 1})
    assert counts[0] == 2
    assert counts[OVERFLOW] == 1
    assert quantile_us(counts, 0.999) == 600e6
    assert np.isnan(quantile_us(dense({}), 0.5))


@given(st.lists(st.floats(0, 1e9), min_size=1))
def test_counting_many_at_once_is_counting_each(latencies_us: list[float]) -> None:
    indexes, counts = count_buckets(latencies_us)
    assert dict(zip(indexes, counts, strict=True)) == Counter(map(bucket_of, latencies_us))
