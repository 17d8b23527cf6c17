"""Shoppers a minute, planned, started and last year's, and how late each was let in: our own part, shown first."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
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
    new_panels,
    say_empty,
)
from doorbuster.analysis.charts.years import Years, bins_on_clock
from doorbuster.analysis.load import Run
from doorbuster.analysis.wording import clock_text, milliseconds, whole

_HEIGHT_INCHES = 4.3
_Floats = NDArray[np.float64]


def arrivals_chart(years: Years) -> Figure:
    """Above: planned, started and last year's sessions a minute, drops marked. Below: how late they were started.

    Of several runs the first is drawn.
    """
    run = years.run
    width_s = bin_seconds(run.duration_s, 40)
    which = f"; run 1 of {len(years.candidates)}" if len(years.candidates) > 1 else ""
    each = f"each point {clock_text(width_s)}{which}"
    figure, (above, below) = new_panels(
        ("Shoppers arriving", "How late we let them in"), (f"sessions a minute, {each}", ""), _HEIGHT_INCHES, (3, 2)
    )
    edges = np.arange(0, run.duration_s + width_s, width_s)
    _arrivals(above, years, edges)
    _lateness(below, run, edges)
    above.set_xlabel("")
    return figure


def _arrivals(axes: Axes, years: Years, edges: _Floats) -> None:
    run, width_s = years.run, edges[1] - edges[0]
    planned, started, dropped = (_per_minute(run, column, edges) for column in ("planned", "started", "dropped"))
    middle = edges[:-1] + width_s / 2
    lines = [
        Line(middle.tolist(), planned.tolist(), "planned", PLANNED, "-", "", 5),
        Line(middle.tolist(), started.tolist(), "started", THIS_YEAR, "-", "o"),
    ]
    last_year = last_year_per_minute(years, edges)
    if last_year is not None:
        lines.append(Line(middle.tolist(), last_year.tolist(), "last year", LAST_YEAR, "-", "s"))
    clock_axis(axes, run.duration_s, run.warm_up_s)
    if not planned.any() and not started.any():
        say_empty(axes, "no arrivals were recorded")
        return
    draw_lines(axes, lines)
    if dropped.any():
        axes.bar(middle, dropped, width_s * 0.9, color="white", edgecolor=ALARM, hatch="////", linewidth=0.8)
        lines.append(Line([0], [float(dropped[-1])], f"dropped: {whole(run.arrivals['dropped'].sum())}", ALARM))
    tops = [float(np.nanmax(line.y, initial=0.0)) for line in lines]
    axes.set_ylim(0, max(tops) * 1.12)
    name_lines(axes, lines)


def _lateness(axes: Axes, run: Run, edges: _Floats) -> None:
    """From when a shopper was due to when the journey began: p99 and the latest of each stretch."""
    clock_axis(axes, run.duration_s, run.warm_up_s, named=False)
    sessions = run.sessions
    late_ms = (sessions["started_us"] - sessions["due_us"]).to_numpy(dtype=float) / 1000
    known = ~np.isnan(late_ms)
    if run.from_telemetry or not known.any():
        say_empty(axes, "nobody was let in")
        return
    place = np.digitize(sessions["due_us"].to_numpy(dtype=float) / 1e6, edges) - 1
    p99, latest = np.full(len(edges) - 1, np.nan), np.full(len(edges) - 1, np.nan)
    for position in range(len(edges) - 1):
        here = late_ms[known & (place == position)]
        if len(here):
            p99[position], latest[position] = np.quantile(here, 0.99), here.max()
    middle = (edges[:-1] + (edges[1] - edges[0]) / 2).tolist()
    lines = [
        Line(middle, latest.tolist(), "latest", THIS_YEAR, (0, (1, 1.5)), ""),
        Line(middle, p99.tolist(), "p99", THIS_YEAR, "-", "o"),
    ]
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: milliseconds(value) if value else "0"))
    axes.set_ylim(0, float(np.nanmax(latest)) * 1.15 or 1.0)
    axes.texts[0].set_text(f"milliseconds after they were due, n = {whole(known.sum())}")
    draw_lines(axes, lines)
    name_lines(axes, lines, 0.16)


def _per_minute(run: Run, column: str, edges: _Floats) -> _Floats:
    counted, _ = np.histogram(run.arrivals["second"], edges, weights=run.arrivals[column])
    return counted * 60.0 / _widths(run, edges)


def _widths(run: Run, edges: _Floats) -> _Floats:
    """Seconds of each bin that lie within the run: the last one may be cut."""
    return np.maximum(1.0, np.minimum(edges[1:], run.duration_s) - edges[:-1])


def last_year_per_minute(years: Years, edges: _Floats) -> _Floats | None:
    """Last year's curve on this run's clock; where the run has none, what the baseline planned; None without either."""
    run = years.run
    curve = run.info.get("last_year")
    if isinstance(curve, dict) and curve.get("second"):
        starts = np.asarray(curve["second"], dtype=float)
        rate = np.asarray(curve["sessions_per_s"], dtype=float)
        ends = np.append(starts[1:], max(run.duration_s, starts[-1]))
        arrived = np.concatenate([[0.0], np.cumsum(rate * (ends - starts))])
        total = np.diff(np.interp(edges, np.append(starts, ends[-1]), arrived))
        return np.asarray(total * 60.0 / _widths(run, edges))
    for last in years.baselines[:1]:
        if len(last.arrivals):
            return _on_clock(run, last, edges)
    return None


def _on_clock(run: Run, last: Run, edges: _Floats) -> _Floats:
    """What last year's run planned, a minute of its own: squeezing a clock leaves the rates as they are."""
    bins = len(edges) - 1
    place = bins_on_clock(run, last, edges[1] - edges[0], bins)
    second = last.arrivals["second"].clip(0, len(place) - 1).to_numpy()
    planned = np.bincount(second, last.arrivals["planned"], len(place))
    kept = place >= 0
    seconds = np.bincount(place[kept], minlength=bins)
    arrived = np.bincount(place[kept], planned[kept], bins)
    return np.asarray(np.divide(60.0 * arrived, seconds, out=np.full(bins, np.nan), where=seconds > 0))
