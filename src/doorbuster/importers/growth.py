"""Two years in one file give growth, each count for itself: requests, sessions and orders grow differently."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from doorbuster.importers.grid import DAY_S
from doorbuster.importers.imported import Figure, ImportedCurve
from doorbuster.importers.spans import spans

YEAR_DAYS: Final = 364
"""Fifty-two weeks: the same weekday a year before."""
FEWEST_WEEKS: Final = 4
_RESAMPLES: Final = 2000
_SEED: Final = 20261127


def growth_of(curve: ImportedCurve, meaning: str) -> Figure | None:
    """The factor from one year to the next of a count, over all weeks that the file holds in both.

    Ratio of sums; the 95 % interval from resampling whole weeks with replacement (Efron and Tibshirani 1993,
    An Introduction to the Bootstrap, chapter 8), because the days of a week move together. It covers the weeks'
    scatter, not a change of what is counted. None with less than four weeks in common.
    """
    counts = curve.counts.get(meaning)
    if counts is None:
        return None
    of_meaning = replace(curve, counts={curve.leading: counts})
    days = spans(of_meaning, DAY_S)
    day = days.local_s // DAY_S
    by_day = {int(d): float(c) for d, c, whole in zip(day, days.count, days.whole, strict=True) if whole}
    # The latest year against the one before it, where the file holds more than two.
    pairs = [
        (d, by_day[d - YEAR_DAYS], by_day[d]) for d in by_day if d - YEAR_DAYS in by_day and d > day[-1] - YEAR_DAYS
    ]
    weeks = sorted({d // 7 for d, _, _ in pairs})
    if len(weeks) < FEWEST_WEEKS:
        return None
    place = {week: index for index, week in enumerate(weeks)}
    earlier, later = np.zeros(len(weeks)), np.zeros(len(weeks))
    for d, before, after in pairs:
        earlier[place[d // 7]] += before
        later[place[d // 7]] += after
    if earlier.sum() <= 0 or later.sum() <= 0:
        return None
    picks = np.random.default_rng(_SEED).integers(0, len(weeks), (_RESAMPLES, len(weeks)))
    below = earlier[picks].sum(axis=1)
    ratios = (later[picks].sum(axis=1) / np.where(below > 0, below, np.nan))[below > 0]
    low, high = np.quantile(ratios, [0.025, 0.975])
    return Figure(
        f"growth of {meaning.replace('_', ' ')}",
        float(later.sum() / earlier.sum()),
        "measured",
        f"{len(weeks)} weeks that the file holds in two years, the same weekdays",
        float(low),
        float(high),
    )
