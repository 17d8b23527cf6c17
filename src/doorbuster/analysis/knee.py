"""Where on a ramp an objective breaks: the load from which on too many steps are beyond its limit.

The share beyond the limit can only rise with the load, so that isotonic regression (Brunk 1955,
doi:10.1214/aoms/1177728420) finds the crossing without a model of the shop. One ramp locates it within some percent
and tends to be late; holds confirm it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import isotonic_regression

from doorbuster.analysis.budgets import beyond_by_second, budget_of, lower_bound, share_beyond
from doorbuster.analysis.capacity import QUIET_S, QUIET_SHARE
from doorbuster.analysis.gate_file import Objective
from doorbuster.analysis.load import Run
from doorbuster.analysis.multiples import Multiples

SHORTEST_S: Final = 5
"""What lies beyond a crossing must last so long: the last second of a ramp is no finding."""


@dataclass(frozen=True)
class Knee:
    """One objective on one ramp."""

    objective: Objective
    samples: int
    quiet_share: float
    """Share beyond the limit while nobody is in the way; nan where nothing was measured then."""
    times: float
    """Load at which the budget is spent, as a multiple of last year's peak; nan where the ramp did not get there."""


def knee_of(run: Run, load: Multiples, objective: Objective, lag_s: float) -> Knee:
    """Locate it. `lag_s`: the load that a step meets is that of the arrivals so long before."""
    seconds = load.times.size
    beyond, every = beyond_by_second(run, objective, load.first_s, seconds)
    quiet = slice(0, int(max(QUIET_S, seconds * QUIET_SHARE)))
    quiet_every = every[quiet].sum()
    quiet_share = float(beyond[quiet].sum() / quiet_every) if quiet_every else math.nan
    times = math.nan
    seen = np.flatnonzero(every > 0)
    if seen.size:
        share = isotonic_regression(beyond[seen] / every[seen], weights=every[seen]).x
        over = np.flatnonzero(share > budget_of(objective))
        if over.size:
            at_s = int(seen[over[0]])
            rest = share_beyond(beyond[at_s:], every[at_s:])
            if seconds - at_s >= SHORTEST_S and lower_bound(rest) > budget_of(objective):
                times = float(load.times[max(0, at_s - round(lag_s))])
    return Knee(objective, int(every.sum()), quiet_share, times)
