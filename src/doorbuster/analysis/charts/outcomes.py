"""What went wrong for shoppers as the peak went on, kind upon kind."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from doorbuster.analysis.charts.style import (
    LAST_YEAR,
    Line,
    area_legend,
    bin_seconds,
    clock_axis,
    draw_lines,
    name_lines,
    new_figure,
    say_empty,
)
from doorbuster.analysis.charts.years import Years, bins_on_clock
from doorbuster.analysis.load import Run
from doorbuster.analysis.wording import clock_text, percent, whole
from doorbuster.vocabulary import FAILED_OUTCOMES, OUTCOMES, Outcome

# Pale to dark as it gets worse, hatched apart: what has no colour left in print keeps its lines.
_LOOKS: Final[dict[Outcome, dict[str, Any]]] = {
    "rejected": {"facecolor": "#dfe8f1", "hatch": "", "edgecolor": "#5b7fa6"},
    "throttled": {"facecolor": "#9dbad5", "hatch": "....", "edgecolor": "#123c69"},
    "conflict": {"facecolor": "#4f7cac", "hatch": "----", "edgecolor": "white"},
    "unknown": {"facecolor": "#f3d9a4", "hatch": "xxxx", "edgecolor": "#7a4b00"},
    "error": {"facecolor": "#b3261e", "hatch": "", "edgecolor": "#b3261e"},
    "abandoned": {"facecolor": "#e8a49f", "hatch": "////", "edgecolor": "#7d1712"},
}
_Floats = NDArray[np.float64]


def outcomes_chart(years: Years) -> Figure:
    """Shares of steps by outcome other than ok, one upon the other, over this run's clock; last year's failures a line.

    "rejected" and "unknown" are no failures, and not in last year's line.
    """
    run = years.run
    width_s = bin_seconds(run.duration_s, 30)
    figure, axes = new_figure("Steps that did not end well", "")
    clock_axis(axes, run.duration_s, run.warm_up_s)
    bins = max(1, int(np.ceil(run.duration_s / width_s)))
    edges = np.arange(bins + 1) * float(width_s)
    counts = {outcome: _counts(years, years.candidates, {outcome}, width_s, bins) for outcome in OUTCOMES}
    every = np.sum(list(counts.values()), axis=0)
    steps = int(every.sum())
    floor, areas = np.zeros(bins), []
    for outcome, look in _LOOKS.items():
        if counts[outcome].any():
            top = floor + _percent(counts[outcome], every)
            axes.stairs(top, edges, baseline=floor, fill=True, linewidth=0.4, **look)
            areas.append((f"{outcome} {percent(counts[outcome].sum() / steps)}", look))
            floor = top
    lines, then = [], _counts(years, years.baselines, set(OUTCOMES), width_s, bins)
    if then.any():
        failed = _counts(years, years.baselines, FAILED_OUTCOMES, width_s, bins)
        share = np.where(then > 0, _percent(failed, then), np.nan)
        middle = (edges[:-1] + width_s / 2).tolist()
        lines.append(Line(middle, share.tolist(), "last year,\nfailures", LAST_YEAR, "-", "s"))
    highest = max([float(floor.max(initial=0)), *(float(np.nanmax(line.y)) for line in lines)])
    axes.set_ylim(0, highest * 1.12 or 1.0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    said = f"percent of n = {whole(steps)} steps, each bar {clock_text(width_s)}"
    if not areas:
        # In the second line where a line of last year's needs the middle.
        said = f"all {whole(steps)} steps ended well; percent, each point {clock_text(width_s)}" if steps else ""
        if not highest:
            said, lines = "", []
            say_empty(axes, _nothing(steps, int(then.sum())))
    axes.texts[0].set_text(said)
    for line in lines:
        axes.plot(line.x, line.y, color="white", linewidth=4)  # a rim, for a grey line on hatched areas
    draw_lines(axes, lines)
    name_lines(axes, lines)
    if areas:
        area_legend(axes, areas, 3)
    return figure


def _nothing(steps: int, steps_then: int) -> str:
    if not steps:
        return "no steps were recorded"
    then = f"\nand so did last year's {whole(steps_then)}" if steps_then else ""
    return f"All {whole(steps)} steps ended well{then}."


def _percent(part: _Floats, every: _Floats) -> _Floats:
    return np.divide(100 * part, every, out=np.zeros(len(every)), where=every > 0)


def _counts(years: Years, runs: Sequence[Run], outcomes: AbstractSet[str], width_s: int, bins: int) -> _Floats:
    """Steps that ended so, of all the runs, by bin."""
    total = np.zeros(bins + 1)
    for run in runs:
        rows = run.latency[(run.latency["clock"] == "response") & run.latency["outcome"].isin(outcomes)]
        bin_of_second = bins_on_clock(years.run, run, width_s, bins)
        second = rows["second"].to_numpy()
        known = (second >= 0) & (second < len(bin_of_second))
        place = np.where(known, bin_of_second[np.clip(second, 0, len(bin_of_second) - 1)], bins)
        total += np.bincount(np.where(place < 0, bins, place), rows["count"].to_numpy(dtype=float), bins + 1)
    return total[:bins]
