"""How a headroom scenario climbs: a ramp that finds out where the shop ends, or one level that it must hold."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from doorbuster.durations import DurationS

_PEAK_S = 60.0
"""Last year's peak is its busiest minute: shorter rows are gathered, because the busiest second of many is luck."""

Times = Annotated[float, Field(gt=0, le=100)]


class HeadroomCard(BaseModel):
    """How far to look, in multiples of last year's peak, and how long to hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    from_: Times = Field(default=0.3, alias="from")
    to: Times = 3.0
    ramp: Annotated[DurationS, Field(ge=30, le=86_400)] = 600.0
    hold: Annotated[DurationS, Field(ge=10, le=86_400)] = 240.0
    """Judged; `limits.warm_up_s` at the same level comes before it."""
    fractions: tuple[Times, ...] = Field(default=(0.75, 0.82, 0.88, 0.94, 1.0), min_length=1)
    """Levels to hold, of what the ramp located."""

    @model_validator(mode="after")
    def _rises(self) -> HeadroomCard:
        if self.to <= self.from_:
            raise ValueError(f"to = {self.to:g} must lie above from = {self.from_:g}")
        if list(self.fractions) != sorted(set(self.fractions)):
            raise ValueError("fractions must rise from one to the next")
        return self


def climb(card: HeadroomCard, hold_at: float | None) -> NDArray[np.float64]:
    """Multiples of last year's peak, one a second: the ramp, or one level where `hold_at` is given."""
    if hold_at is not None:
        return np.full(round(card.hold), hold_at)
    return np.linspace(card.from_, card.to, round(card.ramp))


def peak_rows(sessions_per_s: NDArray[np.float64], step_s: int) -> slice:
    """Which rows of a window are last year's peak: its busiest minute, or its busiest row where rows are longer."""
    rows = min(sessions_per_s.size, max(1, round(_PEAK_S / step_s)))
    totals = np.concatenate([[0.0], np.cumsum(sessions_per_s)])
    first = int(np.argmax(totals[rows:] - totals[:-rows]))
    return slice(first, first + rows)
