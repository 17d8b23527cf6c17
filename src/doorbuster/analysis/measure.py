"""How long one step, or every step of a journey, took: a histogram for each few seconds of the run.

Which outcomes count as a latency
---------------------------------
`ok` and `rejected` are answers, so their time counts. `abandoned` and `unknown` count with the time the shopper
waited: that wait is a lower bound of what the answer would have taken, and leaving it out would cut off the slow end
and let a shop that hangs look fast. `error`, `throttled` and `conflict` do not count: they come instead of the
service, mostly at once, and a fast error must not flatter. All failed outcomes count in the error rate, over every
step recorded on one clock (each step is recorded on both; counting both would count it twice).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from doorbuster.analysis.load import Run
from doorbuster.record.histogram import OVERFLOW, index_of_bounds
from doorbuster.vocabulary import FAILED_OUTCOMES, JOURNEYS, LATENCY_OUTCOMES, STEPS, Clock

EVERY_STEP: Final = "*"


@dataclass(frozen=True)
class Selection:
    """Which records are meant: a step, a journey (all its steps pooled), a step within a journey, or all."""

    step: str = EVERY_STEP
    journey: str | None = None

    @property
    def name(self) -> str:
        if self.step == EVERY_STEP:
            return self.journey or "all steps"
        return f"{self.step} in {self.journey}" if self.journey else self.step

    @property
    def kind(self) -> str:
        return "step" if self.step != EVERY_STEP else "journey" if self.journey else "run"


@dataclass(frozen=True)
class Cells:
    """The judged part of a run (warm-up left out) cut into cells of a few seconds, the grain of the bootstrap.

    A block is clamp(T/10, 5, 30) seconds, a fifth of a run shorter than 25 s; a cell is a sixth of a block, at least
    1 s, which changes where blocks may start and nothing else, and keeps hours of data small.
    """

    first_s: int
    count: int
    cell_s: int
    block: int
    """Length of a bootstrap block, in cells."""

    @property
    def blocks(self) -> int:
        """How many blocks fit into the run."""
        return max(1, self.count // self.block)


@dataclass(frozen=True)
class Measured:
    """Counts of shape (cells, bins); bin 0 of the array is histogram bucket `first_bucket`."""

    counts: NDArray[np.float32]
    first_bucket: int
    cells: Cells

    @property
    def samples(self) -> int:
        return int(self.counts.sum(dtype=np.float64))

    def dense(self) -> NDArray[np.float64]:
        """All cells merged: a histogram of shape (OVERFLOW + 1,)."""
        out = np.zeros(OVERFLOW + 1)
        out[self.first_bucket : self.first_bucket + self.counts.shape[1]] = self.counts.sum(axis=0, dtype=np.float64)
        return out


def judged_cells(run: Run) -> Cells:
    """The grid of cells for a run: from the end of the warm-up to the last second in which a step was due."""
    first_s = math.ceil(run.warm_up_s)
    last_s = math.ceil(run.duration_s)
    if len(run.latency):
        last_s = max(last_s, int(run.latency["second"].max()) + 1)
    judged_s = max(1, last_s - first_s)
    block_s = max(1, judged_s // 5) if judged_s < 25 else round(min(30.0, max(5.0, judged_s / 10)))
    cell_s = max(1, block_s // 6)
    return Cells(first_s, math.ceil(judged_s / cell_s), cell_s, max(1, round(block_s / cell_s)))


def chosen_rows(run: Run, selection: Selection, clock: Clock, warm_up: bool = False) -> pd.DataFrame:
    """Rows of the latency table for one selection on one clock, all outcomes; only charts show the warm-up."""
    rows = run.latency
    keep = rows["clock"] == clock
    if not warm_up:
        keep &= rows["second"] >= run.warm_up_s
    if selection.step != EVERY_STEP:
        keep &= rows["step"] == selection.step
    if selection.journey:
        keep &= rows["journey"] == selection.journey
    return rows[keep]


def timed_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the latency table whose time counts; a log without request times has none, but it counts failures."""
    return rows[rows["outcome"].isin(LATENCY_OUTCOMES) & rows["bucket_us"].notna()]


Weights = Mapping[str, float]
"""What a step counts for, by journey: where journeys are taken together and both sides shall have one mix."""


def measure(run: Run, selection: Selection, clock: Clock, cells: Cells, weights: Weights | None = None) -> Measured:
    """Histograms of a selection's latencies by cell."""
    rows = timed_rows(chosen_rows(run, selection, clock))
    if rows.empty:
        return Measured(np.zeros((cells.count, 1), dtype=np.float32), 0, cells)
    bucket = index_of_bounds(rows["bucket_us"].to_numpy())
    first, last = int(bucket.min()), int(bucket.max())
    width = last - first + 1
    cell = (rows["second"].to_numpy() - cells.first_s) // cells.cell_s
    flat = np.bincount(cell * width + (bucket - first), _counts(rows, weights), cells.count * width)
    return Measured(flat.reshape(cells.count, width).astype(np.float32), first, cells)


def failures(
    run: Run, selection: Selection, cells: Cells, weights: Weights | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Failed steps and all steps of a selection by cell, each of shape (cells,)."""
    rows = chosen_rows(run, selection, "response")
    cell = (rows["second"].to_numpy() - cells.first_s) // cells.cell_s
    count = _counts(rows, weights)
    failed = count * rows["outcome"].isin(FAILED_OUTCOMES).to_numpy()
    return (
        np.bincount(cell, failed, cells.count).astype(np.float64),
        np.bincount(cell, count, cells.count).astype(np.float64),
    )


def _counts(rows: pd.DataFrame, weights: Weights | None) -> NDArray[np.float64]:
    count = rows["count"].to_numpy(dtype=np.float64)
    if weights is None:
        return count
    each = np.array([weights.get(str(journey), 0.0) for journey in rows["journey"].cat.categories])
    return np.asarray(count * each[rows["journey"].cat.codes.to_numpy()])


def measured_selections(run: Run) -> tuple[Selection, ...]:
    """Every step and journey with a record after the warm-up, in the order shoppers meet them."""
    rows = run.latency[run.latency["second"] >= run.warm_up_s]
    steps, journeys = set(rows["step"].unique()), set(rows["journey"].unique())
    return (
        *(Selection(journey=journey) for journey in JOURNEYS if journey in journeys),
        *(Selection(step) for step in STEPS if step in steps),
    )
