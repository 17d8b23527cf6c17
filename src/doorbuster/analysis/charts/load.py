"""Does the shop get slower as it fills? The slowest twentieth against how many arrive."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from doorbuster.analysis.charts.binned import binned_quantiles
from doorbuster.analysis.charts.style import (
    LAST_YEAR,
    THIS_YEAR,
    Line,
    bin_seconds,
    draw_lines,
    latency_axis,
    name_lines,
    new_figure,
    say_empty,
)
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection

_BANDS = 6


def load_chart(run: Run, baseline: Run | None, selection: Selection) -> Figure:
    """p95 of a journey by the sessions a minute that were planned, from the quietest stretches to the busiest."""
    figure, axes = new_figure(f"Is {selection.name} slower when busier?", "")
    lines = [_line(run, selection, "this year", THIS_YEAR, "o")]
    if baseline is not None:
        lines.append(_line(baseline, selection, "last year", LAST_YEAR, "s"))
    drawn = [line for line in lines if len(line.x)]
    if not drawn:
        say_empty(axes, "too few were measured to draw")
        return figure
    unit = latency_axis(axes, [value for line in drawn for value in line.y])
    axes.texts[0].set_text(f"p95 of its steps, {unit}")
    axes.set_xlabel("sessions a minute planned, all journeys", fontsize=9)
    axes.set_xlim(0, max(max(line.x) for line in drawn) * 1.08)
    draw_lines(axes, drawn)
    name_lines(axes, drawn)
    return figure


def _line(run: Run, selection: Selection, label: str, colour: str, marker: str) -> Line:
    """The judged part of a run in stretches, sorted by load and gathered into bands of equal length."""
    stretch_s = bin_seconds(run.duration_s - run.warm_up_s, 60)
    first_s = math.ceil(run.warm_up_s)
    seconds = np.arange(int(run.duration_s))
    stretch = np.where(seconds >= first_s, (seconds - first_s) // stretch_s, -1)
    stretches = int(stretch.max(initial=-1)) + 1
    if stretches < 2:
        return Line([], [], label, colour)
    planned = np.bincount(run.arrivals["second"].clip(0, len(seconds) - 1), run.arrivals["planned"], len(seconds))
    judged = stretch >= 0
    per_minute = np.bincount(stretch[judged], planned[judged], stretches) * 60 / np.bincount(stretch[judged])
    bands = min(_BANDS, stretches)
    rank = np.argsort(np.argsort(per_minute, kind="stable"), kind="stable")
    band = rank * bands // stretches
    load = np.bincount(band, per_minute, bands) / np.bincount(band, minlength=bands)
    band_of_second = np.where(judged, band[np.maximum(stretch, 0)], -1)
    p95_ms = binned_quantiles(run, selection, band_of_second, bands, (0.95,))[:, 0]
    seen = ~np.isnan(p95_ms)
    return Line(load[seen].tolist(), p95_ms[seen].tolist(), label, colour, "-", marker)
