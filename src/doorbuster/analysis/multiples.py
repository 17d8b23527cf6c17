"""How many times last year's peak a run meant to send, second by second."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doorbuster.analysis.load import Run
from doorbuster.errors import RunDirectoryError

_LEVEL = 1.001
"""Rates this close to each other are one."""


@dataclass(frozen=True)
class Multiples:
    """The judged part of a run (warm-up left out): what was planned, not who happened to come."""

    peak_per_s: float
    """Last year's busiest rate, sessions a second: 1.0 time."""
    first_s: int
    times: NDArray[np.float64]
    """Multiple of last year's peak in each second from `first_s` on: shape (seconds,)."""

    @property
    def is_hold(self) -> bool:
        """Whether it stays at one level."""
        return float(self.times.max()) <= _LEVEL * float(self.times.min())

    @property
    def is_ramp(self) -> bool:
        """Whether it rises and never falls."""
        return not self.is_hold and bool((self.times[1:] >= self.times[:-1] / _LEVEL).all())


def multiples_of(run: Run) -> Multiples:
    """Read it from run.json. Raises RunDirectoryError where it is not there."""
    if run.info.get("control"):
        raise RunDirectoryError(f"{run.directory.path}: a control was walked beside it, so it had half of the load")
    try:
        last_year, planned = run.info["last_year"], run.info["planned"]
        edges_s = np.array(last_year["second"], dtype=np.float64)
        peak_per_s = float(max(last_year["sessions_per_s"]))
        planned_per_s = np.array(planned["sessions_per_s"], dtype=np.float64)
        if edges_s.size != planned_per_s.size or not edges_s.size or not peak_per_s > 0:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise RunDirectoryError(
            f"{run.directory.run_json}: does not say how much was planned beside last year's peak; "
            "walk the scenario again with this version"
        ) from None
    first_s = math.ceil(run.warm_up_s)
    middles_s = np.arange(first_s, max(first_s + 1, math.floor(run.duration_s))) + 0.5
    piece = np.clip(np.searchsorted(edges_s, middles_s, side="right") - 1, 0, edges_s.size - 1)
    return Multiples(peak_per_s, first_s, np.asarray(planned_per_s[piece] / peak_per_s))
