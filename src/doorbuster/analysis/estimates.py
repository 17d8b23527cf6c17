"""Every number of every run, worked out once: quantiles, failure shares, and how far repeated runs lie apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from doorbuster.analysis.between_runs import BetweenRuns, LogRatio, between_runs, log_ratio, pooled
from doorbuster.analysis.gate_file import QUANTILES
from doorbuster.analysis.intervals import Quantile, Share, failure_share, latency_quantile
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Cells, Measured, Selection, failures, judged_cells, measure, measured_selections
from doorbuster.vocabulary import Clock


@dataclass(frozen=True)
class Sides:
    """What is compared: candidate runs, last year's, and A/A runs (repeats of one system that teach the noise)."""

    candidates: tuple[Run, ...]
    baselines: tuple[Run, ...] = ()
    aa: tuple[Run, ...] = ()

    @property
    def groups(self) -> tuple[tuple[Run, ...], ...]:
        return tuple(group for group in (self.candidates, self.baselines, self.aa) if group)

    @property
    def single_baseline(self) -> bool:
        """Whether last year's side is one run: then its own luck cannot be told from a change."""
        return len(self.baselines) + len(self.aa) < 2

    @property
    def repeats(self) -> int:
        """Degrees of freedom that repeated runs give: runs less groups."""
        return sum(len(group) - 1 for group in self.groups)


@dataclass(frozen=True)
class Estimates:
    """Remembers what was worked out, since objectives, regressions and tables ask for the same numbers."""

    _cells: dict[Run, Cells] = field(default_factory=dict)
    _measured: dict[tuple[Run, Selection, Clock], Measured] = field(default_factory=dict)
    _quantiles: dict[tuple[Run, Selection, str, Clock], Quantile] = field(default_factory=dict)
    _shares: dict[tuple[Run, Selection], Share] = field(default_factory=dict)
    _between: dict[tuple[Sides, str], BetweenRuns] = field(default_factory=dict)

    def cells(self, run: Run) -> Cells:
        if run not in self._cells:
            self._cells[run] = judged_cells(run)
        return self._cells[run]

    def quantile(self, run: Run, selection: Selection, metric: str, clock: Clock = "response") -> Quantile:
        """A latency quantile of one run."""
        key = (run, selection, metric, clock)
        if key not in self._quantiles:
            where = (run, selection, clock)
            if where not in self._measured:
                self._measured[where] = measure(run, selection, clock, self.cells(run))
            self._quantiles[key] = latency_quantile(self._measured[where], QUANTILES[metric])
        return self._quantiles[key]

    def share(self, run: Run, selection: Selection) -> Share:
        """The share of failed steps of one run."""
        key = (run, selection)
        if key not in self._shares:
            self._shares[key] = failure_share(*failures(run, selection, self.cells(run)), self.cells(run))
        return self._shares[key]

    def share_of(self, runs: Sequence[Run], selection: Selection) -> Share:
        """The share of failed steps of several runs together."""
        return pooled([self.share(run, selection) for run in runs])

    def ratio(self, sides: Sides, selection: Selection, metric: str) -> LogRatio | None:
        """Candidate over baseline for a latency quantile; None where a side has too few samples to tell."""
        candidate = [self.quantile(run, selection, metric) for run in sides.candidates]
        baseline = [self.quantile(run, selection, metric) for run in sides.baselines]
        every = [*candidate, *baseline, *(self.quantile(run, selection, metric) for run in sides.aa)]
        if not candidate or not baseline or any(math.isnan(one.log_error) for one in (*candidate, *baseline)):
            return None
        within = _mean_variance(every)
        return log_ratio(_logs(candidate), _logs(baseline), within, self.between(sides, metric))

    def between(self, sides: Sides, metric: str) -> BetweenRuns:
        """How far whole runs lie apart in one quantile, over all steps and journeys that every run measured."""
        key = (sides, metric)
        if key not in self._between:
            selections = measured_selections(sides.candidates[0]) if sides.repeats else ()
            table = [
                [[self.quantile(run, selection, metric) for selection in selections] for run in group]
                for group in sides.groups
            ]
            logs = [np.array([_logs(row) for row in group]) for group in table]
            errors = np.array([[one.log_error for one in row] for group in table for row in group])
            self._between[key] = between_runs(logs, (errors**2).mean(axis=0))
        return self._between[key]


def _logs(quantiles: Sequence[Quantile]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([math.log(one.value_ms) if one.value_ms > 0 else math.nan for one in quantiles])


def _mean_variance(quantiles: Sequence[Quantile]) -> float:
    known = [one.log_error**2 for one in quantiles if not math.isnan(one.log_error)]
    return sum(known) / len(known)


def geometric_mean_ms(quantiles: Sequence[Quantile]) -> float:
    """One latency for several runs; nan where a run measured nothing."""
    values = [one.value_ms for one in quantiles]
    if not values or any(math.isnan(value) for value in values):
        return math.nan
    return math.exp(sum(math.log(value) for value in values) / len(values))
