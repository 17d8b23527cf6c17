"""How long shoppers waited as the peak went on, this year and last."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from doorbuster.analysis.charts.binned import binned_quantiles
from doorbuster.analysis.charts.style import (
    LAST_YEAR,
    THIS_YEAR,
    Dash,
    Line,
    bin_seconds,
    clock_axis,
    draw_lines,
    latency_axis,
    legend,
    name_lines,
    new_figure,
    say_empty,
)
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, chosen_rows
from doorbuster.analysis.wording import clock_text

_QUANTILES = (0.50, 0.95, 0.99)
_LOOKS: tuple[tuple[str, Dash, str], ...] = (("p50", (0, (1, 1.5)), ""), ("p95", "-", "o"), ("p99", (0, (5, 2)), ""))


def latency_chart(run: Run, baseline: Run | None, selection: Selection) -> Figure:
    """p50, p95 and p99 of a step or journey over the scenario's clock; last year in grey with the same dashes."""
    width_s = _point_seconds(run, selection)
    what = selection.name if selection.kind == "step" else f"a step of {selection.name}"
    figure, axes = new_figure(f"How long {what} takes", "")
    clock_axis(axes, run.duration_s, run.warm_up_s)
    lines = _lines(run, selection, width_s, THIS_YEAR)
    theirs = _lines(baseline, selection, width_s, LAST_YEAR) if baseline is not None else []
    values = [value for line in (*theirs, *lines) for value in line.y if not np.isnan(value)]
    if not values:
        say_empty(axes, "too few were measured to draw")
        return figure
    unit = latency_axis(axes, values)
    axes.texts[0].set_text(f"{unit}; each point {clock_text(width_s)}")
    draw_lines(axes, [*theirs, *lines])
    name_lines(axes, lines or theirs)
    shown = [("this year", {"color": THIS_YEAR})] if lines else []
    shown += [("last year, same dashes", {"color": LAST_YEAR})] if theirs else []
    legend(axes, shown)
    return figure


def _point_seconds(run: Run, selection: Selection) -> int:
    """Seconds a point stands for: rare steps get fewer, wider points, so that each still has a p95."""
    rows = chosen_rows(run, selection, "response", warm_up=True)
    points = min(24, max(6, int(rows["count"].sum()) // 20))
    return bin_seconds(run.duration_s, points)


def _lines(run: Run, selection: Selection, width_s: int, colour: str) -> list[Line]:
    bins = max(1, int(np.ceil(run.duration_s / width_s)))
    bin_of_second = np.arange(int(np.ceil(run.duration_s))) // width_s
    values_ms = binned_quantiles(run, selection, bin_of_second, bins, _QUANTILES)
    if np.isnan(values_ms).all():
        return []
    middle = ((np.arange(bins) + 0.5) * width_s).tolist()
    width = 1.6 if colour == THIS_YEAR else 1.1
    return [
        Line(middle, values_ms[:, position].tolist(), name, colour, dash, marker, width)
        for position, (name, dash, marker) in enumerate(_LOOKS)
    ]
