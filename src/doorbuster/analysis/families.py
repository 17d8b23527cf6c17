"""Three questions at once: is the whole shop slower, is one step slower, is one step slower than the rest explain?

Each asks about every quantile; their false alarms are held down together, so that a release which changed nothing
fails a gate in no more than a few of a hundred comparisons. The chance of a false alarm is split between

- the run: G, the median over steps of the log ratio of a quantile, at `alarm_run`;
- steps and journeys: D, each log ratio, at `alarm_steps` by the greatest of equally correlated Student's t (the speed
  of the day moves all of them together, so that Bonferroni would waste power);
- steps relative to the run: R = D - G, at `alarm_relative` by Bonferroni. What moves everything cancels, so this one
  sees small changes of a step; it fails only a step that is slower in absolute terms as well.

Variances are of one run and times c = 1/a + 1/b for a and b runs a side. Between runs: repeats, shrunk towards a prior
worth a few degrees of freedom (an empirical-Bayes moderated variance: Smyth 2004, doi:10.2202/1544-6115.1027).
`docs/calibration.md` has the false alarms and the power of this, measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaincinv, ndtr, stdtrit

from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.spread import Floats, Group, Spread, pool, run_wide, spread_of


@dataclass(frozen=True, eq=False)
class Families:
    """Log ratios (candidate over baseline) and how sure they are; nan where a side measured too few to tell.

    Arrays of shape (selections, quantiles), or (quantiles,) for the run and for degrees of freedom. Lower bounds hold
    for a whole family at once.
    """

    change: Floats
    error: Floats
    low: Floats
    """Lower bound of `change`, over all steps, journeys and quantiles together."""
    df: Floats
    """Degrees of freedom of `error`, those of the prior among them."""
    run_change: Floats
    run_error: Floats
    run_low: Floats
    run_df: Floats
    relative_change: Floats
    """`change` less `run_change`; nan for journeys."""
    relative_low: Floats
    repeats: Floats
    """Of each quantile: runs less groups, those of a noise profile among them, where any of them measured it. That is
    what tells chance from change beside the prior."""
    run_repeats: Floats
    """The same of `run_change`."""

    def span(self, confidence: float) -> tuple[Floats, Floats]:
        """Both bounds of `change`, each with one-sided `confidence` and by itself."""
        half = stdtrit(self.df, confidence) * self.error
        return self.change - half, self.change + half

    def high(self, confidence: float) -> Floats:
        """`change` is below this with one-sided `confidence`, each by itself."""
        return self.span(confidence)[1]

    def run_high(self, confidence: float) -> Floats:
        """The same of `run_change`."""
        return self.run_change + stdtrit(self.run_df, confidence) * self.run_error

    def failed_alone(self, margin: Floats) -> NDArray[np.bool_]:
        """Which steps and journeys are slower by more than `margin` (logarithms, the same shape), beyond chance."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.low > margin)

    def failed_beside_the_rest(self, margin: Floats) -> NDArray[np.bool_]:
        """Which steps are slower by more than `margin` than the whole shop explains, and slower than that as well."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.relative_low > margin) & (self.change > margin))

    def failed(self, margin: Floats) -> NDArray[np.bool_]:
        """Either of the two."""
        return self.failed_alone(margin) | self.failed_beside_the_rest(margin)

    def run_failed(self, margin: Floats) -> NDArray[np.bool_]:
        """For which quantiles the whole shop is slower by more than `margin` (logarithms, shape (quantiles,))."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.run_low > margin)

    def passed(self, margin: Floats, confidence: float) -> NDArray[np.bool_]:
        """Which are slower by less than `margin`, each with one-sided `confidence`. One run a side never passes."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.high(confidence) < margin) & (self.repeats > 0)

    def run_passed(self, margin: Floats, confidence: float) -> NDArray[np.bool_]:
        """The same of the whole shop."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.run_high(confidence) < margin) & (self.run_repeats > 0)


def compare_families(
    candidates: Group,
    baselines: Group,
    steps: NDArray[np.bool_],
    rules: ComparisonRules,
    blocks: int,
    repeats: tuple[Group, ...] = (),
    noise: Spread | None = None,
    within_noise: Floats | None = None,
) -> Families:
    """Set a group of runs beside another. `repeats` and `noise` teach how far runs of one system lie apart.

    `steps` marks which selections are steps (shape (selections,)), `blocks` is how many bootstrap blocks a run has,
    `within_noise` the variance within a run of the profile (selections, quantiles), where that is not as compared.
    """
    groups = (candidates, baselines, *repeats)
    spreads = [*(spread_of(group, steps) for group in groups), *((noise,) if noise is not None else ())]
    known = pool(spreads)
    runs = 1 / candidates.runs + 1 / baselines.runs
    # Runs that are judged by more, or by less, than those compared say nothing of how sure these are of themselves.
    by_group = [_within(group, groups) for group in groups]
    within = (by_group[0] / candidates.runs + by_group[1] / baselines.runs) / runs
    by_chance = [*by_group, within if within_noise is None else within_noise]
    change = candidates.logs.mean(axis=0) - baselines.logs.mean(axis=0)
    told = ~np.isnan(change) & ~np.isnan(within)
    change, within = np.where(told, change, np.nan), np.where(told, within, np.nan)

    chance = _squares_by_chance([(one.df, one.squares) for one in spreads], by_chance)
    tau2, df = _learnt(known.squares - chance, known.df, told, rules.prior_sd, rules.prior_df)
    error = np.sqrt((within + tau2) * runs)
    shared = round(float(np.nan_to_num(mean_told(tau2 / (tau2 + within)))), 2)
    critical = np.array([greatest_t(int(told.sum()), float(one), shared, 1 - rules.alarm_steps) for one in df])

    run_change = run_wide(change, steps)
    run_df = rules.prior_df + known.run_df
    run_variance = (rules.prior_df * rules.prior_sd**2 + known.run_squares) / run_df
    run_error = np.sqrt(np.fmax(run_variance, _within_of_median(within[steps])) * runs)
    run_critical = stdtrit(run_df, 1 - rules.alarm_run / max(1, change.shape[1]))

    # The more steps a repeat shows, the more it teaches about how steps differ by themselves.
    weight = max(1, min(rules.steps_weight, int(steps.sum()) - 1))
    chance = _squares_by_chance([(one.df, one.own_squares) for one in spreads], by_chance)
    own2, own_df = _learnt(
        (known.own_squares - chance)[steps],
        known.own_df[steps],
        told[steps],
        rules.prior_step_sd,
        rules.prior_df,
        weight,
    )
    compared = {*candidates.judged_by, *baselines.judged_by}
    within_df = sum(one in compared for group in groups for one in group.judged_by) * max(1, blocks - 1)
    relative_df = (within + own2) ** 2 / (own2**2 / own_df + within**2 / within_df)
    relative = np.where(steps[:, None], change - run_change, np.nan)
    tests = max(1, int(np.sum(~np.isnan(relative))))
    relative_error = np.sqrt((within + own2) * runs)
    return Families(
        change=change,
        error=error,
        low=change - critical * error,
        df=df,
        run_change=run_change,
        run_error=run_error,
        run_low=run_change - run_critical * run_error,
        run_df=run_df,
        relative_change=relative,
        relative_low=relative - stdtrit(relative_df, 1 - rules.alarm_relative / tests) * relative_error,
        repeats=np.where(told, known.df, 0.0).max(axis=0, initial=0.0),
        run_repeats=known.run_df,
    )


def _within(group: Group, groups: Sequence[Group]) -> Floats:
    """Variance within a run of this group, from all runs that are judged by the same: (selections, quantiles)."""
    every = np.concatenate([one.within for one in groups])
    judged_by = [windows for one in groups for windows in one.judged_by]
    alike = [[windows == own for windows in judged_by] for own in group.judged_by]
    return mean_told(np.array([mean_told(every[which], axis=0) for which in alike]), axis=0)


def _squares_by_chance(spreads: Sequence[tuple[int, Floats]], within: Sequence[Floats]) -> Floats:
    """How much of sums of squares is chance within runs: degrees of freedom times variance, where squares are told."""
    each = zip(spreads, within, strict=False)  # a variance more than spreads where there is no profile
    return np.asarray(sum(np.where(np.isnan(squares), 0.0, df * np.nan_to_num(one)) for (df, squares), one in each))


def _within_of_median(within: Floats) -> Floats:
    """Variance of the median over steps by chance within a run: of one step its own, of many pi/2 of their mean's.

    Where steps are many it is far below what runs differ by; a shop of one rare step is no surer than that step.
    """
    steps = np.maximum(1, (~np.isnan(within)).sum(axis=0))
    return np.asarray(mean_told(within, axis=0) * np.minimum(1.0, math.pi / 2 / steps))


def _learnt(
    squares: Floats, df: Floats, told: NDArray[np.bool_], prior_sd: float, prior_df: int, weight: int = 1
) -> tuple[Floats, Floats]:
    """Variance between runs of each quantile and its degrees of freedom.

    `squares` is what repeats show beyond the noise in a run; it, `df` and `told` (where both sides have a number) have
    shape (selections, quantiles), the two results (quantiles,).
    """
    seen = np.where(told, df, 0.0)
    beyond = np.where(told & (df > 0), squares, 0.0).sum(axis=0)
    excess = np.maximum(0.0, beyond / np.maximum(seen.sum(axis=0), 1.0))
    learnt_df = weight * seen.max(axis=0, initial=0.0)
    return (prior_df * prior_sd**2 + learnt_df * excess) / (prior_df + learnt_df), prior_df + learnt_df


def mean_told(values: Floats, axis: int | None = None) -> Floats:
    """Mean of what is told; nan where nothing is."""
    told = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(told, values, 0.0).sum(axis=axis) / told.sum(axis=axis))


@lru_cache(maxsize=256)
def greatest_t(tests: int, df: float, shared: float, confidence: float) -> float:
    """Quantile of the greatest of so many Student's t with a common denominator and equal correlation `shared`.

    By integration over the common part and the denominator (Dunnett and Sobel 1954, doi:10.1093/biomet/41.1-2.153).

    >>> round(greatest_t(1, 10, 0.0, 0.975), 2)
    2.23
    """
    if tests < 1:
        return math.inf
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    weight = weight / weight.sum()
    parts = (np.arange(400) + 0.5) / 400
    scale = np.sqrt(2 * gammaincinv(df / 2, parts) / df)[:, None]
    common = min(shared, 0.999)

    def beyond(bound: float) -> float:
        below = ndtr((bound * scale - math.sqrt(common) * node) / math.sqrt(1 - common)) ** tests
        return float((below @ weight).mean()) - confidence

    return float(brentq(beyond, -10.0, 200.0, xtol=1e-6))
