"""Where the shop ends: what it completes as more come, and how much of an objective's budget is spent."""

from __future__ import annotations

import math
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from doorbuster.analysis.budgets import beyond_by_second, budget_of
from doorbuster.analysis.charts.style import ALARM, LAST_YEAR, PLANNED, THIS_YEAR, bin_seconds, legend, say_empty
from doorbuster.analysis.gate_file import Objective
from doorbuster.analysis.headroom import Headroom, Located
from doorbuster.analysis.holds import HeldObjective
from doorbuster.analysis.wording import clock_text, milliseconds, percent, times, whole

_SIZE_INCHES: Final = (4.8, 4.9)
_MOST_POINTS: Final = 40
# Shape and filling tell the verdicts apart without any colour.
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "held": {"marker": "o", "color": THIS_YEAR, "markerfacecolor": THIS_YEAR},
    "in between": {"marker": "D", "color": "#5b7fa6", "markerfacecolor": "white"},
    "too few": {"marker": "s", "color": LAST_YEAR, "markerfacecolor": "white"},
    "broken": {"marker": "X", "color": ALARM, "markerfacecolor": ALARM},
}


def headroom_chart(headroom: Headroom) -> Figure:
    """The ramp's completions against what was planned; below, the share beyond the tightest objective's limit."""
    located = headroom.located
    with mpl.rc_context({"font.size": 9, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.25, 1))
    figure.suptitle("How much more than last year's peak?", x=0.01, ha="left", fontsize=11, fontweight="bold")
    for axes in (upper, lower):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=9, length=3)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
    end = 1.04 * max([located.top, 1.0, *(hold.times for hold in headroom.holds)])
    upper.set_xlim(0, end)
    width_s = bin_seconds(located.load.times.size, _MOST_POINTS)
    _completions(upper, located, width_s, end)
    _share(lower, headroom, width_s)
    _mark(upper, 1.0, "last year's peak", LAST_YEAR)
    lower.axvline(1.0, color=LAST_YEAR, linewidth=0.9, linestyle=":")
    for bound in (headroom.low, headroom.high):
        if not math.isnan(bound):
            for axes in (upper, lower):
                axes.axvline(bound, color=THIS_YEAR, linewidth=0.8, linestyle="--")
    if not math.isnan(headroom.low) and not math.isnan(headroom.high):
        for axes in (upper, lower):
            axes.axvspan(headroom.low, headroom.high, color="#ececec", zorder=0, linewidth=0)
    sessions = int(located.run.arrivals.loc[located.run.arrivals["second"] >= located.load.first_s, "planned"].sum())
    peak = located.load.peak_per_s * 60
    a_minute = whole(peak) if peak >= 100 else f"{peak:.3g}"
    lower.set_xlabel(
        f"planned, times last year's peak of {a_minute} a minute; n = {whole(sessions)} sessions", fontsize=8.5
    )
    for axis in (upper.xaxis, upper.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}x"))
    return figure


def _completions(axes: Axes, located: Located, width_s: int, end: float) -> None:
    axes.plot([0, end], [0, end], color=PLANNED, linewidth=5, solid_capstyle="butt")
    top = located.top
    axes.annotate("planned", (top * 0.88, top * 0.92), ha="right", va="bottom", fontsize=9, color="#5b7fa6")
    said = f"completed, times last year's peak; each point {clock_text(width_s)} of the ramp"
    axes.set_title(said, loc="left", fontsize=8.5, color="#444444")
    axes.set_ylim(0, end)
    if located.work is None:
        say_empty(axes, "nothing was answered while the shop was quiet")
        return
    load, done = (_means(values, width_s) for values in (located.load.times, located.work.completed))
    axes.plot(load, done, color=THIS_YEAR, linewidth=1.6, marker="o", markersize=3)
    plateau = located.plateau
    if plateau is not None:
        axes.axhline(plateau.times, color=THIS_YEAR, linewidth=0.8, linestyle="-.")
        axes.annotate(
            f"completes {times(plateau.times)}",
            (0.01, plateau.times),
            (0, 3),
            ("axes fraction", "data"),
            textcoords="offset points",
            fontsize=9,
            color=THIS_YEAR,
            annotation_clip=True,
        )


def _share(axes: Axes, headroom: Headroom, width_s: int) -> None:
    objective = _tightest(headroom)
    budget = budget_of(objective)
    located = headroom.located
    beyond, every = beyond_by_second(located.run, objective, located.load.first_s, located.load.times.size)
    slow, asked = (_means(values, width_s) for values in (beyond, every))
    load = _means(located.load.times, width_s)
    seen = asked > 0
    share = slow[seen] / asked[seen]
    axes.plot(load[seen], share, color=THIS_YEAR, linewidth=1.2, marker=".", markersize=4)
    limit = percent(objective.limit) if objective.metric == "error_rate" else milliseconds(objective.limit)
    what = "failed" if objective.metric == "error_rate" else f"slower than {limit}"
    axes.set_title(
        f"{objective.selection.name}: share {what} (ramp: n = {whole(every.sum())} steps)",
        loc="left",
        fontsize=8.5,
        color="#444444",
    )
    axes.axhline(budget, color=ALARM, linewidth=1, linestyle="--")
    axes.annotate(
        f"{percent(budget)} may be",
        (0.01, budget),
        (0, 3),
        ("axes fraction", "data"),
        textcoords="offset points",
        fontsize=8.5,
        color=ALARM,
    )
    shown = set()
    tallest = 4 * budget
    for hold in headroom.holds:
        one = next(held for held in hold.objectives if held.objective == objective)
        _hold(axes, hold.times, one, _LOOKS[hold.verdict], tallest)
        shown.add(hold.verdict)
    axes.set_ylim(0, tallest)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
    if shown:
        legend(
            axes,
            [
                (f"hold: {verdict}", {**look, "linestyle": "none", "markersize": 6})
                for verdict, look in _LOOKS.items()
                if verdict in shown
            ],
        )


def _hold(axes: Axes, at: float, one: HeldObjective, look: dict[str, Any], tallest: float) -> None:
    """A hold's share, up to its upper bound; what is off the scale is drawn at its edge."""
    if not one.samples:
        return
    height = min(one.share, tallest * 0.97)
    axes.plot([at, at], [height, min(one.upper, tallest)], color=look["color"], linewidth=1)
    axes.plot([at], [height], linestyle="none", markersize=6, clip_on=False, zorder=3, **look)


def _tightest(headroom: Headroom) -> Objective:
    """The objective that broke first: in a hold, else on the ramp, else the gate's first."""
    for hold in headroom.holds:
        for one in hold.objectives:
            if one.verdict == hold.verdict == "broken":
                return one.objective
    first = headroom.located.first
    return first.objective if first is not None else headroom.located.knees[0].objective


def _mark(axes: Axes, at: float, name: str, colour: str) -> None:
    axes.axvline(at, color=colour, linewidth=0.9, linestyle=":")
    axes.annotate(
        name,
        (at, 0.03),  # below the line of what was completed, wherever the ramp ends
        (3, 0),
        ("data", "axes fraction"),
        textcoords="offset points",
        fontsize=8.5,
        color="#666666",
        rotation=90,
        va="bottom",
    )


def _means(by_second: NDArray[np.float64], width_s: int) -> NDArray[np.float64]:
    """Means over stretches of equal length; a last one that is cut is left out where there are others."""
    stretches = max(1, by_second.size // width_s)
    return np.asarray(by_second[: stretches * width_s].reshape(stretches, -1).mean(axis=1))
