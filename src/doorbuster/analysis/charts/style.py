"""One look for every chart: ink for this year, grey for last, a dash for each line, its name at its end."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter
from numpy.typing import NDArray

from doorbuster.analysis.wording import clock_text, milliseconds, whole

THIS_YEAR: Final = "#123c69"
LAST_YEAR: Final = "#8a8a8a"
PLANNED: Final = "#b7cbe0"  # a broad pale band that a dark line can run along
ALARM: Final = "#b3261e"
WARM_UP: Final = "#ececec"
# One size for all: 4.8 inches are 360 px wide on a phone with 9 pt text still 9 px high, and two abreast on a desk.
SIZE_INCHES: Final = (4.8, 3.1)
DOTS_PER_INCH: Final = 170
LOG_ABOVE: Final = 40.0  # a linear axis over more than this range hides the fast lines
_LABEL_INK: Final = {LAST_YEAR: "#666666", PLANNED: "#5b7fa6"}  # thin text needs more contrast than a line
_TICKS_S: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_BINS_S: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)


Dash = str | tuple[int, tuple[float, ...]]
"""A name matplotlib knows, or (offset, lengths of ink and gap in points)."""


@dataclass(frozen=True)
class Line:
    """One drawn line and the name at its right end (empty for none)."""

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    colour: str = THIS_YEAR
    dash: Dash = "-"
    marker: str = ""
    width: float = 1.6


def new_figure(title: str, unit: str, height_inches: float = SIZE_INCHES[1]) -> tuple[Figure, Axes]:
    """An empty chart whose title says what is shown and whose second line says in which unit."""
    figure, (axes,) = new_panels((title,), (unit,), height_inches)
    return figure, axes


def new_panels(
    titles: Sequence[str], units: Sequence[str], height_inches: float, heights: Sequence[float] = (1,)
) -> tuple[Figure, list[Axes]]:
    """The same with panels one above the other that share their x axis; `heights` is how they share the height."""
    with mpl.rc_context({"font.size": 9, "font.family": "sans-serif"}):
        figure = Figure(figsize=(SIZE_INCHES[0], height_inches), layout="constrained")
        panels = figure.subplots(len(titles), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, title, unit in zip(panels, titles, units, strict=True):
        axes.set_title(f"{title}\n", loc="left", fontsize=11, fontweight="bold")
        axes.annotate(unit, (0, 1), (0, 4), "axes fraction", textcoords="offset points", fontsize=8.5, color="#444444")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.tick_params(labelsize=9, length=3)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
    return figure, list(panels)


def png(figure: Figure) -> bytes:
    """The figure as a PNG of 96 colours, a fifth of the size; it holds no date, so equal runs give equal bytes."""
    from PIL import Image  # matplotlib's own dependency

    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DOTS_PER_INCH)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib types it so
    figure.set_layout_engine("none")  # what is laid out stays so: laying out again would cost as much as drawing
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]  # the same
    out = io.BytesIO()
    # Median cut, Pillow's own choice, takes ten times as long.
    image = Image.fromarray(pixels).convert("RGB").quantize(96, Image.Quantize.FASTOCTREE)
    image.putpalette([255 if part == 254 else part for part in image.getpalette() or ()])  # paper stays white
    image.save(out, "PNG")
    return out.getvalue()


def svg(figure: Figure) -> bytes:
    """The figure as an SVG, its words as text; equal runs give equal bytes."""
    out = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "doorbuster"}):
        # `savefig` would draw everything twice; matplotlib types neither.
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})  # type: ignore[no-untyped-call]
    return out.getvalue()


def bin_seconds(span_s: float, most_bins: int) -> int:
    """A round bin width that cuts a span into at most `most_bins`."""
    return next((width for width in _BINS_S if span_s / width <= most_bins), _BINS_S[-1])


def clock_axis(axes: Axes, end_s: float, warm_up_s: float = 0.0, named: bool = True) -> None:
    """The x axis as the run's clock, with the warm-up shaded and `named`."""
    end_s = max(1.0, end_s)
    under_axis(axes, "time since the run began")
    step = next((tick for tick in _TICKS_S if end_s / tick <= 6), _TICKS_S[-1])
    axes.set_xlim(0, end_s)
    axes.xaxis.set_major_locator(FixedLocator([float(at) for at in np.arange(0, end_s + 1, step)]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock_text(value)))
    if warm_up_s > 0:
        axes.axvspan(0, warm_up_s, color=WARM_UP, zorder=0, linewidth=0)
    if warm_up_s > 0 and named:
        wide = warm_up_s / end_s > 0.12
        axes.annotate(
            "warm-up",
            (warm_up_s / 2 if wide else 0, 0.98),
            (0 if wide else 2, 0),
            ("data", "axes fraction"),
            textcoords="offset points",
            ha="center" if wide else "left",
            va="top",
            fontsize=7,
            color="#666666",
            rotation=0 if wide else 90,
        )


def under_axis(axes: Axes, words: str) -> None:
    """What the x axis counts, below it."""
    axes.set_xlabel(words, fontsize=8.5, color="#444444", loc="left")


def draw_lines(axes: Axes, lines: Sequence[Line]) -> None:
    """Draw lines; `name_lines` writes each one's name beside its last point."""
    for line in lines:
        axes.plot(
            line.x,
            line.y,
            color=line.colour,
            linestyle=line.dash,
            linewidth=line.width,
            marker=line.marker,
            markersize=3,
            markevery=max(1, len(line.x) // 12),
        )


def name_lines(axes: Axes, lines: Sequence[Line], gap: float = 0.075) -> None:
    """Write names at line ends, `gap` of the axes' height apart; call once the limits of the axes are final."""
    ends = []
    for line in lines:
        seen = [(x, y) for x, y in zip(line.x, line.y, strict=True) if math.isfinite(y)]
        if line.label and seen:
            ends.append((_height(axes, seen[-1][1]), line))
    ends.sort(key=lambda end: end[0])
    placed = 0.03 - gap
    heights = []
    for height, _ in ends:
        placed = max(height, placed + gap)
        heights.append(placed)
    # What was pushed out at the top pushes back down.
    ceiling = 1.02
    for position in range(len(heights) - 1, -1, -1):
        heights[position] = min(heights[position], ceiling)
        ceiling = heights[position] - gap
    for height, (_, line) in zip(heights, ends, strict=True):
        axes.annotate(
            line.label,
            (1, height),
            (4, 0),
            "axes fraction",
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=_LABEL_INK.get(line.colour, line.colour),
        )


def _height(axes: Axes, value: float) -> float:
    """Where a value lies on the y axis, as a fraction of its height."""
    at = axes.transData.transform((axes.get_xlim()[0], value))[1]
    return float(axes.transAxes.inverted().transform((0, at))[1])


def latency_axis(axes: Axes, values_ms: Sequence[float]) -> str:
    """Milliseconds from zero, or on a log scale where the range is wide; returns the words for the chart's unit."""
    seen = [value for value in values_ms if math.isfinite(value) and value > 0]
    in_words = FuncFormatter(lambda value, _: milliseconds(value) if value else "0")
    if seen and max(seen) / min(seen) > LOG_ABOVE:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(in_words)
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
        axes.set_ylim(min(seen) / 1.3, max(seen) * 1.3)
        return "log scale, each gridline ten times the one below"
    axes.yaxis.set_major_formatter(in_words)
    axes.set_ylim(0, max(seen, default=1.0) * 1.12)
    return "milliseconds from due to last byte"


def say_empty(axes: Axes, sentence: str) -> None:
    """Say in the middle of a chart why nothing is drawn; an axis without a line has no numbers."""
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.text(0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", fontsize=9, color="#666666")


def draw_band(
    axes: Axes, x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], colour: str
) -> None:
    """How sure a line is, as a pale area with thin edges: two of them stay apart in print."""
    axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0, zorder=1)
    for edge in (low, high):
        axes.plot(x, edge, color=colour, alpha=0.45, linewidth=0.5, zorder=1)


def year_legend(axes: Axes, candidate_samples: int, baseline_samples: int | None, words: str = "") -> None:
    """Below the chart: which ink is which year and how many steps it stands for, and what the bands are.

    `baseline_samples` is None where there is no run of last year to say anything of.
    """
    looks = (("this year", candidate_samples, THIS_YEAR, "o"), ("last year", baseline_samples, LAST_YEAR, "s"))
    legend(
        axes,
        [
            (f"{year}, n = {whole(samples)}" if samples else f"{year}, none", {"color": colour, "marker": marker})
            for year, samples, colour, marker in looks
            if samples is not None
        ],
    )
    if words:
        under_axis(axes, f"{axes.get_xlabel()}\n{words}")


def legend(axes: Axes, lines: Sequence[tuple[str, dict[str, Any]]], columns: int = 0) -> None:
    """A legend below the chart for what line-end names cannot say, in one row unless `columns` are given."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **{"markersize": 3.5, **look}) for _, look in lines]
    _legend(axes, handles, [text for text, _ in lines], columns or len(lines))


def area_legend(axes: Axes, areas: Sequence[tuple[str, dict[str, Any]]], columns: int) -> None:
    """The same for filled areas."""
    from matplotlib.patches import Patch

    _legend(axes, [Patch(**look) for _, look in areas], [text for text, _ in areas], columns)


def _legend(axes: Axes, handles: Sequence[Any], texts: Sequence[str], columns: int) -> None:
    axes.figure.legend(
        handles,
        texts,
        loc="outside lower left",
        ncols=columns,
        fontsize=9,
        frameon=False,
        handlelength=2.2,
        columnspacing=1.2,
    )
