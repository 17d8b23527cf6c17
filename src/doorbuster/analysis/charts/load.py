"""Does the shop get slower as it fills? The slowest twentieth against how many arrive."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from doorbuster.analysis.charts.binned import BANDED, Binned, band_words, binned_quantiles
from doorbuster.analysis.charts.style import (
    LAST_YEAR,
    THIS_YEAR,
    Line,
    bin_seconds,
    draw_band,
    draw_lines,
    latency_axis,
    name_lines,
    new_figure,
    say_empty,
    under_axis,
    year_legend,
)
from doorbuster.analysis.charts.years import Years
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection

_BANDS = 6


def load_chart(years: Years, selection: Selection) -> Figure:
    """p95 of a journey by the sessions a minute that were planned, from the quietest stretches to the busiest."""
    figure, axes = new_figure(f"Is {selection.name} slower when busier?", "")
    under_axis(axes, "sessions a minute planned, all journeys")
    ours, theirs = (_by_load(side, selection) for side in (years.candidates, years.baselines))
    lines = [
        Line(load.tolist(), binned.value_ms[:, 0].tolist(), label, colour, "-", marker)
        for (load, binned), label, colour, marker in (
            (ours, "this year", THIS_YEAR, "o"),
            (theirs, "last year", LAST_YEAR, "s"),
        )
        if binned.drawn
    ]
    if not lines:
        say_empty(axes, "too few were measured to draw")
        return figure
    shown = [value for line in lines for value in line.y]
    tops = [top for _, binned in (ours, theirs) for top in binned.high_ms if not math.isnan(top)]
    unit = latency_axis(axes, [*shown, *tops])
    axes.texts[0].set_text(f"p95 of its steps, {unit}")
    axes.set_xlim(0, max(max(line.x) for line in lines) * 1.08)
    for (load, binned), colour in ((theirs, LAST_YEAR), (ours, THIS_YEAR)):
        draw_band(axes, load, binned.low_ms, binned.high_ms, colour)
    draw_lines(axes, lines)
    name_lines(axes, lines)
    words = band_words(len(years.candidates) if ours[1].drawn else 0, len(years.baselines) if theirs[1].drawn else 0)
    year_legend(axes, ours[1].samples, theirs[1].samples if years.baselines else None, words)
    return figure


def _by_load(runs: Sequence[Run], selection: Selection) -> tuple[NDArray[np.float64], Binned]:
    """The judged part of the runs in stretches, sorted by load and gathered into bands of equal length.

    Returns the mean load of each band, sessions a minute, and its p95.
    """
    stretches = [_stretches(run) for run in runs]
    per_minute = np.concatenate([load for load, _ in stretches]) if stretches else np.empty(0)
    bands = min(_BANDS, min((len(load) for load, _ in stretches), default=0))
    if bands < 2:
        return np.empty(0), binned_quantiles((), selection, (), 0, (BANDED,))
    rank = np.argsort(np.argsort(per_minute, kind="stable"), kind="stable")
    band = rank * bands // len(per_minute)
    load = np.bincount(band, per_minute, bands) / np.bincount(band, minlength=bands)
    bins_of_seconds, before = [], 0
    for own, stretch_of_second in stretches:
        own_band = band[before : before + len(own)]
        bins_of_seconds.append(np.where(stretch_of_second >= 0, own_band[np.maximum(stretch_of_second, 0)], -1))
        before += len(own)
    return load, binned_quantiles(runs, selection, bins_of_seconds, bands, (BANDED,))


def _stretches(run: Run) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Sessions a minute planned in each stretch, and for each second of the run its stretch (-1 in the warm-up)."""
    stretch_s = bin_seconds(run.duration_s - run.warm_up_s, 60)
    first_s = math.ceil(run.warm_up_s)
    seconds = np.arange(int(run.duration_s))
    stretch = np.where(seconds >= first_s, (seconds - first_s) // stretch_s, -1)
    stretches = int(stretch.max(initial=-1)) + 1
    if not stretches:
        return np.empty(0), stretch
    planned = np.bincount(run.arrivals["second"].clip(0, len(seconds) - 1), run.arrivals["planned"], len(seconds))
    judged = stretch >= 0
    return np.bincount(stretch[judged], planned[judged], stretches) * 60 / np.bincount(stretch[judged]), stretch
