"""An objective as a budget: the share of steps that may be beyond its limit, and the steps that were."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from doorbuster.analysis.gate_file import QUANTILES, Objective
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Cells, failures, judged_cells, measure
from doorbuster.analysis.shares import Share, share_by_cell
from doorbuster.record.histogram import BOUNDS_US

ONE_SIDED_95: Final = float(ndtri(0.95))


def budget_of(objective: Objective) -> float:
    """Share of steps that may be slower than the limit (a p95 leaves 5 %), or that may fail."""
    return objective.limit if objective.metric == "error_rate" else 1 - QUANTILES[objective.metric]


def beyond_by_second(
    run: Run, objective: Objective, first_s: int, seconds: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps beyond the limit, and all steps, by the second in which they were due: shapes (seconds,).

    A bucket that the limit cuts counts as beyond: what passes shall be within.
    """
    last_s = judged_cells(run)
    cells = Cells(first_s, max(seconds, last_s.first_s + last_s.count * last_s.cell_s - first_s), 1, 1)
    if objective.metric == "error_rate":
        beyond, every = failures(run, objective.selection, cells)
        return beyond[:seconds], every[:seconds]
    counts = measure(run, objective.selection, objective.clock, cells)
    upper_us = BOUNDS_US[counts.first_bucket + 1 : counts.first_bucket + 1 + counts.counts.shape[1]]
    slow = upper_us > objective.limit * 1000
    counted = counts.counts.astype(np.float64)
    return counted[:seconds, slow].sum(axis=1), counted[:seconds].sum(axis=1)


def share_beyond(beyond: NDArray[np.float64], every: NDArray[np.float64]) -> Share:
    """The share over all of these seconds, its counts deflated where slow steps come in bursts."""
    seconds = len(every)
    block_s = max(1, seconds // 5) if seconds < 25 else round(min(30.0, max(5.0, seconds / 10)))
    return share_by_cell(beyond, every, Cells(0, seconds, 1, block_s))


def upper_bound(share: Share) -> float:
    """The share is below this with 95 % confidence, as far as one run can know."""
    return share.interval(ONE_SIDED_95)[1]


def lower_bound(share: Share) -> float:
    """The share is above this with 95 % confidence, as far as one run can know."""
    return share.interval(ONE_SIDED_95)[0]


def samples_needed(allowed: float) -> float:
    """Steps of which not one may be beyond, for the upper bound to reach a share: Wilson's bound solved for n."""
    return ONE_SIDED_95**2 * (1 - allowed) / allowed if allowed > 0 else float("inf")
