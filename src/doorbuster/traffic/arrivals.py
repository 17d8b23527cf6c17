"""When each shopper comes: a pure function of the planned rates and the seed, the same for 1 worker or 100.

Poisson arrivals follow from the time-rescaling theorem: unit exponential gaps, added up, pushed through the inverse of
the cumulative rate (Lewis and Shedler 1979, doi:10.1002/nav.3800260304, treat the same process by thinning; inversion
is exact for piecewise constant rates and keeps one draw to one arrival).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

_GAPS, _JOURNEYS, _ARMS = 1, 2, 3  # independent streams of one seed


def _stream(seed: int, stream: int) -> np.random.Generator:
    """Philox is counter-based: its output for a key is fixed by the algorithm, not by the machine."""
    return np.random.Generator(np.random.Philox(key=(seed << 8) + stream))


def due_times_us(
    edges_s: NDArray[np.float64],
    sessions_per_s: NDArray[np.float64],
    seed: int,
    kind: Literal["poisson", "even"],
) -> NDArray[np.int64]:
    """Due times in microseconds, ascending: shape (arrivals,).

    `edges_s` has shape (pieces + 1,), `sessions_per_s` the constant rate of each piece, shape (pieces,).
    """
    cumulative = np.concatenate([[0.0], np.cumsum(np.diff(edges_s) * sessions_per_s)])
    expected = float(cumulative[-1])
    if kind == "even":
        ticks = np.arange(0.5, expected, 1.0)
    else:
        random = _stream(seed, _GAPS)
        ticks = np.cumsum(random.exponential(size=int(expected + 6 * math.sqrt(expected) + 16)))
        while ticks[-1] < expected:
            ticks = np.concatenate([ticks, ticks[-1] + np.cumsum(random.exponential(size=64))])
        ticks = ticks[ticks < expected]
    due_us: NDArray[np.int64] = (np.interp(ticks, cumulative, edges_s) * 1e6).astype(np.int64)
    return due_us


def journeys_of(
    due_us: NDArray[np.int64],
    edges_s: NDArray[np.float64],
    sessions_per_s: NDArray[np.float64],
    seed: int,
) -> NDArray[np.int8]:
    """Which journey each arrival walks, as an index: shape (arrivals,). `sessions_per_s` has shape (pieces, journeys).

    The draw of arrival i depends on (seed, i) alone.
    """
    draws = _stream(seed, _JOURNEYS).random(due_us.size)
    pieces = np.clip(np.searchsorted(edges_s, due_us / 1e6, side="right") - 1, 0, len(sessions_per_s) - 1)
    totals = sessions_per_s.sum(axis=1, keepdims=True)
    shares = np.divide(sessions_per_s, totals, out=np.zeros_like(sessions_per_s), where=totals > 0)
    upper = np.cumsum(shares, axis=1)
    upper[:, -1] = 1.0
    chosen: NDArray[np.int8] = (draws[:, None] >= upper[pieces]).sum(axis=1).astype(np.int8)
    return chosen


def arms_of(arrivals: int, seed: int) -> NDArray[np.int8]:
    """Where each arrival is sent when a control is walked beside the candidate: 0 or 1, shape (arrivals,).

    A fair coin for each; that of arrival i depends on (seed, i) alone, and moves no other draw.
    """
    return (_stream(seed, _ARMS).random(arrivals) < 0.5).astype(np.int8)
