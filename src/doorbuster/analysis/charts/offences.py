"""When promises were broken, against how busy the shop was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from doorbuster.analysis.charts.style import (
    ALARM,
    THIS_YEAR,
    Line,
    bin_seconds,
    clock_axis,
    draw_lines,
    name_lines,
    new_figure,
    say_empty,
)
from doorbuster.analysis.load import Run
from doorbuster.analysis.wording import clock_text, whole
from doorbuster.promises.fact import Offence


def offences_chart(run: Run, offences: Sequence[Offence]) -> Figure:
    """Broken promises over the scenario's clock as bars, and sessions started a minute as a line behind the same clock.

    Offences that have no time, such as stock that is missing in the end, are counted in the chart's second line.
    """
    at_s = np.array([max(0.0, offence.at_us / 1e6) for offence in offences if offence.at_us is not None])
    # Purchases end, and events arrive, after the last arrival.
    end_s = max(run.duration_s, float(at_s.max(initial=0.0)))
    width_s = bin_seconds(end_s, 40)
    timeless = len(offences) - len(at_s)
    beside = f"; {whole(timeless)} more have no time" if timeless else ""
    figure, axes = new_figure("Promises broken, and load", f"cases, each bar {clock_text(width_s)}{beside}")
    clock_axis(axes, end_s, run.warm_up_s)
    if not len(at_s):
        say_empty(axes, "nothing that was broken has a time")
        return figure
    edges = np.arange(0, end_s + width_s, width_s)
    middle = edges[:-1] + width_s / 2
    cases, _ = np.histogram(at_s, edges)
    axes.bar(middle, cases, width_s * 0.9, color="white", edgecolor=ALARM, hatch="////", linewidth=0.8)
    axes.set_ylim(0, float(cases.max()) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    started, _ = np.histogram(run.arrivals["second"], edges, weights=run.arrivals["started"])
    per_minute = started * 60.0 / np.maximum(1.0, np.minimum(edges[1:], end_s) - edges[:-1])
    load = axes.twinx()
    load.spines[["top", "right"]].set_visible(False)
    load.set_yticks([])
    lines = [
        Line(middle.tolist(), per_minute.tolist(), f"load, up to\n{whole(per_minute.max())} a min", THIS_YEAR, "-", "o")
    ]
    draw_lines(load, lines)
    load.set_ylim(0, max(1.0, float(per_minute.max())) * 1.12)
    name_lines(load, lines)
    return figure
