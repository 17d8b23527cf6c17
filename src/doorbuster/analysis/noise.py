"""What is known beforehand of how far runs of one and the same staging lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from doorbuster.analysis.spread import Floats, Spread


@dataclass(frozen=True, eq=False)
class NoiseProfile:
    """Sums of squares of A/A runs made earlier, by name, so that any later comparison can look up what it asks for."""

    selections: tuple[str, ...]
    """`Selection.name` of steps and journeys: the first axis of `spread`."""
    metrics: tuple[str, ...]
    """Such as "p95": the last axis of `spread`."""
    spread: Spread
    runs: int

    def spread_for(self, selections: Sequence[str], metrics: Sequence[str]) -> Spread:
        """The same on other axes; nan where this profile does not know."""
        rows = [self.selections.index(name) if name in self.selections else -1 for name in selections]
        columns = [self.metrics.index(name) if name in self.metrics else -1 for name in metrics]

        def looked_up(values: Floats) -> Floats:
            # One more row and column of nan stand for whatever is not known: index -1.
            return np.asarray(np.pad(values, (0, 1), constant_values=np.nan)[np.ix_(rows, columns)])

        return Spread(
            self.spread.df,
            looked_up(self.spread.squares),
            looked_up(self.spread.own_squares),
            np.append(self.spread.run_squares, np.nan)[columns],
        )
