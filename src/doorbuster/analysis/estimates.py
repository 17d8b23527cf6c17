"""Every number of every run, worked out once: quantiles and failure shares, and runs of one side as a group."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from doorbuster.analysis.gate_file import QUANTILES
from doorbuster.analysis.intervals import RESAMPLES, Quantile, latency_quantile
from doorbuster.analysis.load import Run
from doorbuster.analysis.matched_load import MatchedLoad, at_matched_load, window_weights
from doorbuster.analysis.measure import Cells, Measured, Selection, Weights, failures, judged_cells, measure
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
    mix: Mapping[Run, Weights] = field(default_factory=dict)
    """What a step of each journey counts for where journeys are taken together; 1 in a run that is not in here."""
    matched: MatchedLoad | None = None
    """Runs that are in here are told only where they were planned to be as busy as each other."""
    clock: Clock = "response"
    """What comparisons are made on, where nobody asks for another."""
    unmatched: Estimates | None = None
    """The same of whole runs, where `matched` tells of a part of them."""
    _cells: dict[Run, Cells] = field(default_factory=dict)
    _measured: dict[tuple[Run, Selection, Clock], Measured] = field(default_factory=dict)
    _quantiles: dict[tuple[Run, Selection, str, Clock], Quantile] = field(default_factory=dict)
    _shares: dict[tuple[Run, Selection], Share] = field(default_factory=dict)

    def cells(self, run: Run) -> Cells:
        if run not in self._cells:
            matched = self._matched_with(run)
            self._cells[run] = matched.cells[matched.runs.index(run)] if matched else judged_cells(run)
        return self._cells[run]

    def quantile(self, run: Run, selection: Selection, metric: str, clock: Clock | None = None) -> Quantile:
        """A latency quantile of one run."""
        clock = clock or self.clock
        key = (run, selection, metric, clock)
        if key not in self._quantiles:
            where = (run, selection, clock)
            if where not in self._measured:
                self._measure(run, selection, clock)
            self._quantiles[key] = latency_quantile(self._measured[where], QUANTILES[metric], self.resamples)
        return self._quantiles[key]

    def share(self, run: Run, selection: Selection) -> Share:
        """The share of failed steps of one run."""
        if (run, selection) not in self._shares:
            self._count(run, selection)
        return self._shares[run, selection]

    def _matched_with(self, run: Run) -> MatchedLoad | None:
        return self.matched if self.matched and run in self.matched.runs else None

    def _mix(self, run: Run, selection: Selection) -> Weights | None:
        return self.mix.get(run) if selection.journey is None else None

    def _measure(self, run: Run, selection: Selection, clock: Clock) -> None:
        """Histograms of this run, or of all that it is matched with, since each one's weights depend on the others."""
        matched = self._matched_with(run)
        runs = matched.runs if matched else (run,)
        each = [measure(one, selection, clock, self.cells(one), self._mix(one, selection)) for one in runs]
        for one, measured in zip(runs, at_matched_load(matched, each) if matched else each, strict=True):
            self._measured[one, selection, clock] = measured

    def _count(self, run: Run, selection: Selection) -> None:
        """The same of failures."""
        matched = self._matched_with(run)
        runs = matched.runs if matched else (run,)
        each = [failures(one, selection, self.cells(one), self._mix(one, selection)) for one in runs]
        steps = [of_all for _, of_all in each]
        weights = window_weights(matched, steps) if matched else [np.ones(len(of_all)) for of_all in steps]
        for one, (failed, of_all), weight in zip(runs, each, weights, strict=True):
            self._shares[one, selection] = share_by_cell(failed * weight, of_all * weight, self.cells(one))

    def share_of(self, runs: Sequence[Run], selection: Selection) -> Share:
        """The share of failed steps of several runs together."""
        return pooled([self.share(run, selection) for run in runs])

    def group(self, runs: Sequence[Run], selections: Sequence[Selection], metrics: Sequence[str]) -> Group:
        """Runs of one side as arrays of shape (runs, selections, metrics)."""
        table = [[[self.quantile(run, one, metric) for metric in metrics] for one in selections] for run in runs]
        shape = (len(runs), len(selections), len(metrics))
        logs = [_log(cell) for row in table for line in row for cell in line]
        errors = [cell.log_error for row in table for line in row for cell in line]
        windows = tuple(self._windows(run) for run in runs)
        return Group(np.reshape(logs, shape), np.reshape(errors, shape) ** 2, windows)

    def _windows(self, run: Run) -> Hashable:
        """What a run is judged by: its seconds, or the part of it that has the load of the others."""
        return run if self._matched_with(run) else (run.warm_up_s, run.duration_s)


def like_clock(runs: Sequence[Run]) -> Clock:
    """The clock on which all of these runs have times: a time since sending is never set beside one since due."""
    return "service" if any(run.timed_by == "service" for run in runs) else "response"


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
