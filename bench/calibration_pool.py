"""Runs of a simulated shop, measured once by our own code and kept, so that thousands of comparisons draw on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

import numpy as np
from simulated_shop import STEPS, WALKS, SimulatedRun, peaked, service_mean_s, simulate, weather

from doorbuster.analysis.comparison_rules import AS_CALIBRATED
from doorbuster.analysis.estimates import Estimates
from doorbuster.analysis.measure import Selection, measure, measured_selections
from doorbuster.record.histogram import BOUNDS_US, index_of_bounds

SEED: Final = 7
SECONDS, SESSIONS_PER_S, LOAD = 600, 20.0, 0.7
QUANTILES: Final = ("p50", "p95", "p99")
SLOW_STEPS: Final = ("home", "search", "checkout.payment", "checkout.complete")
ONE_STEP: Final = (1.1, 1.15, 1.2, 1.3, 1.5)
"""How many times slower one step is made."""
ERROR_SHARE: Final = 0.001
HISTOGRAMS: Final = 24
"""Runs of a pool whose whole histograms are kept, for the rank test."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Runs of one shop, each measured once as it was, and once for each slowdown of one of its steps."""

    runs: tuple[SimulatedRun, ...]
    estimates: Estimates
    selections: tuple[Selection, ...]
    logs: np.ndarray[Any, Any]
    within: np.ndarray[Any, Any]
    slowed: Mapping[float, np.ndarray[Any, Any]]
    """By factor: `logs` with step `SLOW_STEPS[run % 4]` so many times slower."""
    histograms: np.ndarray[Any, Any]
    """Counts of shape (runs, steps, bins)."""

    @property
    def steps(self) -> np.ndarray[Any, Any]:
        return np.array([one.kind == "step" for one in self.selections])


def make_pool(spread: float, number: int, size: int) -> Pool:
    """Simulate and measure; the same for the same arguments."""
    rng = np.random.default_rng([SEED, round(spread * 1000), number])
    rate = peaked(SECONDS, SESSIONS_PER_S)
    mean_s = service_mean_s(rate.max(), LOAD)
    runs = []
    for index in range(size):
        run = simulate(rng, rate, weather(rng, SECONDS, spread), mean_s, name=f"{spread}-{number}-{index}")
        runs.append(with_errors(run, rng))
    estimates = Estimates(AS_CALIBRATED.resamples)
    selections = measured_selections(runs[0])
    group = estimates.group(runs, selections, QUANTILES)
    slowed = {factor: group.logs.copy() for factor in ONE_STEP}
    for (index, run), factor in product(enumerate(runs), ONE_STEP):
        step = SLOW_STEPS[index % len(SLOW_STEPS)]
        slow = slower_at(run, step, factor, rng)
        touched = [
            at for at, one in enumerate(selections) if one.step == step or (one.journey and step in WALKS[one.journey])
        ]
        fresh = Estimates(AS_CALIBRATED.resamples).group([slow], [selections[at] for at in touched], QUANTILES)
        slowed[factor][index, touched] = fresh.logs[0]
    histograms = np.array(
        [
            [measure(run, Selection(step), "response", estimates.cells(run)).dense() for step in STEPS]
            for run in runs[:HISTOGRAMS]
        ]
    )
    return Pool(tuple(runs), estimates, selections, group.logs, group.within, slowed, histograms)


def with_errors(run: SimulatedRun, rng: np.random.Generator) -> SimulatedRun:
    """The same run with one request in a thousand failed, independently."""
    latency = run.latency.copy()
    failed = rng.uniform(size=len(latency)) < ERROR_SHARE
    latency["outcome"] = latency["outcome"].cat.add_categories("error")
    latency.loc[failed, "outcome"] = "error"
    return replace(run, tables={**run.tables, "latency": latency})


def slower_at(run: SimulatedRun, step: str, factor: float, rng: np.random.Generator) -> SimulatedRun:
    """The same run with one step so many times slower; where in its bucket a latency lay is drawn anew."""
    latency = run.latency.copy()
    rows = (latency["step"] == step).to_numpy()
    at = index_of_bounds(latency.loc[rows, "bucket_us"].to_numpy())
    low_us = BOUNDS_US[at]
    within_us = rng.uniform(size=len(at)) * (BOUNDS_US[at + 1] - low_us)
    latency.loc[rows, "bucket_us"] = BOUNDS_US[index_of_bounds((low_us + within_us) * factor)]
    return replace(run, tables={**run.tables, "latency": latency})
