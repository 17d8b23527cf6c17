"""Are the numbers true? Quantiles against exact ones, intervals against many simulated runs whose truth is known."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import Recipe, make_run

from doorbuster.analysis import compare_runs, open_run
from doorbuster.analysis.estimates import Estimates
from doorbuster.analysis.intervals import block_weights, latency_quantile
from doorbuster.analysis.measure import Cells, Measured, Selection, judged_cells, measure
from doorbuster.record.directory import RunDirectory
from doorbuster.record.histogram import BOUNDS_US, OVERFLOW, index_of_bounds

CELLS = Cells(first_s=0, count=60, cell_s=1, block=6)


def simulated(rng: np.random.Generator, drift_sd: float = 0.0) -> Measured:
    """A minute at 40 a second, log-normal around 100 ms, with a level that drifts from second to second."""
    level = np.zeros(CELLS.count)
    for second in range(1, CELLS.count):
        level[second] = 0.8 * level[second - 1] + rng.normal(0, drift_sd)
    counts = np.zeros((CELLS.count, OVERFLOW + 1), dtype=np.float32)
    for second in range(CELLS.count):
        latency_us = 100_000 * np.exp(level[second] + rng.normal(0, 0.4, rng.poisson(40)))
        counts[second] = np.bincount(index_of_bounds(latency_us), minlength=OVERFLOW + 1)
    return Measured(counts, 0, CELLS)


def test_quantiles_from_the_tables_are_within_one_percent_of_exact(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    exact_us = 90_000 * np.exp(rng.normal(0, 0.7, 200_000))
    second = rng.integers(0, 60, len(exact_us))
    directory = RunDirectory(make_run(tmp_path / "run", Recipe(journeys=("browse",), warm_up_s=0)))
    keys, count = np.unique(np.stack([second, index_of_bounds(exact_us)]), axis=1, return_counts=True)
    rows = len(count)
    columns = {
        "second": keys[0].tolist(),
        "journey": ["native_checkout"] * rows,
        "step": ["checkout.complete"] * rows,
        "outcome": ["ok"] * rows,
        "clock": ["response"] * rows,
        "bucket_us": BOUNDS_US[keys[1]].tolist(),
        "count": count.tolist(),
    }
    directory.write_part("latency", columns, part="exact")
    run = open_run(directory.path)
    for metric, q in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
        told = Estimates().quantile(run, Selection("checkout.complete"), metric)
        assert told.samples == len(exact_us)
        assert told.value_ms * 1000 == pytest.approx(np.quantile(exact_us, q), rel=0.01)


@pytest.mark.parametrize(("q", "normal"), [(0.5, 0.0), (0.95, 1.6449)])
def test_intervals_of_one_run_cover_the_truth(q: float, normal: float) -> None:
    rng = np.random.default_rng(11)
    truth_ms = 100 * math.exp(0.4 * normal)
    covered = 0
    for _ in range(80):
        low, high = latency_quantile(simulated(rng), q).interval_ms()
        covered += low <= truth_ms <= high
    assert covered >= 72  # 95 % wanted; 90 % is three standard errors of 80 runs below


def test_intervals_widen_when_seconds_lean_on_their_neighbours() -> None:
    rng = np.random.default_rng(12)
    steady = np.mean([latency_quantile(simulated(rng), 0.5).log_error for _ in range(10)])
    drifting = np.mean([latency_quantile(simulated(rng, 0.06), 0.5).log_error for _ in range(10)])
    assert drifting > 2 * steady


def test_the_resampled_weights_draw_whole_blocks_the_same_each_time() -> None:
    weights = block_weights(60, 6)
    assert weights.sum(axis=1).tolist() == [60.0] * len(weights)
    assert weights.mean() == pytest.approx(1.0)
    assert (weights == block_weights(60, 6)).all()


def test_the_warm_up_is_left_out(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", Recipe(seconds=40, warm_up_s=10)))
    judged = measure(run, Selection(), "response", judged_cells(run)).samples
    rows = run.latency[run.latency["clock"] == "response"]
    assert judged == rows.loc[rows["second"] >= 10, "count"].sum() < rows["count"].sum()


def test_a_hanging_shop_is_not_made_fast_and_fast_errors_do_not_flatter(tmp_path: Path) -> None:
    recipe = Recipe(error_share=0.2)
    told = {
        outcome: Estimates().quantile(
            open_run(make_run(tmp_path / outcome, replace(recipe, error_outcome=outcome))), Selection("home"), "p50"
        )
        for outcome in ("abandoned", "unknown", "rejected", "error", "throttled", "conflict")
    }
    everything = told["abandoned"].samples
    assert told["unknown"].samples == told["rejected"].samples == everything
    assert all(told[outcome].samples < 0.9 * everything for outcome in ("error", "throttled", "conflict"))


@pytest.mark.parametrize(("seconds", "block_s"), [(15, 3), (60, 6), (600, 30), (10_800, 30)])
def test_blocks_are_a_tenth_of_the_run_within_bounds(tmp_path: Path, seconds: int, block_s: int) -> None:
    run = open_run(make_run(tmp_path / "run", Recipe(seconds=seconds, warm_up_s=0, sessions_per_s=0.0)))
    cells = judged_cells(run)
    assert cells.block * cells.cell_s == block_s
    assert cells.count * cells.cell_s >= seconds


def test_a_comparison_finds_what_was_changed(tmp_path: Path) -> None:
    ours = make_run(tmp_path / "ours", Recipe(seed=1, sessions_per_s=20, factor={"checkout.payment": 1.5}))
    theirs = make_run(tmp_path / "theirs", Recipe(seed=2, sessions_per_s=20))
    table = compare_runs([open_run(ours)], [open_run(theirs)]).table.set_index(["name", "metric"])
    changed, same = table.loc[("checkout.payment", "p50")], table.loc[("home", "p50")]
    assert changed["ratio"] == pytest.approx(1.5, rel=0.06)
    assert changed["low"] > 1
    assert same["low"] < 1 < same["high"]
