"""Which steps got slower? Each as a multiple of last year's, or of the control's, its interval beside the limit."""

from __future__ import annotations

import math
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from doorbuster.analysis.charts.style import ALARM, THIS_YEAR, legend, new_figure, say_empty, under_axis
from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.ratios import Against, Ratio, ratios_of, where_compared
from doorbuster.analysis.wording import times, whole

_ROW_INCHES: Final = 0.215
_TICKS: Final = (0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5, 2, 3, 5, 10, 20, 50, 100)
_UNDER: Final = (
    "{metric} as a multiple of {theirs}, log scale; bars: {intervals}, dashes: limits\n"
    "n: steps measured {sides}, k: thousands"
)
_BESIDE: Final = {
    "last year": {"theirs": "last year's", "intervals": "95 % intervals", "sides": "this year / last year"},
    "the control": {"theirs": "the control's", "intervals": "joint intervals", "sides": "candidate / control"},
}
_FURTHEST: Final = 100.0
_LOOKS: Final[dict[Against, tuple[str, dict[str, str]]]] = {
    "beyond": ("slower beyond the limit", {"marker": "D", "color": ALARM, "markerfacecolor": ALARM}),
    "open": ("cannot tell", {"marker": "o", "color": "#555555", "markerfacecolor": "white"}),
    "unjudged": ("not judged", {"marker": "s", "color": "#888888", "markerfacecolor": "white"}),
    "within": ("within the limit", {"marker": "o", "color": THIS_YEAR, "markerfacecolor": THIS_YEAR}),
}


def ratios_chart(comparison: Comparison, metric: str = "p95") -> Figure:
    """A forest plot: rows of the comparison, each with its 95 % interval; what lies right of its tick is too slow."""
    ratios = ratios_of(comparison, metric)
    beside = "the control" if comparison.paired else "last year"
    told = [one for one in ratios if one.against != "untold"]
    height = 1.45 + _ROW_INCHES * max(2, len(ratios))
    figure, axes = new_figure("", "", height)
    # The names of steps stand left of the axes, and the title above them.
    figure.suptitle(
        f"Slower than {beside}{where_compared(comparison)}? {metric} of each step",
        x=0.01,
        ha="left",
        fontsize=11,
        fontweight="bold",
    )
    axes.set_title("", loc="left")
    axes.grid(visible=False)
    if not told:
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        say_empty(axes, "there is nothing to compare with" if not ratios else "too few were measured to compare")
        return figure
    axes.spines["left"].set_visible(False)
    axes.axvline(1, color="black", linewidth=0.8, zorder=1)
    for row, one in enumerate(ratios):
        _draw_row(axes, row, one)
    axes.set_ylim(len(ratios) - 0.4, -0.7)
    axes.yaxis.set_major_locator(FixedLocator(list(range(len(ratios)))))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: _label(ratios[round(at)])))
    axes.tick_params(axis="y", length=0, labelsize=8.5)
    for label, one in zip(axes.get_yticklabels(), ratios, strict=True):
        label.set_fontweight("normal" if one.kind == "step" else "bold")
    _ratio_axis(axes, told)
    under_axis(axes, _UNDER.format(metric=metric, **_BESIDE[beside]))
    axes.xaxis.label.set_horizontalalignment("center")
    axes.xaxis.label.set_x(0.5)
    legend(axes, [_LOOKS[kind] for kind in _LOOKS if any(one.against == kind for one in told)])
    return figure


def _draw_row(axes: Axes, row: int, one: Ratio) -> None:
    if row % 2 == 0:
        axes.axhspan(row - 0.5, row + 0.5, color="#f4f5f6", zorder=0, linewidth=0)
    n = " / ".join(_short(samples) for samples in one.samples)
    said = "too few:" if one.against == "untold" else f"{times(one.ratio)}"
    axes.annotate(
        f"{said}  n {n}",
        (1, row),
        (4, 0),
        ("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )
    if one.against == "untold":
        return
    _, look = _LOOKS[one.against]
    low, high = max(one.low, 1 / _FURTHEST), min(one.high, _FURTHEST)
    axes.hlines(row, low, high, color=look["color"], linewidth=1.6, zorder=2)
    axes.vlines(one.limit, row - 0.42, row + 0.42, color="black", linewidth=1.1, linestyle=(0, (2, 1)), zorder=2)
    axes.plot([min(one.ratio, _FURTHEST)], [row], markersize=5, zorder=3, linestyle="", **look)  # type: ignore[arg-type]


def _ratio_axis(axes: Axes, told: list[Ratio]) -> None:
    axes.set_xscale("log")
    low = min([0.95, *(one.low for one in told)])
    high = max([*(one.limit for one in told), *(one.high for one in told)])
    low, high = max(low, 1 / _FURTHEST) / 1.04, min(high, _FURTHEST) * 1.04
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(_thinned([tick for tick in _TICKS if low <= tick <= high], low, high)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def _thinned(ticks: list[float], low: float, high: float) -> list[float]:
    """Ticks that keep a sixth of the axis between each other; 1 stays."""
    apart = math.log(high / low) / 6
    kept = [1.0]
    for tick in sorted(ticks, key=lambda one: abs(math.log(one))):
        if all(abs(math.log(tick / other)) >= apart for other in kept):
            kept.append(tick)
    return sorted(kept)


def _label(one: Ratio) -> str:
    return "the whole shop" if one.kind == "run" else one.name


def _short(samples: int) -> str:
    return f"{samples / 1000:.0f}k" if samples >= 10_000 else whole(samples)
