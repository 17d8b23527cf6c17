"""Shoppers come when the curve says: a pure function of rates and seed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.traffic.arrivals import due_times_us, journeys_of

EDGES = np.array([0.0, 10.0, 20.0, 30.0])
RATES = np.array([5.0, 50.0, 0.0])
PINNED_DUE_US = [450875, 482138, 573443, 1322827]


def test_same_seed_same_instants_and_another_seed_others() -> None:
    first = due_times_us(EDGES, RATES, 2026, "poisson")
    assert np.array_equal(first, due_times_us(EDGES, RATES, 2026, "poisson"))
    assert not np.array_equal(first[:20], due_times_us(EDGES, RATES, 2027, "poisson")[:20])


def test_the_instants_are_fixed_for_good() -> None:
    """A later version that moves them would break every comparison by seed."""
    assert due_times_us(EDGES, RATES, 2026, "poisson")[:4].tolist() == PINNED_DUE_US


def test_nobody_comes_while_the_curve_is_zero() -> None:
    due = due_times_us(EDGES, RATES, 1, "poisson")
    assert due.max() < 20_000_000


def test_poisson_counts_have_the_mean_and_variance_of_the_curve() -> None:
    counts = np.array([(due_times_us(EDGES, RATES, seed, "poisson") >= 10_000_000).sum() for seed in range(400)])
    assert abs(counts.mean() - 500) < 4 * np.sqrt(500 / 400)
    assert 0.8 < counts.var() / 500 < 1.25


def test_even_arrivals_keep_their_distance() -> None:
    due = due_times_us(np.array([0.0, 10.0]), np.array([4.0]), 1, "even")
    assert due.size == 40
    assert set(np.diff(due)) == {250_000}


def test_journeys_follow_the_shares_and_only_the_index() -> None:
    rates = np.tile([7.0, 2.0, 1.0, 0.0], (3, 1))
    due = due_times_us(EDGES, np.array([500.0, 500.0, 500.0]), 3, "poisson")
    chosen = journeys_of(due, EDGES, rates, 3)
    shares = np.bincount(chosen, minlength=4) / due.size
    assert np.allclose(shares, [0.7, 0.2, 0.1, 0.0], atol=0.015)
    assert np.array_equal(chosen[:100], journeys_of(due[:100], EDGES, rates, 3))


@given(
    rates=st.lists(st.floats(0, 200), min_size=1, max_size=20),
    seed=st.integers(0, 2**40),
    kind=st.sampled_from(["poisson", "even"]),
)
def test_any_curve_gives_ascending_times_inside_it(rates: list[float], seed: int, kind: str) -> None:
    edges = np.arange(len(rates) + 1, dtype=float)
    due = due_times_us(edges, np.array(rates), seed, kind)  # type: ignore[arg-type]
    assert (np.diff(due) >= 0).all()
    assert ((due >= 0) & (due < len(rates) * 1_000_000)).all()
    ranks = sorted(index for rank in range(3) for index in range(rank, due.size, 3))
    assert ranks == list(range(due.size))
