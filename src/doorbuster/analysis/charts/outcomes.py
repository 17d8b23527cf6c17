"""What went wrong for shoppers as the peak went on, kind by kind."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from doorbuster.analysis.charts.style import (
    ALARM,
    LAST_YEAR,
    THIS_YEAR,
    Dash,
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
from doorbuster.vocabulary import FAILED_OUTCOMES, OUTCOMES

_LOOKS: dict[str, tuple[str, Dash, str]] = {
    "rejected": (THIS_YEAR, (0, (1, 1.5)), ""),
    "throttled": (THIS_YEAR, (0, (5, 2)), ""),
    "conflict": (THIS_YEAR, "-", "^"),
    "unknown": (ALARM, (0, (5, 2)), "D"),
    "error": (ALARM, "-", "o"),
    "abandoned": (ALARM, (0, (1, 1.5)), "x"),
}


def outcomes_chart(run: Run, baseline: Run | None) -> Figure:
    """Share of steps by outcome other than ok over the scenario's clock, and last year's failures together."""
    width_s = bin_seconds(run.duration_s, 30)
    beside = "; last year: all failures" if baseline is not None else ""
    figure, axes = new_figure(
        "Steps that did not end well", f"percent of all steps, each point {clock_text(width_s)}{beside}"
    )
    clock_axis(axes, run.duration_s, run.warm_up_s)
    bins = max(1, int(np.ceil(run.duration_s / width_s)))
    middle = ((np.arange(bins) + 0.5) * width_s).tolist()
    lines = []
    for outcome in OUTCOMES[1:]:
        share = _percent(run, {outcome}, width_s, bins)
        if np.nansum(share) > 0:
            colour, dash, marker = _LOOKS[outcome]
            lines.append(Line(middle, share.tolist(), outcome, colour, dash, marker, 1.3))
    if baseline is not None and len(baseline.latency):
        theirs = _percent(baseline, set(FAILED_OUTCOMES), width_s, bins)
        lines.append(Line(middle, theirs.tolist(), "last year", LAST_YEAR, "-", "s", 1.1))
    steps = run.latency.loc[run.latency["clock"] == "response", "count"].sum()
    if not any(line.colour != LAST_YEAR for line in lines):
        say_empty(axes, f"All {whole(steps)} steps ended well." if steps else "no steps were recorded")
    top = max((float(np.nanmax(line.y)) for line in lines if not np.isnan(line.y).all()), default=0.0)
    axes.set_ylim(0, top * 1.12 or 1.0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    draw_lines(axes, lines)
    name_lines(axes, lines)
    return figure


def _percent(run: Run, outcomes: set[str], width_s: int, bins: int) -> NDArray[np.float64]:
    rows = run.latency[run.latency["clock"] == "response"]
    where = np.clip(rows["second"].to_numpy() // width_s, 0, bins)
    count = rows["count"].to_numpy().astype(float)
    hit = np.bincount(where, count * rows["outcome"].isin(outcomes).to_numpy(), bins + 1)[:bins]
    every = np.bincount(where, count, bins + 1)[:bins]
    return np.asarray(np.divide(100 * hit, every, out=np.full(bins, np.nan), where=every > 0))
