"""Is a shop's headroom found where it is? Ramps and holds on a shop whose capacity and knee are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any, Final

import numpy as np
from calibration_section import Bar, Section
from simulated_shop import SimulatedRun, Weather, service_mean_s, simulate, weather

from doorbuster.analysis.budgets import beyond_by_second
from doorbuster.analysis.gate_file import Objective
from doorbuster.analysis.headroom import Headroom, headroom_of, locate
from doorbuster.rehearsal.ladder import next_level
from doorbuster.traffic.climb import HeadroomCard

CAPACITY_PER_S: Final = 20.0
"""Sessions a second that keep every worker busy on an average day; it is also last year's peak, so 1.0x."""
PAUSED_SHARE: Final = 0.175 / 25.175  # mean pause over mean distance of pauses, see simulated_shop
OBJECTIVE: Final = Objective(step="*", metric="p95", max_ms=400)
CARD: Final = HeadroomCard()
RAMP: Final = np.linspace(0.3, 1.25, 600)
SHORT_RAMP: Final = np.linspace(0.3, 0.9, 600)
WARM_UP_S: Final = 30


@dataclass(frozen=True)
class Found:
    """One search: what it answered, and what answering by the first level that is not surely held would have."""

    low: float
    high: float
    first_not_held: float
    holds: int


def walk(rng: np.random.Generator, times: np.ndarray[Any, Any], run_sd: float = 0.0) -> tuple[SimulatedRun, Weather]:
    """A run of these multiples, one a second, after a warm-up at the first."""
    times = np.concatenate([np.full(WARM_UP_S, times[0]), times])
    day = weather(rng, len(times), run_sd)
    run = simulate(rng, times * CAPACITY_PER_S, day, service_mean_s(CAPACITY_PER_S, 1.0))
    rates = (times * CAPACITY_PER_S).tolist()
    info = {
        **run.info,
        "clock": {"warm_up_s": float(WARM_UP_S), "duration_s": float(len(times))},
        "last_year": {"second": list(range(len(times))), "sessions_per_s": [CAPACITY_PER_S] * len(times)},
        "planned": {"sessions_per_s": rates},
    }
    return replace(run, info=info), day


def capacity_error(case: tuple[int, float, bool]) -> float:
    """Log error of the capacity on one ramp, against that day's own speed in those seconds; nan for no plateau."""
    seed, run_sd, short = case
    run, day = walk(np.random.default_rng([61, seed]), SHORT_RAMP if short else RAMP, run_sd)
    plateau = locate(run, [OBJECTIVE]).plateau
    if plateau is None:
        return math.nan
    drift = day.drift[WARM_UP_S + plateau.from_s : WARM_UP_S + plateau.until_s]
    truth = (1 - PAUSED_SHARE) * float(np.mean(1 / drift)) / day.speed
    return math.log(plateau.times / truth)


def long_share(case: tuple[float, int]) -> float:
    """Share beyond the objective's limit in a long stationary run at a level: what no short hold can know."""
    level, seconds = case
    run, _ = walk(np.random.default_rng([62, round(level * 1000)]), np.full(seconds, level))
    beyond, every = beyond_by_second(run, OBJECTIVE, WARM_UP_S, seconds)
    return float(beyond.sum() / every.sum())


def search(seed: int) -> Found:
    """A ramp and its holds, as `doorbuster headroom` walks them."""
    rng = np.random.default_rng([63, seed])
    located = locate(walk(rng, RAMP)[0], [OBJECTIVE])
    beyond_ramp = math.isnan(located.times)
    runs: list[SimulatedRun] = []
    while True:
        found: Headroom = headroom_of(located, runs)
        tried = [(hold.times, hold.verdict) for hold in found.holds]
        at = located.top if beyond_ramp else located.times
        level = next_level(at, beyond_ramp, CARD.fractions, tried)
        if level is None:
            break
        runs.append(walk(rng, np.full(round(CARD.hold), level))[0])
    first = min((hold.times for hold in found.holds if hold.verdict != "held"), default=math.nan)
    return Found(found.low, found.high, first, len(found.holds))


def measure(slice_only: bool) -> Section:
    """The whole part: about four minutes on two cores, a slice about half a minute."""
    ramps, searches, long_s = (10, 20, 1800) if slice_only else (150, 150, 14_400)
    levels = (0.80, 0.86, 0.92) if slice_only else (0.80, 0.83, 0.86, 0.89, 0.92, 0.95)
    with get_context("spawn").Pool(2) as pool:
        run: Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]] = pool.map
        steady = np.array(run(capacity_error, [(seed, 0.0, False) for seed in range(ramps)]))
        varied = np.array(run(capacity_error, [(seed, 0.05, False) for seed in range(ramps)]))
        short = np.array(run(capacity_error, [(seed, 0.0, True) for seed in range(ramps)]))
        shares = run(long_share, [(level, long_s) for level in levels])
        found: list[Found] = run(search, range(searches))
    knee = float(np.interp(0.05, shares, levels))
    return _section(knee, steady, varied, short, found)


def _section(
    knee: float,
    steady: np.ndarray[Any, Any],
    varied: np.ndarray[Any, Any],
    short: np.ndarray[Any, Any],
    found: Sequence[Found],
) -> Section:
    low, high, first = (np.array([getattr(one, name) for one in found]) for name in ("low", "high", "first_not_held"))
    known = ~np.isnan(low)
    overstated = float(np.mean(known & (low > knee)))
    covered = float(np.mean((low <= knee) & ~(high <= knee)))
    simple = float(np.mean((low <= knee) & ~(first <= knee)))
    width = float(np.nanmedian((high - low) / knee))
    plateaus = float(np.mean(~np.isnan(short)))
    bias = {name: float(np.nanmean(errors)) for name, errors in (("0", steady), ("5", varied))}
    text = f"""
Ramps of 10 minutes from 0.3 to 1.25 of capacity, and holds of 4 minutes at rising fractions of where the ramp broke the
objective (p95 of all steps below 400 ms). The truth of a capacity is that day's own speed, drift and pauses in those
seconds; that of the holds is the level at which 5 % of the steps of a stationary run of hours are too slow, drift and
pauses included: {knee:.3f} of capacity.

| run-to-run sd | ramps | plateau found | mean error of the capacity | sd |
|--:|--:|--:|--:|--:|
{_row("0 %", steady)}
{_row("5 %", varied)}

| {len(found)} searches | |
|---|--:|
| holds walked, mean | {np.mean([one.holds for one in found]):.1f} |
| lower end over truth, median (5 % to 95 % of searches) | {_spread(low[known] / knee)} |
| lower end above the truth | {overstated:.3f} |
| nothing held | {float(np.mean(~known)):.3f} |
| interval holds the truth | {covered:.3f} |
| width of the interval, of the truth, median | {width:.3f} |
| the same interval, ended at the first level that is not surely held, holds the truth | {simple:.3f} |

The last line is why a level that is neither held nor broken ends nothing: half a budget is asked of a hold, so that the
first one which does not show it usually lies below the truth.
"""
    worst = max(bias.values(), key=abs)
    return Section(
        "Headroom",
        text,
        (
            Bar("bias of the capacity at most 1 %", f"{worst * 100:+.2f} %", abs(worst) <= 0.01),
            Bar("holds overstate in at most .10 of searches", f"{overstated:.3f}", overstated <= 0.10),
            Bar(
                "a ramp that stops at .9 of capacity reports no plateau (.02 at most do)",
                f"{plateaus:.3f}",
                plateaus <= 0.02,
            ),
        ),
    )


def _row(name: str, errors: np.ndarray[Any, Any]) -> str:
    seen = errors[~np.isnan(errors)]
    return f"| {name} | {len(errors)} | {len(seen)} | {seen.mean() * 100:+.2f} % | {seen.std() * 100:.2f} % |"


def _spread(ratios: np.ndarray[Any, Any]) -> str:
    low, middle, high = np.quantile(ratios, [0.05, 0.5, 0.95])
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"
