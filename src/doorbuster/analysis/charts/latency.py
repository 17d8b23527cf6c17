"""How long shoppers waited as the peak went on, this year and last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from doorbuster.analysis.charts.binned import Binned, band_words, binned_quantiles
from doorbuster.analysis.charts.style import (
    LAST_YEAR,
    THIS_YEAR,
    Dash,
    Line,
    bin_seconds,
    clock_axis,
    draw_band,
    draw_lines,
    latency_axis,
    name_lines,
    new_figure,
    say_empty,
    year_legend,
)
from doorbuster.analysis.charts.years import Years, bins_on_clock, clock_words
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, chosen_rows
from doorbuster.analysis.wording import clock_text

_QUANTILES = (0.50, 0.95, 0.99)
_LOOKS: tuple[tuple[str, Dash, str], ...] = (("p50", (0, (1, 1.5)), ""), ("p95", "-", "o"), ("p99", (0, (5, 2)), ""))


def latency_chart(years: Years, selection: Selection) -> Figure:
    """p50, p95 and p99 of a step or journey over this run's clock, p95 with a band; last year in grey, same dashes."""
    run = years.run
    width_s = _point_seconds(run, selection)
    what = selection.name if selection.kind == "step" else f"a step of {selection.name}"
    figure, axes = new_figure(f"How long {what} takes", "")
    clock_axis(axes, years.seconds, run.warm_up_s)
    bins = max(1, int(np.ceil(years.seconds / width_s)))
    ours, theirs = (
        binned_quantiles(side, selection, [bins_on_clock(run, one, width_s, bins) for one in side], bins, _QUANTILES)
        for side in (years.candidates, years.baselines)
    )
    middle = np.arange(bins, dtype=np.float64) * width_s + width_s / 2
    lines, lines_then = _lines(ours, middle.tolist(), THIS_YEAR), _lines(theirs, middle.tolist(), LAST_YEAR)
    values = [value for line in (*lines_then, *lines) for value in line.y if not np.isnan(value)]
    if not values:
        say_empty(axes, "too few were measured to draw")
        return figure
    tops = [*ours.high_ms, *theirs.high_ms]
    unit = latency_axis(axes, [*values, *(min(top, 2 * max(values)) for top in tops if not np.isnan(top))])
    axes.texts[0].set_text(f"{unit}; each point {clock_text(width_s)}")
    for binned, colour in ((theirs, LAST_YEAR), (ours, THIS_YEAR)):
        draw_band(axes, middle, binned.low_ms, binned.high_ms, colour)
    draw_lines(axes, [*lines_then, *lines])
    name_lines(axes, lines or lines_then)
    words = "; ".join(said for said in (_bands(years, ours, theirs), clock_words(years) if lines_then else "") if said)
    year_legend(axes, ours.samples, theirs.samples if years.baselines else None, words)
    return figure


def _bands(years: Years, ours: Binned, theirs: Binned) -> str:
    return band_words(len(years.candidates) if ours.drawn else 0, len(years.baselines) if theirs.drawn else 0)


def _point_seconds(run: Run, selection: Selection) -> int:
    """Seconds a point stands for: rare steps get fewer, wider points, so that each still has a p95."""
    rows = chosen_rows(run, selection, "response", warm_up=True)
    points = min(24, max(6, int(rows["count"].sum()) // 20))
    return bin_seconds(run.duration_s, points)


def _lines(binned: Binned, middle: Sequence[float], colour: str) -> list[Line]:
    if not binned.drawn:
        return []
    width = 1.6 if colour == THIS_YEAR else 1.1
    marker_of_year = {"o": "o" if colour == THIS_YEAR else "s", "": ""}
    return [
        Line(middle, binned.value_ms[:, position].tolist(), name, colour, dash, marker_of_year[marker], width)
        for position, (name, dash, marker) in enumerate(_LOOKS)
    ]
