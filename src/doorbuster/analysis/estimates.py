"""Every number of every run, worked out once: quantiles and failure shares, and runs of one side as a group."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from doorbuster.analysis.gate_file import QUANTILES
from doorbuster.analysis.intervals import RESAMPLES, Quantile, latency_quantile
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Cells, Measured, Selection, failures, judged_cells, measure
from doorbuster.analysis.noise import NoiseProfile
from doorbuster.analysis.shares import Share, pooled, share_by_cell
from doorbuster.analysis.spread import Group
from doorbuster.vocabulary import Clock


@dataclass(frozen=True)
class Sides:
    """What is compared: candidate runs, last year's, and what teaches how far runs of one system lie apart.

    `aa` are repeats of one system, `noise` what was learnt from earlier ones.
    """

    candidates: tuple[Run, ...]
    baselines: tuple[Run, ...] = ()
    aa: tuple[Run, ...] = ()
    noise: NoiseProfile | None = None

    @property
    def both(self) -> bool:
        return bool(self.candidates and self.baselines)

    @property
    def paired(self) -> bool:
        """Whether the other side is the control that was walked in the same run, which needs no repeats."""
        return len(self.candidates) == 1 and self.baselines == (self.candidates[0].control,)

    @property
    def repeats(self) -> int:
        """Runs less groups, those of the noise profile among them: what tells chance from change."""
        if self.paired:
            return 1
        groups = (group for group in (self.candidates, self.baselines, self.aa) if group)
        return sum(len(group) - 1 for group in groups) + (self.noise.spread.df if self.noise else 0)


@dataclass(frozen=True)
class Estimates:
    """Remembers what was worked out, since objectives, regressions and tables ask for the same numbers."""

    resamples: int = RESAMPLES
    _cells: dict[Run, Cells] = field(default_factory=dict)
    _measured: dict[tuple[Run, Selection, Clock], Measured] = field(default_factory=dict)
    _quantiles: dict[tuple[Run, Selection, str, Clock], Quantile] = field(default_factory=dict)
    _shares: dict[tuple[Run, Selection], Share] = field(default_factory=dict)

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
            self._quantiles[key] = latency_quantile(self._measured[where], QUANTILES[metric], self.resamples)
        return self._quantiles[key]

    def share(self, run: Run, selection: Selection) -> Share:
        """The share of failed steps of one run."""
        key = (run, selection)
        if key not in self._shares:
            self._shares[key] = share_by_cell(*failures(run, selection, self.cells(run)), self.cells(run))
        return self._shares[key]

    def share_of(self, runs: Sequence[Run], selection: Selection) -> Share:
        """The share of failed steps of several runs together."""
        return pooled([self.share(run, selection) for run in runs])

    def group(self, runs: Sequence[Run], selections: Sequence[Selection], metrics: Sequence[str]) -> Group:
        """Runs of one side as arrays of shape (runs, selections, metrics)."""
        table = [[[self.quantile(run, one, metric) for metric in metrics] for one in selections] for run in runs]
        shape = (len(runs), len(selections), len(metrics))
        logs = [_log(cell) for row in table for line in row for cell in line]
        errors = [cell.log_error for row in table for line in row for cell in line]
        return Group(np.reshape(logs, shape), np.reshape(errors, shape) ** 2)


def _log(quantile: Quantile) -> float:
    """nan where the run has too few samples to say how sure it is."""
    told = quantile.value_ms > 0 and not math.isnan(quantile.log_error)
    return math.log(quantile.value_ms) if told else math.nan


def geometric_mean_ms(quantiles: Sequence[Quantile]) -> float:
    """One latency for several runs; nan where a run measured nothing."""
    values = [one.value_ms for one in quantiles]
    if not values or any(math.isnan(value) for value in values):
        return math.nan
    return math.exp(sum(math.log(value) for value in values) / len(values))
