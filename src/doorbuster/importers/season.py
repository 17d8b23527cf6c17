"""The season told from a viral or broken day; no November peak is a finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.grid import DAY_S
from doorbuster.importers.imported import Finding, ImportedCurve
from doorbuster.importers.spans import Spans, spans

STANDS_OUT: Final = 3.0
"""Times the median day around it."""
ORDINARY: Final = 1.5
"""Below this the days beside it took no part."""
MOST_DAYS: Final = 3
"""More on end are a sale or a season, which a shop knows of."""
NOVEMBER_PEAK: Final = 1.3
"""Black Friday or Cyber Monday against the same weekday of the weeks around: less is no peak."""
LOW: Final = 0.2


@dataclass(frozen=True)
class LoneDay:
    """A day, or up to three on end, far above the days around that no season explains."""

    day: date
    last: date
    ratio: float
    """Of the busiest of them."""
    why_broken: str
    """Empty where the day looks like shoppers."""

    @property
    def sentence(self) -> str:
        one = self.day == self.last
        what = (
            f"looks broken: {self.why_broken}"
            if self.why_broken
            else "looks viral (a mention, a mailing, a match), not a season"
        )
        them, it = ("it", "it") if one else ("them", "the busiest of them")
        return (
            f"{self.alone}: {self.ratio:.3g} times the median day of the six weeks around it, while the "
            f"days beside {them} are ordinary; {it} {what}"
        )

    @property
    def alone(self) -> str:
        return f"{self.day} stands alone" if self.day == self.last else f"{self.day} to {self.last} stand alone"


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November.

    >>> black_friday(2025)
    datetime.date(2025, 11, 28)
    """
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def in_season(day: date) -> bool:
    """Days that a shop expects to be busy: Singles' Day, Black Friday's fortnight, December up to Boxing Day."""
    friday = black_friday(day.year)
    fortnight = friday - timedelta(days=8) <= day <= friday + timedelta(days=5)
    return fortnight or (day.month, day.day) in ((11, 10), (11, 11)) or (day.month == 12 and day.day <= 26)


def dates(days: Spans) -> list[date]:
    return [datetime.fromtimestamp(int(second), UTC).date() for second in days.local_s]


def lone_days(curve: ImportedCurve) -> list[LoneDay]:
    """Viral or broken days, up to three on end; needs a fortnight of days at least."""
    days = spans(curve, DAY_S)
    named = dates(days)
    ratios = [_ratio(days, place) for place in range(len(named))]
    high = np.array([ratio is not None and ratio >= ORDINARY for ratio in ratios])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], high, [False]]).astype(np.int8)))
    found = []
    for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        top = max(range(first, after), key=lambda place: ratios[place] or 0.0)
        ratio, stretch = ratios[top] or 0.0, named[first:after]
        if ratio < STANDS_OUT or after - first > MOST_DAYS or any(in_season(day) for day in stretch):
            continue
        if any(ratios[place] for place in (first - 1, after) if 0 <= place < len(named)):
            found.append(LoneDay(stretch[0], stretch[-1], ratio, _broken(curve, named[top])))
    return found


def low_days(curve: ImportedCurve) -> list[Finding]:
    """Whole days with hardly anything on a weekday that is busy otherwise."""
    days = spans(curve, DAY_S)
    named = dates(days)
    low = []
    for place in np.flatnonzero(days.whole):
        same = _around(days, int(place), 28, every=7)
        if same.size >= 3 and days.count[place] < LOW * np.median(same) and float(np.median(same)) >= 20:
            low.append(named[place])
    if not low:
        return []
    shown = ", ".join(str(day) for day in low[:5]) + (" and others" if len(low) > 5 else "")
    return [
        Finding(
            "season", f"{len(low)} days hold less than a fifth of their weekday's median ({shown}): closed, or broken"
        )
    ]


def november(curve: ImportedCurve) -> list[Finding]:
    """Black Friday and Cyber Monday beside the same weekday of the six weeks around, for each year in the file."""
    days = spans(curve, DAY_S)
    named = dates(days)
    where = {day: place for place, day in enumerate(named) if days.present[place] > 0.5}
    found = []
    for year in range(named[0].year, named[-1].year + 1):
        friday = black_friday(year)
        ratios = {}
        for name, day in (("Black Friday", friday), ("Cyber Monday", friday + timedelta(days=3))):
            if day in where:
                same = _around(days, where[day], 42, every=7)
                if same.size >= 2 and np.median(same) > 0:
                    ratios[name] = float(days.count[where[day]] / np.median(same))
        if not ratios:
            continue
        told = " and ".join(f"{name} {ratio:.2f} times" for name, ratio in ratios.items())
        weeks = "the same weekday of the weeks around"
        if max(ratios.values()) < NOVEMBER_PEAK:
            found.append(
                Finding("season", f"no November peak in {year}: {told} {weeks}; the shop's peak is elsewhere", True)
            )
        else:
            found.append(Finding("season", f"a November peak in {year}: {told} {weeks}"))
    if not found:
        found.append(
            Finding(
                "season",
                f"the file does not hold Black Friday with weeks around it (it runs from {named[0]} to {named[-1]}): "
                "whether the shop has a November peak cannot be said",
                True,
            )
        )
    return found


def _ratio(days: Spans, place: int) -> float | None:
    """Against the median day above zero of three weeks on either side; None with too few."""
    around = _around(days, place, 21)
    around = around[around > 0]
    return float(days.count[place] / np.median(around)) if around.size >= 10 else None


def _around(days: Spans, place: int, reach_days: int, every: int = 1) -> NDArray[np.float64]:
    """Counts of the whole days within reach, the day itself left out."""
    distance = (days.local_s // DAY_S) - days.local_s[place] // DAY_S
    chosen = (np.abs(distance) <= reach_days) & (distance != 0) & (distance % every == 0) & days.whole
    counts: NDArray[np.float64] = days.count[chosen]
    return counts


def _broken(curve: ImportedCurve, day: date) -> str:
    """Why a lone day is no crowd of shoppers: one step holds it, all steps are equal, or nobody of them bought."""
    chosen = curve.local_s // DAY_S == (day - date(1970, 1, 1)).days
    counts = curve.count[chosen]
    present = counts[~np.isnan(counts)]
    if curve.step_s <= 3600 and present.size > 4:
        if present.max() > 0.5 * present.sum():
            return f"one step holds {present.max() / present.sum():.0%} of it"
        if np.unique(present).size == 1:
            return "every step has the same count"
    buyers = curve.counts.get("buying_sessions", curve.counts.get("orders"))
    if curve.leading == "sessions" and buyers is not None:
        usual = float(np.nansum(buyers[~chosen]) / max(np.nansum(curve.count[~chosen]), 1))
        on_day = float(np.nansum(buyers[chosen]) / max(present.sum(), 1))
        if usual > 0 and on_day < usual / 3:
            return f"{on_day:.2%} of its sessions bought, {usual:.2%} do otherwise: bots, or a counter gone wrong"
    return ""
