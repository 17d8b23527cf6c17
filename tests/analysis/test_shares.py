"""Do failures that come in bursts say less than spread ones, and is a rise beyond chance told from a burst?"""

from __future__ import annotations

import numpy as np
import pytest

from doorbuster.analysis.measure import Cells
from doorbuster.analysis.shares import Share, burst_of, chance_of_a_rise, pooled, share_by_cell, share_difference

CELLS = Cells(first_s=0, count=60, cell_s=1, block=6)


def spread_out(failed: int, samples: int, blocks: int = 10) -> Share:
    return Share(np.full(blocks, failed / blocks), np.full(blocks, samples / blocks))


def in_one_block(failed: int, samples: int, blocks: int = 10) -> Share:
    by_block = np.zeros(blocks)
    by_block[3] = failed
    return Share(by_block, np.full(blocks, samples / blocks))


def test_no_failures_in_few_steps_still_leave_doubt() -> None:
    low, high = spread_out(0, 100).interval(1.96)
    assert low == 0
    assert 0.03 < high < 0.05


def test_failures_in_one_burst_say_less_than_spread_ones() -> None:
    assert burst_of(in_one_block(30, 3000)) > 3 * burst_of(spread_out(30, 3000))
    own, theirs = in_one_block(30, 3000).interval(1.96), spread_out(30, 3000).interval(1.96)
    assert own[0] < theirs[0] < theirs[1] < own[1]


def test_with_equal_blocks_a_burst_is_the_variance_of_the_counts_over_their_mean() -> None:
    rng = np.random.default_rng(5)
    ours, theirs = (Share(rng.negative_binomial(0.5, 0.1, 20).astype(float), np.full(20, 1e6)) for _ in range(2))
    counts = [side.failed_by_block for side in (ours, theirs)]
    expected = sum(np.var(one, ddof=1) for one in counts) / sum(one.mean() for one in counts)
    assert burst_of(ours, theirs) == pytest.approx(expected)


def test_more_failures_in_the_busy_blocks_are_no_burst() -> None:
    steps = np.array([100.0, 200, 1000, 300, 100] * 4)
    assert burst_of(Share(steps * 0.1, steps)) == 1.0


def test_cells_add_up_to_blocks() -> None:
    failed, steps = np.arange(60.0), np.full(60, 50.0)
    share = share_by_cell(failed, steps, CELLS)
    assert share.failed_by_block.tolist() == failed.reshape(10, 6).sum(axis=1).tolist()
    assert (share.failed, share.samples) == (1770, 3000)


def test_a_run_that_failed_more_than_its_fellows_counts_as_a_burst() -> None:
    assert burst_of(pooled([spread_out(10, 10_000), spread_out(100, 10_000)])) > 3


def test_a_difference_of_shares_holds_the_observed_one() -> None:
    low, high = share_difference(spread_out(30, 1000), spread_out(10, 1000), 1.96, 1.96)
    assert 0 < low < 0.02 < high < 0.04


def test_a_rise_is_told_from_a_burst() -> None:
    assert chance_of_a_rise(spread_out(60, 10_000), spread_out(20, 10_000)) < 0.001
    assert chance_of_a_rise(in_one_block(60, 10_000), spread_out(20, 10_000)) > 0.05
    assert chance_of_a_rise(spread_out(0, 10_000), spread_out(0, 10_000)) == 1.0
