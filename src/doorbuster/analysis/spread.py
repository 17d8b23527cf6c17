"""How far runs of one and the same shop lie apart: what repeats teach before anything is compared.

Runs of one system, made one after the other, differ by 5-10 %, and no single run can see it. Part of that moves every
step together (the speed of the day), part moves steps on their own. Both are learnt here from sums of squares, so that
groups of runs, or a noise profile kept from earlier ones, simply add up.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Runs of one system. nan where a run measured too few to place a quantile."""

    logs: Floats
    """Logarithms of latency quantiles: shape (runs, selections, quantiles)."""
    within: Floats
    """Variance of each by the bootstrap within its run: the same shape."""
    windows: tuple[Hashable, ...] = ()
    """By run, what it is judged by: runs that are the same in this are as sure of themselves as each other. Empty where
    all runs of all groups are."""

    @property
    def runs(self) -> int:
        return len(self.logs)

    @property
    def judged_by(self) -> tuple[Hashable, ...]:
        """`windows`, one of each run."""
        return self.windows or (None,) * self.runs


@dataclass(frozen=True)
class Spread:
    """Sums of squares about the means of groups, which add up over groups: axes are selections and quantiles."""

    df: int
    """Degrees of freedom: runs less groups."""
    squares: Floats
    """Of log quantiles: shape (selections, quantiles)."""
    own_squares: Floats
    """The same after each run's own median over the steps is taken out: what steps do on their own."""
    run_squares: Floats
    """Of those medians, which move every step together: shape (quantiles,)."""

    def __add__(self, other: Spread) -> Spread:
        """Sums of the same axes; nan where either does not know (`pool` takes what each of them knows)."""
        return Spread(
            self.df + other.df,
            self.squares + other.squares,
            self.own_squares + other.own_squares,
            self.run_squares + other.run_squares,
        )


@dataclass(frozen=True)
class Pooled:
    """Spreads added up, each only where it knows: sums of squares, and degrees of freedom of the same shape."""

    df: Floats
    squares: Floats
    own_df: Floats
    own_squares: Floats
    run_df: Floats
    run_squares: Floats


def pool(spreads: Sequence[Spread]) -> Pooled:
    """Add spreads up. What one of them could not measure (nan) gives neither squares nor degrees of freedom."""
    return Pooled(
        *_added([(one.df, one.squares) for one in spreads]),
        *_added([(one.df, one.own_squares) for one in spreads]),
        *_added([(one.df, one.run_squares) for one in spreads]),
    )


def _added(parts: Sequence[tuple[int, Floats]]) -> tuple[Floats, Floats]:
    df = sum(one * ~np.isnan(squares) for one, squares in parts)
    return np.asarray(df, dtype=np.float64), np.asarray(sum(np.nan_to_num(squares) for _, squares in parts))


def spread_of(group: Group, steps: NDArray[np.bool_]) -> Spread:
    """What the runs of one group say. `steps` marks the selections that are steps: journeys repeat what steps say."""
    about_mean = group.logs - group.logs.mean(axis=0)
    medians = run_wide(about_mean, steps)
    own = about_mean - medians[:, None, :]
    return Spread(
        max(0, group.runs - 1),
        (about_mean**2).sum(axis=0),
        (own**2).sum(axis=0),
        ((medians - medians.mean(axis=0)) ** 2).sum(axis=0),
    )


def run_wide(logs: Floats, steps: NDArray[np.bool_]) -> Floats:
    """What moved every step together: the median over steps, for arrays of shape (..., selections, quantiles)."""
    told = logs[..., steps, :]
    if not told.shape[-2]:
        return np.full((*logs.shape[:-2], logs.shape[-1]), np.nan)
    if not np.isnan(told).any():
        return np.asarray(np.median(told, axis=-2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a quantile that no step can place is nan, and said so later
        return np.asarray(np.nanmedian(told, axis=-2))
