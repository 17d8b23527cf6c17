"""What would be sent: rates by journey on the run's clock, and every arrival."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import ScenarioError
from doorbuster.scenario import Scenario
from doorbuster.traffic.arrivals import arms_of, due_times_us, journeys_of
from doorbuster.traffic.climb import climb, peak_rows
from doorbuster.traffic.curve import Curve, load_curve
from doorbuster.traffic.mix import mix_by_step
from doorbuster.traffic.window import Window, cut_window
from doorbuster.vocabulary import JOURNEYS

MOST_ARRIVALS = 20_000_000
"""A plan above this is a mistake in the curve or the factors, not a rehearsal."""


@dataclass(frozen=True)
class Plan:
    """A scenario on the run's clock: warm-up first, then the window. Rates are piecewise constant."""

    scenario: Scenario
    curve: Curve
    window: Window
    seed: int
    scale: float
    minutes: float | None
    edges_s: NDArray[np.float64]
    """Bounds of the pieces in seconds, shape (pieces + 1,); the first piece is the warm-up where there is one."""
    last_year_per_s: NDArray[np.float64]
    """Last year's sessions a second, shape (pieces,)."""
    planned_per_s: NDArray[np.float64]
    """Sessions a second to send, shape (pieces, journeys), in the order of JOURNEYS."""
    control: bool = False
    """Whether a control is walked beside the candidate: then each shopper goes to one of the two."""
    hold_at: float | None = None
    """The level that a headroom scenario holds, in multiples of last year's peak; None for its ramp and for others."""

    @property
    def warm_up_s(self) -> float:
        return self.scenario.limits.warm_up_s

    @property
    def duration_s(self) -> float:
        """Warm-up included; the last arrival is due before."""
        return float(self.edges_s[-1])

    @property
    def peak_per_s(self) -> float:
        """Sessions a second at the busiest moment, over all journeys."""
        return float(self.planned_per_s.sum(axis=1).max())

    @property
    def squeeze(self) -> float:
        """Seconds of the run to one second of the window."""
        return (self.duration_s - self.warm_up_s) / self.window.duration_s

    @cached_property
    def due_us(self) -> NDArray[np.int64]:
        """Every arrival's due time in microseconds, ascending; its index is the session number."""
        return due_times_us(self.edges_s, self.planned_per_s.sum(axis=1), self.seed, self.scenario.traffic.arrivals)

    @cached_property
    def journey_index(self) -> NDArray[np.int8]:
        return journeys_of(self.due_us, self.edges_s, self.planned_per_s, self.seed)

    @cached_property
    def arm_index(self) -> NDArray[np.int8]:
        """Where each arrival is sent, in the order of ARMS; all to the candidate where there is no control."""
        return arms_of(self.due_us.size, self.seed) if self.control else np.zeros(self.due_us.size, dtype=np.int8)

    def fingerprint(self) -> str:
        """The same for two processes exactly when they would send the same shoppers there at the same instants."""
        arms = self.arm_index.tobytes() if self.control else b""
        return hashlib.sha256(self.due_us.tobytes() + self.journey_index.tobytes() + arms).hexdigest()

    def planned_by_second(self) -> NDArray[np.int64]:
        """Arrivals due in each second by journey: shape (seconds, journeys)."""
        seconds = int(np.ceil(self.duration_s))
        flat = (self.due_us // 1_000_000) * len(JOURNEYS) + self.journey_index
        return np.bincount(flat, minlength=seconds * len(JOURNEYS)).reshape(-1, len(JOURNEYS))


def build_plan(
    scenario: Scenario,
    curve_path: Path,
    *,
    seed: int | None = None,
    scale: float = 1.0,
    minutes: float | None = None,
    control: bool = False,
    hold_at: float | None = None,
) -> Plan:
    """Read a scenario's curve and lay its window on the run's clock.

    `scale` multiplies the rates; `minutes` squeezes the window's clock at unchanged rates; the warm-up keeps
    its length; `control` shares the same shoppers out between two deployments; `hold_at` makes a headroom scenario hold
    that multiple of last year's peak instead of its ramp.
    Raises CurveError and ScenarioError.
    """
    curve = load_curve(curve_path, scenario.traffic)
    window = cut_window(curve, scenario.traffic, str(curve_path))
    if hold_at is not None and scenario.headroom is None:
        raise ScenarioError(f"{scenario.name}: has no [headroom], so there is nothing to hold; leave the level out")
    times = None
    if scenario.headroom is not None:
        times = climb(scenario.headroom, hold_at)
        window = _peak_of(window, times.size)
    length_s = window.duration_s if minutes is None else minutes * 60
    warm_up_s = scenario.limits.warm_up_s
    edges_s = warm_up_s + np.linspace(0.0, length_s, window.sessions_per_s.size + 1)
    last_year = window.sessions_per_s
    traffic = scenario.traffic
    shares, growth = (
        np.array([factor(journey) for journey in JOURNEYS], dtype=np.float64)
        for factor in (scenario.journeys.share, traffic.growth_of)
    )
    factors = np.broadcast_to(
        mix_by_step(last_year, window.by_journey, shares) * growth, (last_year.size, len(JOURNEYS))
    )
    if times is not None:
        # Growth changes the mix alone: how many come is what the multiple says.
        totals = factors.sum(axis=1, keepdims=True)
        factors = np.divide(factors, totals, out=np.zeros(factors.shape), where=totals > 0) * times[:, None]
    if warm_up_s > 0:
        edges_s = np.concatenate([[0.0], edges_s])
        last_year = np.concatenate([last_year[:1], last_year])
        factors = np.concatenate([factors[:1], factors])
    planned = last_year[:, None] * factors * traffic.buffer * scale
    total = float((np.diff(edges_s)[:, None] * planned).sum())
    if total > MOST_ARRIVALS:
        raise ScenarioError(
            f"{scenario.name}: would send {total:,.0f} sessions, more than {MOST_ARRIVALS:,}; "
            "check the curve's unit, growth and buffer, or lower --scale"
        )
    return Plan(
        scenario, curve, window, scenario.traffic.seed if seed is None else seed, scale, minutes,
        edges_s, last_year, planned, control, hold_at,
    )  # fmt: skip


def _peak_of(window: Window, seconds: int) -> Window:
    """Last year's peak, for so many seconds."""
    rows = peak_rows(window.sessions_per_s, window.step_s)
    by_journey = {name: np.full(seconds, column[rows].mean()) for name, column in window.by_journey.items()}
    return replace(
        window,
        start_s=window.start_s + rows.start * window.step_s,
        step_s=1,
        sessions_per_s=np.full(seconds, window.sessions_per_s[rows].mean()),
        by_journey=by_journey,
    )
