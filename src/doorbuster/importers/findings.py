"""What is worth knowing about a curve before it is rehearsed, in the order in which it should be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from doorbuster.importers import published
from doorbuster.importers.clocks import changes_within
from doorbuster.importers.gaps import gaps
from doorbuster.importers.grid import DAY_S, moment_text
from doorbuster.importers.growth import growth_of
from doorbuster.importers.imported import Figure, Finding, ImportedCurve, Window
from doorbuster.importers.midnight import midnight_cut
from doorbuster.importers.peaks import busiest
from doorbuster.importers.season import LoneDay, low_days, november
from doorbuster.importers.spans import HOUR_S, length_text
from doorbuster.vocabulary import JOURNEYS

_BURST: Final = 4.0
"""Times the hours beside it."""
_JOURNEYS_OF: Final = {
    "sessions": ("browse",),
    "requests": ("browse",),
    "cart_sessions": ("cart",),
    "orders": ("native_checkout", "express_wallet"),
    "buying_sessions": ("native_checkout", "express_wallet"),
    **{journey: (journey,) for journey in JOURNEYS},
}


def curve_findings(curve: ImportedCurve, window: Window, lone: list[LoneDay], session_cut: bool) -> list[Finding]:
    """Peaks, gaps, season and clock of any curve, whoever imported it."""
    found = [Finding("peak", one.sentence(curve.leading)) for one in busiest(curve)]
    found += [*_coarse(curve), *_burst(curve, window), *gaps(curve)]
    found += [Finding("season", one.sentence, True) for one in lone]
    found += [*november(curve), *low_days(curve)]
    for place, forward_s in changes_within(curve.offset_s):
        when = moment_text(int(curve.local_s[place]))
        way, so = (
            ("forward", "the hour they skip is no gap")
            if forward_s > 0
            else ("back", "the hour that comes twice is two")
        )
        found.append(Finding("clock", f"clocks went {way} by {abs(forward_s) // 60} min ({when}): {so}"))
    if curve.offset_s is None and curve.step_s < DAY_S:
        found.append(
            Finding(
                "clock",
                "no UTC offset in the file and no --timezone: times are taken as written, and an hour that clocks "
                "repeat or skip cannot be told from a fault",
            )
        )
    if session_cut:
        found.append(midnight_cut(curve, window))
    return found


def _coarse(curve: ImportedCurve) -> list[Finding]:
    """What steps longer than a minute hide."""
    rows = f"rows of {length_text(curve.step_s)}"
    if curve.step_s == DAY_S:
        peak = published.DAY_PEAK
        told = f"{rows} hold no busiest hour: it is assumed at {peak.value} times the day's mean minute ({peak.why})"
        return [Finding("peak", told, True)]
    if curve.step_s > HOUR_S:
        return [Finding("peak", f"{rows} hold no busiest hour: it is assumed at the mean of the busiest row", True)]
    if curve.step_s > 60:
        told = f"{rows}: the busiest minute inside cannot be seen, and is busier than the mean that is rehearsed"
        return [Finding("peak", told, curve.step_s >= 900)]
    return []


def _burst(curve: ImportedCurve, window: Window) -> list[Finding]:
    """An hour far above the hours beside it is a drop, a mailing or a batch, not a day's tide."""
    size = window.last - window.first
    beside = np.concatenate(
        [curve.count[max(0, window.first - size) : window.first], curve.count[window.last :][:size]]
    )
    if curve.step_s > HOUR_S or size == 0 or beside.size < size or not np.nansum(beside) > 0:
        return []
    ratio = float(np.nanmean(curve.count[window.first : window.last]) / np.nanmean(beside))
    if ratio < _BURST:
        return []
    told = f"the chosen hour is {ratio:.3g} times the hours beside it: a mailing, a drop, or rows entered at once"
    return [Finding("peak", told, True)]


def growth_by_journey(curve: ImportedCurve) -> tuple[dict[str, Figure], list[Finding]]:
    """Measured factors for the journeys that a count stands for, beside what others measured."""
    growth: dict[str, Figure] = {}
    told, fell = [], False
    for meaning in curve.counts:
        figure = growth_of(curve, meaning)
        if figure is None:
            continue
        between = f"{figure.low:.2f} to {figure.high:.2f}"
        told.append(f"{meaning.replace('_', ' ')} {figure.value:.2f} times ({between}; {figure.why})")
        fell = fell or figure.value < 1
        for journey in _JOURNEYS_OF.get(meaning, ()):
            growth.setdefault(journey, replace(figure, name=f"traffic.growth.{journey}"))
    if not told:
        told_not = "the file does not hold the same four weeks of two years: growth is assumed"
        return {}, [Finding("growth", f"{told_not}. Published: {published.GROWTH_WARNING}", True)]
    missing = [journey for journey in JOURNEYS if journey not in growth]
    rest = f" The file says nothing of {', '.join(missing)}: assumed." if missing else ""
    less = " A factor below one rehearses less than last year." if fell else ""
    return growth, [
        Finding(
            "growth",
            f"from one year to the next {'; '.join(told)}. That next year grows as last year did is a guess."
            f"{less}{rest} Published: {published.GROWTH_WARNING}",
            fell,
        )
    ]
