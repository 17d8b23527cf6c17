"""How the mix of journeys changes while the window goes on, where the curve counts journeys apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.vocabulary import JOURNEYS

_MOST_ROUNDS: Final = 200
_CLOSE: Final = 1e-12


def mix_by_step(
    sessions: NDArray[np.float64], by_journey: Mapping[str, NDArray[np.float64]], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shares of the sessions in each step: shape (steps, journeys), or (1, journeys) where they never change.

    `sessions` has shape (steps,), each column of `by_journey` too, `shares` (journeys,). The columns say *when* each
    journey comes, `shares` *how many* of all sessions it is: each step keeps its sessions exactly, the window has the
    shares, and in between the mix is as near to the columns as that allows (iterative proportional fitting: Deming and
    Stephan 1940, doi:10.1214/aoms/1177731829). A journey without a column comes as all sessions do. Where the two
    contradict each other (a journey that only one step could hold), the steps are kept.
    """
    known = {name: column for name, column in by_journey.items() if column.sum() > 0}
    if not known:
        return shares[None, :]
    when = np.column_stack([known.get(journey, sessions) for journey in JOURNEYS])
    cells = when / when.sum(axis=0) * shares
    # Steps in which no column counts anybody have the usual mix.
    cells = np.where(cells.sum(axis=1, keepdims=True) > 0, cells, shares)
    of_step = sessions / sessions.sum() * shares.sum()
    for _ in range(_MOST_ROUNDS):
        cells = _scaled(cells, of_step, axis=1)
        off = np.abs(cells.sum(axis=0) - shares).max()
        if off < _CLOSE:
            break
        cells = _scaled(cells, shares, axis=0)
    cells = _scaled(cells, of_step, axis=1)
    totals = cells.sum(axis=1, keepdims=True)
    mix = np.tile(shares, (sessions.size, 1))
    np.divide(cells * shares.sum(), totals, out=mix, where=totals > 0)
    return mix


def _scaled(cells: NDArray[np.float64], totals: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Cells whose sums along `axis` are `totals`, where they have any sum at all."""
    sums = cells.sum(axis=axis)
    factor = np.divide(totals, sums, out=np.ones_like(sums), where=sums > 0)
    scaled: NDArray[np.float64] = cells * np.expand_dims(factor, axis)
    return scaled
