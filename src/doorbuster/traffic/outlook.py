"""What a plan means in numbers a shop owner recognises, and what to be warned of before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doorbuster.journeys.expect import Expectation
from doorbuster.traffic.plan import Plan
from doorbuster.traffic.pools import NO_POOLS, Pools, pool_warnings
from doorbuster.vocabulary import JOURNEYS

BUYING = ("native_checkout", "express_wallet")


@dataclass(frozen=True)
class Outlook:
    """A plan by the minute of the run, warm-up left out."""

    minute_starts_s: NDArray[np.float64]
    """Start of each minute on the run's clock after the warm-up: shape (minutes,)."""
    planned_per_minute: NDArray[np.float64]
    """Sessions a minute, shape (minutes, journeys)."""
    last_year_per_minute: NDArray[np.float64]
    busiest_minute: int
    sessions: int
    sessions_by_journey: Mapping[str, int]
    orders: int
    requests: int
    shoppers_at_once: int
    """At the busiest minute, by Little's law: arrivals a second x mean seconds in the shop."""
    warnings: tuple[str, ...]


def outlook(plan: Plan, expected: Mapping[str, Expectation], pools: Pools = NO_POOLS) -> Outlook:
    """Sum a plan up. Rates are exact means of the plan, session counts are the plan's own arrivals."""
    starts, planned, last_year = rates_by_bin(plan, 60.0)
    busiest = int(np.argmax(planned.sum(axis=1)))
    counts = np.bincount(plan.journey_index, minlength=len(JOURNEYS))
    by_journey = {journey: int(counts[j]) for j, journey in enumerate(JOURNEYS)}
    at_once = sum(planned[busiest, j] / 60 * expected[journey].duration_s for j, journey in enumerate(JOURNEYS))
    return Outlook(
        minute_starts_s=starts,
        planned_per_minute=planned,
        last_year_per_minute=last_year,
        busiest_minute=busiest,
        sessions=int(counts.sum()),
        sessions_by_journey=by_journey,
        orders=sum(by_journey[journey] for journey in BUYING),
        requests=round(sum(by_journey[journey] * expected[journey].steps for journey in JOURNEYS)),
        shoppers_at_once=round(at_once),
        warnings=(
            *_warnings(plan, round(at_once), int(counts.sum())),
            *pool_warnings(plan, pools, expected["native_checkout"].duration_s),
        ),
    )


def rates_by_bin(plan: Plan, bin_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Bin starts in seconds of the run's clock after the warm-up, planned and last year's sessions a minute.

    Shapes (bins,), (bins, journeys), (bins,).
    """
    starts = plan.warm_up_s + np.arange(0.0, plan.duration_s - plan.warm_up_s - 1e-9, bin_s)
    ends = np.minimum(starts + bin_s, plan.duration_s)
    planned = np.column_stack(
        [_mean_rate(plan.edges_s, plan.planned_per_s[:, j], starts, ends) for j in range(len(JOURNEYS))]
    )
    return starts, planned * 60, _mean_rate(plan.edges_s, plan.last_year_per_s, starts, ends) * 60


def bin_for_chart_s(plan: Plan) -> float:
    """At most some hundred bins, whole seconds each."""
    return float(np.ceil((plan.duration_s - plan.warm_up_s) / 120))


def _mean_rate(
    edges_s: NDArray[np.float64], per_s: NDArray[np.float64], starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    cumulative = np.concatenate([[0.0], np.cumsum(np.diff(edges_s) * per_s)])
    rate: NDArray[np.float64] = (np.interp(ends, edges_s, cumulative) - np.interp(starts, edges_s, cumulative)) / (
        ends - starts
    )
    return rate


def _warnings(plan: Plan, at_once: int, sessions: int) -> list[str]:
    scenario = plan.scenario
    found = []
    if plan.window.absent_steps:
        found.append(
            f"{plan.window.absent_steps} of the window's {plan.window.sessions_per_s.size} rows are absent from the "
            "curve (not zero); they were filled from their neighbours"
        )
    growth = scenario.traffic.growth
    if isinstance(growth, dict):
        forgotten = [j for j in JOURNEYS if scenario.journeys.share(j) > 0 and j not in growth]
        if forgotten:
            found.append(f"growth names no factor for {', '.join(forgotten)}; they stay at last year's level (1.0)")
    if at_once > scenario.limits.in_flight:
        found.append(
            f"about {at_once:,} shoppers at once, but limits.in_flight is {scenario.limits.in_flight:,}: arrivals "
            "above it would be dropped and the run INVALID; raise the limit"
        )
    peak_s = scenario.traffic.peak_s
    if plan.scenario.headroom is None and peak_s is not None and plan.window.duration_s < peak_s * 0.999:
        found.append(f"the curve is shorter than the window {scenario.traffic.window!r}; all of it is used")
    median = float(np.nanmedian(plan.curve.sessions))
    busiest = float(np.nanmax(plan.curve.sessions))
    if peak_s is not None and median > 0 and busiest / median < 1.5:
        found.append(
            f"the curve has no peak to speak of: its busiest row is {busiest / median:.2f} times the median row"
        )
    if plan.squeeze < 1 / 3:
        found.append(
            f"squeezed {1 / plan.squeeze:.1f} times: the rates are the real ones, but carts, stock and queues see "
            f"{plan.squeeze:.0%} of the sessions"
        )
    buying = [j for j in BUYING if scenario.journeys.share(j) > 0]
    orders = int(np.isin(plan.journey_index, [JOURNEYS.index(j) for j in buying]).sum())
    if sessions and buying and orders < 100:
        found.append(f"only {orders} sessions mean to buy; a p95 of checkout.complete from so few says little")
    if not sessions:
        found.append("nobody would come: the window's rates are too low for a single session")
    return found
