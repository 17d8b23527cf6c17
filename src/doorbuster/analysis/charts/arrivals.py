"""Shoppers a minute: planned, started, and last year's; whoever was not let in is shown."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from doorbuster.analysis.charts.style import (
    ALARM,
    LAST_YEAR,
    PLANNED,
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


def arrivals_chart(run: Run, baseline: Run | None) -> Figure:
    """Planned, started and last year's sessions a minute over the scenario's clock, drops marked."""
    width_s = bin_seconds(run.duration_s, 40)
    figure, axes = new_figure("Shoppers arriving", f"sessions a minute, each point {clock_text(width_s)}")
    edges = np.arange(0, run.duration_s + width_s, width_s)
    planned, started = (_per_minute(run, column, edges) for column in ("planned", "started"))
    dropped = _per_minute(run, "dropped", edges)
    middle = edges[:-1] + width_s / 2
    lines = [
        Line(middle.tolist(), planned.tolist(), "planned", PLANNED, "-", "", 5),
        Line(middle.tolist(), started.tolist(), "started", THIS_YEAR, "-", "o"),
    ]
    last_year = last_year_per_minute(run, baseline, edges)
    if last_year is not None:
        lines.append(Line(middle.tolist(), last_year.tolist(), "last year", LAST_YEAR, "-", "s"))
    clock_axis(axes, run.duration_s, run.warm_up_s)
    if not planned.any() and not started.any():
        say_empty(axes, "no arrivals were recorded")
        return figure
    draw_lines(axes, lines)
    if dropped.any():
        axes.bar(middle, dropped, width_s * 0.9, color="white", edgecolor=ALARM, hatch="////", linewidth=0.8)
        lines.append(Line([0], [float(dropped[-1])], f"dropped: {whole(run.arrivals['dropped'].sum())}", ALARM))
    axes.set_ylim(0, max(float(line_max) for line_max in (planned.max(), started.max(), _top(last_year))) * 1.12)
    name_lines(axes, lines)
    return figure


def _top(values: NDArray[np.float64] | None) -> float:
    return float(values.max()) if values is not None and len(values) else 0.0


def _per_minute(run: Run, column: str, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    counted, _ = np.histogram(run.arrivals["second"], edges, weights=run.arrivals[column])
    return counted * 60.0 / _widths(run, edges)


def _widths(run: Run, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds of each bin that lie within the run: the last one may be cut."""
    return np.maximum(1.0, np.minimum(edges[1:], run.duration_s) - edges[:-1])


def last_year_per_minute(run: Run, baseline: Run | None, edges: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Last year's curve on this run's clock; where the run has none, what the baseline planned; None without either."""
    curve = run.info.get("last_year")
    if isinstance(curve, dict) and curve.get("second"):
        starts = np.asarray(curve["second"], dtype=float)
        rate = np.asarray(curve["sessions_per_s"], dtype=float)
        ends = np.append(starts[1:], max(run.duration_s, starts[-1]))
        arrived = np.concatenate([[0.0], np.cumsum(rate * (ends - starts))])
        total = np.diff(np.interp(edges, np.append(starts, ends[-1]), arrived))
        return np.asarray(total * 60.0 / _widths(run, edges))
    if baseline is not None and len(baseline.arrivals):
        return _per_minute(baseline, "planned", edges)
    return None
