"""The mix of the peak: which journeys last year's sessions were, as the peak went on."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from doorbuster.analysis.charts.style import THIS_YEAR, Dash, Line, draw_lines, name_lines, new_figure, say_empty
from doorbuster.analysis.imported.charts import length_words, time_axis
from doorbuster.importers.curve_file import journey_columns
from doorbuster.importers.imported import Imported

_MOST_POINTS: Final = 12
_LOOKS: Final[dict[str, tuple[Dash, str]]] = {
    "browse": ("-", ""),
    "cart": ((0, (5, 2)), ""),
    "native_checkout": ("-", "o"),
    "express_wallet": ((0, (1, 1.5)), "s"),
}


def mix_chart(imported: Imported) -> Figure:
    """Percent of the window's sessions by how far they got, in at most twelve points."""
    curve, window = imported.curve, imported.window
    size = window.last - window.first
    per = max(1, -(-size // _MOST_POINTS))
    starts = np.arange(0, size, per)
    figure, axes = new_figure("Who came", f"percent of sessions, each point {length_words(per * curve.step_s)}")
    at = curve.local_s[window.first : window.last].astype(float)
    time_axis(axes, float(at[0]), float(at[-1]) + curve.step_s)
    every = np.add.reduceat(np.nan_to_num(curve.count[window.first : window.last]), starts)
    lines = []
    for journey in journey_columns(imported):
        came = np.add.reduceat(np.nan_to_num(curve.counts[journey][window.first : window.last]), starts)
        percent = np.divide(100 * came, every, out=np.full(starts.size, np.nan), where=every > 0)
        middle = at[starts] + per * curve.step_s / 2
        dash, marker = _LOOKS[journey]
        lines.append(Line(middle.tolist(), percent.tolist(), journey, THIS_YEAR, dash, marker, 1.3))
    if not every.any():
        say_empty(axes, "nobody came in the window")
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_locator(FixedLocator([0, 25, 50, 75, 100]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    draw_lines(axes, lines)
    name_lines(axes, lines)
    return figure
