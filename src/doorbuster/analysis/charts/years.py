"""The runs of this year and of last year as a chart sees them: several a side, all on one clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.load import Run

_NO_BIN = -1


@dataclass(frozen=True)
class Years:
    """What is drawn: the runs of this release, and last year's where there are any. The first run's clock is drawn."""

    candidates: tuple[Run, ...]
    baselines: tuple[Run, ...] = ()

    @property
    def run(self) -> Run:
        return self.candidates[0]

    @property
    def seconds(self) -> float:
        """The length of the clock that is drawn."""
        return self.run.duration_s


def on_clock_of(run: Run, other: Run) -> NDArray[np.float64]:
    """For each second of `other`, when the same moment of the scenario comes in `run`: shape (seconds of other,).

    A warm-up keeps its length when a scenario's clock is squeezed, and last year's telemetry has none: its hour is laid
    over the rehearsal's ten minutes where those rehearse an hour. What lies before the scenario's first second is nan,
    unless the clocks are the same.
    """
    seconds = np.arange(int(np.ceil(other.duration_s)), dtype=np.float64)
    pace = squeeze_of(run) / squeeze_of(other)
    if pace == 1 and run.warm_up_s == other.warm_up_s:
        return seconds
    after = seconds - other.warm_up_s
    return np.where(after >= 0, run.warm_up_s + after * pace, np.nan)


def squeeze_of(run: Run) -> float:
    """Seconds of a run for one of its scenario: 1 where nothing else was noted."""
    squeeze = run.info["clock"].get("squeeze")
    return float(squeeze) if isinstance(squeeze, int | float) and squeeze > 0 else 1.0


def bins_on_clock(run: Run, other: Run, width_s: float, bins: int) -> NDArray[np.intp]:
    """For each second of `other` its bin on the clock of `run`, or -1 for none."""
    at_s = on_clock_of(run, other)
    place = np.floor(np.where(np.isnan(at_s), -1.0, at_s) / width_s).astype(np.intp)
    return np.where((place >= 0) & (place < bins), place, _NO_BIN)


def clock_words(years: Years) -> str:
    """What to know about last year's clock: empty where both are the same."""
    for last in years.baselines[:1]:
        pace = squeeze_of(years.run) / squeeze_of(last)
        if pace != 1:
            return "last year laid over this year's squeezed clock" if pace < 1 else "last year stretched to this clock"
        longer = last.duration_s - last.warm_up_s - (years.run.duration_s - years.run.warm_up_s)
        if longer > 1:
            return "last year's run goes on beyond this"
        if longer < -1:
            return "last year's run is shorter"
    return ""
