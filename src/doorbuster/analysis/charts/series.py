"""The shop's own metrics under what shoppers waited, on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from doorbuster.analysis.charts.binned import binned_quantiles
from doorbuster.analysis.charts.style import (
    SIZE_INCHES,
    THIS_YEAR,
    Dash,
    Line,
    bin_seconds,
    clock_axis,
    draw_lines,
    latency_axis,
    name_lines,
    say_empty,
)
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.series.line import Series, SeriesLine
from doorbuster.analysis.wording import clock_text, whole

MOST_DRAWN: Final = 5
_GAP: Final = 2.5
"""Samples further apart than so many of their usual steps have a hole between them."""
_LOOKS: Final[tuple[tuple[str, Dash], ...]] = (
    (THIS_YEAR, "-"),
    ("#b35900", (0, (5, 2))),
    ("#3d7a4f", (0, (1, 1.5))),
    ("#7a3f8c", (0, (5, 1.5, 1, 1.5))),
    ("#666666", (0, (9, 2))),
)
_QUANTILES: Final[tuple[tuple[str, float, Dash], ...]] = (
    ("p50", 0.50, (0, (1, 1.5))),
    ("p95", 0.95, "-"),
    ("p99", 0.99, (0, (5, 2))),
)


def series_chart(run: Run, series: Sequence[Series]) -> Figure:
    """p50, p95 and p99 of all steps on top, a panel for each metric below, the same minutes under one another."""
    width, height = SIZE_INCHES
    with mpl.rc_context({"font.size": 9, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(width, 0.85 * height + 0.6 * height * len(series)), layout="constrained")
        panels = figure.subplots(1 + len(series), 1, squeeze=False, height_ratios=[1.4, *[1.0] * len(series)])[:, 0]
    _latency(panels[0], run)
    for axes, one in zip(panels[1:], series, strict=True):
        _metric(axes, run, one)
    for axes in panels[:-1]:
        axes.tick_params(labelbottom=False)
        axes.set_xlabel("")  # the clock is named once, under the last
    return figure


def _panel(axes: Axes, run: Run, title: str, unit: str) -> None:
    axes.set_title(f"{title}\n", loc="left", fontsize=10, fontweight="bold")
    axes.annotate(unit, (0, 1), (0, 4), "axes fraction", textcoords="offset points", fontsize=8.5, color="#444444")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=9, length=3)
    axes.grid(axis="both", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    clock_axis(axes, run.duration_s, run.warm_up_s)


def _latency(axes: Axes, run: Run) -> None:
    every_s = bin_seconds(run.duration_s, 60)
    bins = max(1, int(np.ceil(run.duration_s / every_s)))
    bin_of_second = np.arange(int(np.ceil(run.duration_s))) // every_s
    binned = binned_quantiles((run,), Selection(), (bin_of_second,), bins, [q for _, q, _ in _QUANTILES])
    values_ms = binned.value_ms
    middle = ((np.arange(bins) + 0.5) * every_s).tolist()
    lines = [
        Line(middle, values_ms[:, position].tolist(), name, THIS_YEAR, dash)
        for position, (name, _, dash) in enumerate(_QUANTILES)
    ]
    _panel(axes, run, "How long all steps take", "")
    if np.isnan(values_ms).all():
        say_empty(axes, "too few were measured to draw")
        return
    unit = latency_axis(axes, values_ms.ravel().tolist())
    axes.texts[0].set_text(f"{unit}; each point {clock_text(every_s)}; n = {whole(binned.samples)}")
    draw_lines(axes, lines)
    name_lines(axes, lines)


def _metric(axes: Axes, run: Run, series: Series) -> None:
    drawn = series.lines[:MOST_DRAWN]
    more = len(series.lines) - len(drawn)
    unit = series.unit or "no unit given"
    _panel(axes, run, series.name, f"{unit}; the {len(drawn)} greatest of {len(series.lines)}" if more else unit)
    lines = []
    for (colour, dash), line in zip(_LOOKS, drawn, strict=False):
        at_s, values = broken_at_gaps(line)
        alone = len(line.at_s) == 1
        lines.append(Line(at_s.tolist(), values.tolist(), line.label[:24], colour, dash, "o" if alone else "", 1.3))
    draw_lines(axes, lines)
    values = np.concatenate([line.values for line in drawn])
    if np.nanmin(values) >= 0:
        axes.set_ylim(0, float(np.nanmax(values)) * 1.12 or 1.0)
    name_lines(axes, lines)


def broken_at_gaps(line: SeriesLine) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and values with a nan wherever samples are missing, so that no line is drawn across a hole."""
    if len(line.at_s) < 3:
        return line.at_s, line.values
    steps = np.diff(line.at_s)
    holes = np.flatnonzero(steps > _GAP * float(np.median(steps)))
    middles = line.at_s[holes] + steps[holes] / 2
    return np.insert(line.at_s, holes + 1, middles), np.insert(line.values, holes + 1, np.nan)
