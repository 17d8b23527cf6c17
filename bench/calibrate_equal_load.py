"""Is a shop that only got more shoppers told from one that got slower? This year's load is a multiple of last's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final

import numpy as np
from calibration_section import Bar, Section
from scipy.special import ndtri, stdtrit
from simulated_shop import SimulatedRun, Weather, peaked, service_mean_s, simulate, weather

from doorbuster.analysis.comparison_rules import AS_CALIBRATED
from doorbuster.analysis.equal_load import EqualLoad, equal_load
from doorbuster.analysis.estimates import Estimates, Sides
from doorbuster.analysis.matched_load import at_matched_load
from doorbuster.analysis.measure import Measured, Selection
from doorbuster.analysis.measure import measure as measure_windows
from doorbuster.analysis.planned_load import LOAD_DIFFERENCE
from doorbuster.analysis.slower import families_of
from doorbuster.record.histogram import quantile_us

SECONDS: Final = 600
PER_S: Final = 20.0
SLOWER: Final = {"cart.add": 1.2}
SELECTIONS: Final = (
    *(Selection(step) for step in ("home", "product", "cart.add", "checkout.complete")),
    Selection(journey="native_checkout"),
)
UNCHANGED: Final = (0, 1, 3)  # of the selections: the journey has the slower step in it
CHANGED: Final = 2
QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
DAYS: Final = 8


@dataclass(frozen=True)
class Cell:
    """One kind of pair: how busy last year's peak was, and how many times that this year is sent."""

    load: float
    times: float


@dataclass(frozen=True)
class Seen:
    """Pairs of one cell. Log errors over the clock and at equal load: shape (pairs, selections, quantiles)."""

    refused: Sequence[bool]
    overlaps: Sequence[tuple[float, float]]
    naive: np.ndarray[Any, Any]
    equal: np.ndarray[Any, Any]


def block(case: tuple[int, Cell, int]) -> Seen:
    """Some days, each lived twice, with last year's load and this year's; every one beside every other.

    The same weather on both sides leaves the mean error what it is, and makes fewer runs enough to see it.
    """
    seed, cell, days = case
    rng = np.random.default_rng([71, seed])
    weathers = [weather(rng, SECONDS, 0.0) for _ in range(days)]
    theirs = [one_run(rng, cell.load, 1.0, day) for day in weathers]
    ours = [one_run(rng, cell.load, cell.times, day) for day in weathers]
    cache: dict[tuple[int, int], Measured] = {}
    refused, overlaps, naive, equal = [], [], [], []
    for candidate in ours:
        for baseline in theirs:
            found = equal_load(Sides((candidate,), (baseline,)), AS_CALIBRATED)
            if found is None:
                raise RuntimeError(f"no difference seen between a load and {cell.times} times it")
            refused.append(found.refused is not None)
            overlaps.append((found.matched.overlap, found.matched.candidate_overlap))
            both = [[measured(found, k, s, cache) for k in (0, 1)] for s in range(len(SELECTIONS))]
            naive.append([errors(pair) for pair in both])
            if not refused[-1]:
                equal.append([errors(at_matched_load(found.matched, pair)) for pair in both])
    truth = np.array([math.log(SLOWER.get(one.step, 1.0)) for one in SELECTIONS])[:, None]
    shape = (-1, len(SELECTIONS), len(QUANTILES))
    return Seen(refused, overlaps, np.reshape(naive, shape) - truth, np.reshape(equal, shape) - truth)


def one_run(rng: np.random.Generator, load: float, times: float, day: Weather) -> SimulatedRun:
    """A run of `times` last year's load, in a shop that last year's peak keeps busy for a share `load`."""
    curve = peaked(SECONDS, PER_S)
    slower = SLOWER if times != 1.0 else {}
    return simulate(rng, curve * times, day, service_mean_s(float(curve.max()), load), slower=slower)


def measured(found: EqualLoad, run: int, selection: int, cache: dict[tuple[int, int], Measured]) -> Measured:
    """Windows are the same whatever a run is compared with, so each run is counted once."""
    one = found.matched.runs[run]
    key = (id(one), selection)
    if key not in cache:
        cache[key] = measure_windows(one, SELECTIONS[selection], "response", found.matched.cells[run])
    return cache[key]


def errors(pair: Sequence[Measured]) -> list[float]:
    """Log ratios of the quantiles, candidate over baseline."""
    dense = [one.dense() for one in pair]
    return [math.log(quantile_us(dense[0], q) / quantile_us(dense[1], q)) for q in QUANTILES.values()]


def covered(seed: int) -> tuple[float, float]:
    """Shares of intervals at 1.5x that hold the truth on two days of their own: the whole 95 % one, and a 90 % one
    that knows the bootstrap within the runs alone."""
    rng = np.random.default_rng([72, seed])
    theirs, ours = (one_run(rng, 0.55, times, weather(rng, SECONDS, 0.05)) for times in (1.0, 1.5))
    sides = Sides((ours,), (theirs,))
    found = equal_load(sides, AS_CALIBRATED)
    if found is None:
        raise RuntimeError("no difference seen between a load and 1.5 times it")
    estimates = Estimates(AS_CALIBRATED.resamples, {}, found.matched)
    chosen = [SELECTIONS[index] for index in UNCHANGED]
    families = families_of(sides, chosen, list(QUANTILES), AS_CALIBRATED, estimates)
    whole = np.abs(families.change) < stdtrit(families.df, 0.975) * families.error
    groups = [estimates.group((run,), chosen, list(QUANTILES)) for run in (ours, theirs)]
    within = np.sqrt(sum(group.within[0] for group in groups))
    return float(whole.mean()), float((np.abs(families.change) < float(ndtri(0.95)) * within).mean())


def measure_cells(cells: Sequence[tuple[Cell, int, int]], pairs: int) -> tuple[dict[Cell, Seen], list[float]]:
    """Every cell with so many blocks of so many days, and the coverage over so many pairs of days."""
    cases = [(seed, cell, days) for cell, blocks, days in cells for seed in range(blocks)]
    with get_context("spawn").Pool(2) as pool:
        seen = pool.map(block, cases, chunksize=1)
        coverage = np.mean(pool.map(covered, range(pairs), chunksize=1), axis=0)
    by_cell = {}
    for cell, _, _ in cells:
        each = [one for (_, its, _), one in zip(cases, seen, strict=True) if its == cell]
        by_cell[cell] = Seen(
            [flag for one in each for flag in one.refused],
            [share for one in each for share in one.overlaps],
            np.concatenate([one.naive for one in each]),
            np.concatenate([one.equal for one in each]),
        )
    return by_cell, [float(share) for share in coverage]


HALF_MORE: Final = Cell(0.55, 1.5)
THREE_TIMES: Final = Cell(0.55, 3.0)


def measure_all(slice_only: bool) -> tuple[dict[Cell, Seen], list[float], int]:
    if slice_only:
        cells = [(HALF_MORE, 2, DAYS), (THREE_TIMES, 1, 2)]
        return *measure_cells(cells, 6), 6
    cells = [
        (HALF_MORE, 10, DAYS),
        *((Cell(0.55, times), 1, DAYS) for times in (1.25, 1.8, 2.0)),
        (THREE_TIMES, 4, 4),
        *((Cell(0.8, times), 1, DAYS) for times in (1.1, 1.25)),
    ]
    return *measure_cells(cells, 60), 60


def measure(slice_only: bool) -> Section:
    """The whole part: some four minutes on two cores, a slice about 20 seconds."""
    seen, (whole, within), pairs = measure_all(slice_only)
    half_more, three = seen[HALF_MORE], seen[THREE_TIMES]
    p95 = float(half_more.equal[:, UNCHANGED, 1].mean())
    slower = float(half_more.equal[:, CHANGED, 1].mean())
    rows = "\n".join(_row(cell, one) for cell, one in seen.items())
    text = f"""
Ten-minute runs of {PER_S:g} sessions a second last year and a multiple of it this year, in a shop that last year's peak
kept busy for the share given. Nothing changed but one step (`cart.add`, 1.2 times as slow). Errors are of the logarithm
of this year's time over last year's, mean over steps that did not change: over the scenario's clock, and at equal load.
The share is of steps that came at a load which both years had, last year's and this year's.

| busy | load | pairs | share at a common load | clock p50 / p95 / p99 | equal load p50 / p95 / p99 | sd of p95 |
|--:|--:|--:|--:|--:|--:|--:|
{rows}

- In a shop that is busy for 80 % at its peak, a tenth more load already shows in p95: years whose planned load
  differs by more than {LOAD_DIFFERENCE:.0%}, and by more than chance, are judged at equal load, which costs next to
  nothing where they overlap so far.
- Where less than {AS_CALIBRATED.overlap_floor:.0%} of either side's steps came at a common load nothing is compared
  (`[comparison] overlap_floor`): the error of one pair would be beyond the {AS_CALIBRATED.prior_sd:g} by which whole
  runs differ.
- With a run-to-run sd of 5 %, one run a side ({pairs} pairs), the 95 % interval holds the truth in {whole:.3f}. One of
  90 % that knows the bootstrap within the runs alone would hold it in {within:.3f}: the term between runs is needed
  here as well.
"""
    return Section(
        "Equal load",
        text,
        (
            Bar("at 1.5x, mean log error of p95 within .02", f"{p95:+.4f}", abs(p95) <= 0.02),
            Bar("a step 1.2 times as slow at 1.5x is told within .02", f"{slower:+.4f}", abs(slower) <= 0.02),
            Bar("at 3x refused, always", f"{np.mean(three.refused):.3f}", all(three.refused)),
            Bar("at 1.5x refused, never", f"{np.mean(half_more.refused):.3f}", not any(half_more.refused)),
            Bar("the 95 % interval at 1.5x holds the truth >= .93", f"{whole:.3f}", whole >= 0.93),
        ),
    )


def _row(cell: Cell, seen: Seen) -> str:
    overlap = np.mean(seen.overlaps, axis=0)
    refused = np.mean(seen.refused)
    said = f"refused in {refused:.2f}"
    spread = "-"
    if len(seen.equal):
        said = _three(seen.equal) + (f", {said}" if refused else "")
        spread = f"{seen.equal[:, UNCHANGED, 1].std(axis=0).mean():.3f}"
    return (
        f"| {cell.load:.0%} | {cell.times:g}x | {len(seen.refused)} | {overlap[0]:.2f}, {overlap[1]:.2f} | "
        f"{_three(seen.naive)} | {said} | {spread} |"
    )


def _three(found: np.ndarray[Any, Any]) -> str:
    return " / ".join(f"{one:+.3f}" for one in found[:, UNCHANGED, :].mean(axis=(0, 1)))
