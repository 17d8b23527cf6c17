"""The part of last year's curve that is rehearsed, e.g. its busiest hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import CurveError
from doorbuster.scenario import Traffic
from doorbuster.traffic.curve import Curve, describe_start


@dataclass(frozen=True)
class Window:
    """A stretch of the curve without holes. Shapes: (steps,)."""

    start_s: int
    """When it began last year, seconds since 1970 as the file writes them."""
    step_s: int
    sessions_per_s: NDArray[np.float64]
    absent_steps: int
    """Steps the file had no row for; filled from their neighbours."""
    by_journey: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What the curve's columns of journeys count in each step, filled likewise."""

    @property
    def duration_s(self) -> float:
        return float(self.step_s * self.sessions_per_s.size)

    @property
    def label(self) -> str:
        """E.g. `2025-11-28 20:00 to 2025-11-28 21:00`."""
        return f"{describe_start(self.start_s)} to {describe_start(self.start_s + int(self.duration_s))}"


def cut_window(curve: Curve, traffic: Traffic, where: str) -> Window:
    """Choose the scenario's window. Raises CurveError when it is outside of the curve; `where` names the file."""
    first, last = _bounds(curve, traffic, where)
    counts = curve.sessions[first:last]
    absent = np.isnan(counts)
    if absent.all() or not np.nansum(counts) > 0:
        raise CurveError(f"{where}: no sessions in the window; choose another window, or from and to")
    by_journey = {name: _filled(column[first:last]) for name, column in curve.by_journey.items()}
    per_s = _filled(counts) / curve.step_s
    return Window(int(curve.start_s[first]), curve.step_s, per_s, int(absent.sum()), by_journey)


def _filled(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """An absent minute was not a quiet minute: sending nothing then would rehearse a pause that never was."""
    present = np.flatnonzero(~np.isnan(counts))
    if present.size == 0:
        return np.zeros(counts.size)
    return counts if present.size == counts.size else np.interp(np.arange(counts.size), present, counts[present])


def _bounds(curve: Curve, traffic: Traffic, where: str) -> tuple[int, int]:
    steps = curve.sessions.size
    if traffic.peak_s is not None:
        wanted = max(1, round(traffic.peak_s / curve.step_s))
        if wanted * curve.step_s > traffic.peak_s * 1.001:
            raise CurveError(
                f"{where}: one row covers {curve.step_s} s, longer than the window {traffic.window!r}; widen the window"
            )
        if wanted >= steps:
            return 0, steps
        totals = np.concatenate([[0.0], np.cumsum(np.nan_to_num(curve.sessions))])
        first = int(np.argmax(totals[wanted:] - totals[:-wanted]))
        return first, first + wanted
    first = 0 if traffic.from_ is None else int(np.searchsorted(curve.start_s, _seconds(traffic.from_)))
    last = steps if traffic.to is None else int(np.searchsorted(curve.start_s, _seconds(traffic.to)))
    if first >= last:
        whole = f"{describe_start(int(curve.start_s[0]))} to {describe_start(int(curve.start_s[-1]) + curve.step_s)}"
        raise CurveError(f"{where}: from/to leave nothing of the curve, which runs from {whole}")
    return first, last


def _seconds(moment: datetime) -> float:
    """As the file writes its times: a naive moment is taken as it stands, one with an offset as UTC."""
    if moment.tzinfo is not None:
        return moment.timestamp()
    return float(np.datetime64(moment, "s").astype(np.int64))
