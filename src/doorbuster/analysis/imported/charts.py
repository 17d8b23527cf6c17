"""The imported curve: the whole file with its peak, and the day of the peak with what will be rehearsed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter
from numpy.typing import NDArray

from doorbuster.analysis.charts.style import (
    ALARM,
    LAST_YEAR,
    PLANNED,
    THIS_YEAR,
    Line,
    draw_lines,
    name_lines,
    new_figure,
)
from doorbuster.analysis.wording import whole
from doorbuster.importers.grid import DAY_S, moment_text
from doorbuster.importers.imported import Imported
from doorbuster.importers.season import dates, lone_days
from doorbuster.importers.spans import HOUR_S, spans

_Floats = NDArray[np.float64]
_MOST_HOURS = 24 * 10
_MOST_POINTS = 300
_TICKS_D = (1, 2, 7, 14, 28, 56, 91, 182, 364)
_TICKS_S = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, *(days * DAY_S for days in _TICKS_D))


def file_chart(imported: Imported) -> Figure:
    """All of the file by the day, or by the hour where it is short; the chosen peak and lone days marked."""
    curve = imported.curve
    length_s = DAY_S if curve.count.size * curve.step_s > _MOST_HOURS * HOUR_S or curve.step_s > HOUR_S else HOUR_S
    summed = spans(curve, length_s)
    if summed.count.size < 3:
        return _steps_chart(imported, 0, curve.count.size, "The whole file")
    figure, axes = new_figure("The whole file", f"{curve.leading} {'a day' if length_s == DAY_S else 'an hour'}")
    at = (summed.local_s // length_s * length_s).astype(float)
    count = np.where(summed.present > 0.5, summed.count, np.nan)
    lines = [Line(at.tolist(), count.tolist(), "", THIS_YEAR, "-", "", 1.1)]
    time_axis(axes, float(at[0]), float(at[-1]))
    _count_axis(axes, count)
    draw_lines(axes, lines)
    peak = float(curve.local_s[imported.window.first]) // length_s * length_s
    top = float(summed.count[np.argmin(np.abs(at - peak))])
    axes.plot([peak], [top], "o", color=THIS_YEAR, markersize=6, markerfacecolor="white", markeredgewidth=1.6, zorder=4)
    _call(axes, peak, top, "chosen peak", THIS_YEAR)
    if length_s == DAY_S:
        named = dates(summed)
        for one in lone_days(curve):
            places = [place for place, day in enumerate(named) if one.day <= day <= one.last]
            axes.plot(at[places], summed.count[places], "x", color=ALARM, markersize=6, zorder=4)
            highest = max(places, key=lambda place: float(summed.count[place]))
            said = "stands alone" if len(places) == 1 else "stand alone"
            _call(axes, float(at[highest]), float(summed.count[highest]), said, ALARM)
    return figure


def peak_chart(imported: Imported) -> Figure:
    """The day around the window, the window shaded; absent steps are gaps, and said."""
    curve, window = imported.curve, imported.window
    # Of rows longer than an hour a week on either side is shown: a day would be a point or two.
    length_s = DAY_S if curve.step_s <= HOUR_S else 15 * DAY_S
    around = max(0, (length_s - (window.last - window.first) * curve.step_s) // 2 // curve.step_s)
    return _steps_chart(
        imported, max(0, window.first - around), min(curve.count.size, window.last + around), "The peak"
    )


def _steps_chart(imported: Imported, first: int, last: int, title: str) -> Figure:
    curve, window = imported.curve, imported.window
    per = max(1, -(-(last - first) // _MOST_POINTS))
    at, count = _binned(curve.local_s[first:last].astype(float), curve.count[first:last], per)
    per_minute = count * 60 / curve.step_s * imported.sessions_per_count
    figure, axes = new_figure(title, f"sessions a minute, each point {length_words(per * curve.step_s)}")
    time_axis(axes, float(at[0]), float(at[-1]) + per * curve.step_s)
    _count_axis(axes, per_minute)
    start = float(curve.local_s[window.first])
    end = start + (window.last - window.first) * curve.step_s
    axes.axvspan(start, end, color=PLANNED, alpha=0.6, linewidth=0, zorder=0)
    axes.annotate(
        "rehearsed",
        (end, 0.99),
        (3, 0),
        ("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        fontsize=8.5,
        color="#3f6187",
    )
    middle = at + per * curve.step_s / 2
    one = Line(middle.tolist(), per_minute.tolist(), "", THIS_YEAR, "-", "o" if at.size < 40 else "", 1.3)
    draw_lines(axes, [one])
    typical = float(np.nanmedian(curve.count)) * 60 / curve.step_s * imported.sessions_per_count
    median = Line(
        [float(at[0]), float(axes.get_xlim()[1])], [typical, typical], "median", LAST_YEAR, (0, (5, 2)), "", 1.1
    )
    draw_lines(axes, [median])
    name_lines(axes, [median])
    absent = int(np.isnan(curve.count[first:last]).sum())
    if absent:
        axes.set_xlabel(f"{whole(absent)} steps are absent here: gaps in the line, not zeros", fontsize=8.5)
    return figure


def _binned(at: _Floats, count: _Floats, per: int) -> tuple[_Floats, _Floats]:
    """Means of `per` steps each; nan where all are absent."""
    if per == 1:
        return at, count
    starts = np.arange(0, count.size, per)
    present = np.add.reduceat((~np.isnan(count)).astype(float), starts)
    total = np.add.reduceat(np.nan_to_num(count), starts)
    return at[starts], np.where(present > 0, total / np.maximum(present, 1), np.nan)


def _count_axis(axes: Axes, counts: NDArray[np.float64]) -> None:
    """From zero, with room for names above; millions in words, because an exponent would lie over the title."""
    axes.set_ylim(0, max(float(np.nanmax(counts, initial=0)), 1e-9) * 1.16)
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / 1e6:g} M" if value >= 1e6 else f"{value:,g}")
    )


def _call(axes: Axes, x: float, y: float, words: str, colour: str) -> None:
    left, right = axes.get_xlim()
    far = (x - left) / max(right - left, 1) > 0.7
    side, away = ("right", -6) if far else ("left", 6)
    axes.annotate(words, (x, y), (away, 5), textcoords="offset points", ha=side, fontsize=8.5, color=colour)


def time_axis(axes: Axes, first_s: float, last_s: float) -> None:
    """Dates where the span is long, the time of day where it is short."""
    span = max(last_s - first_s, 60.0)
    step = next((tick for tick in _TICKS_S if span / tick <= 6), _TICKS_S[-1])
    axes.set_xlim(first_s, first_s + span)
    ticks = np.arange(np.ceil(first_s / step) * step, first_s + span + 1, step)
    axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, step, span, ticks)))


def _tick(value: float, step: float, span: float, ticks: Sequence[float] | NDArray[np.float64]) -> str:
    moment = moment_text(int(value))
    if step >= DAY_S:
        return moment[:7] if span > 400 * DAY_S else moment[5:10]
    first_of_day = not any(value > tick and tick // DAY_S == value // DAY_S for tick in ticks)
    return f"{moment[11:16]}\n{moment[5:10]}" if first_of_day else moment[11:16]


def length_words(seconds: int) -> str:
    """E.g. `5 min`."""
    for size, word in ((DAY_S, "d"), (HOUR_S, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
