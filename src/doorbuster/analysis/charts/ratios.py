"""Which steps got slower? Each as a multiple of last year's, with its interval, beside the limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from doorbuster.analysis.charts.style import ALARM, THIS_YEAR, legend, new_figure, say_empty, under_axis
from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.comparison_rules import AS_CALIBRATED
from doorbuster.analysis.wording import times, whole

Against = Literal["beyond", "open", "within", "untold"]

_ROW_INCHES: Final = 0.215
_TICKS: Final = (0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5, 2, 3, 5, 10, 20, 50, 100)
_UNDER: Final = (
    "{metric} as a multiple of last year's, log scale; bars: 95 % intervals, dashes: limits\n"
    "n: steps measured this year / last year, k: thousands"
)
_FURTHEST: Final = 100.0
_LOOKS: Final[dict[Against, tuple[str, dict[str, str]]]] = {
    "beyond": ("slower beyond the limit", {"marker": "D", "color": ALARM, "markerfacecolor": ALARM}),
    "open": ("cannot tell", {"marker": "o", "color": "#555555", "markerfacecolor": "white"}),
    "within": ("within the limit", {"marker": "o", "color": THIS_YEAR, "markerfacecolor": THIS_YEAR}),
}


@dataclass(frozen=True)
class Ratio:
    """One row: a step, a journey or the whole shop, this year over last."""

    name: str
    kind: str
    ratio: float
    low: float
    high: float
    limit: float
    samples: tuple[int, int]
    verdict: str = ""

    @property
    def against(self) -> Against:
        """Where the interval lies; a verdict that the table holds comes first, since families judge more strictly."""
        if math.isnan(self.ratio) or math.isnan(self.low):
            return "untold"
        judged: dict[str, Against] = {"FAIL": "beyond", "PASS": "within", "INCONCLUSIVE": "open", "ADVICE": "open"}
        if self.verdict in judged:
            return judged[self.verdict]
        return "beyond" if self.low > self.limit else "within" if self.high < self.limit else "open"


def ratios_of(comparison: Comparison, metric: str) -> list[Ratio]:
    """Rows of the comparison that have a ratio in one metric, the whole shop first, then journeys, then steps."""
    table = comparison.table
    default = 1 + AS_CALIBRATED.allowance(metric)
    found = []
    for row in table[table["metric"] == metric].to_dict(orient="records"):
        margin = row.get("margin")
        limit = 1 + margin if isinstance(margin, float) and not math.isnan(margin) else default
        samples = (_count(row["candidate_samples"]), _count(row["baseline_samples"]))
        if not samples[1] and math.isnan(row["ratio"]):
            continue  # measured this year only, which a warning says
        judged = row.get("verdict")
        verdict = judged if isinstance(judged, str) else ""
        found.append(
            Ratio(str(row["name"]), str(row["kind"]), row["ratio"], row["low"], row["high"], limit, samples, verdict)
        )
    order = ("run", "journey", "step")
    return sorted(found, key=lambda one: order.index(one.kind) if one.kind in order else 0)


def ratios_chart(comparison: Comparison, metric: str = "p95") -> Figure:
    """A forest plot: rows of the comparison, each with its 95 % interval; what lies right of its tick is too slow."""
    ratios = ratios_of(comparison, metric)
    told = [one for one in ratios if one.against != "untold"]
    height = 1.45 + _ROW_INCHES * max(2, len(ratios))
    figure, axes = new_figure("", "", height)
    # The names of steps stand left of the axes, and the title above them.
    figure.suptitle(f"Slower than last year? {metric} of each step", x=0.01, ha="left", fontsize=11, fontweight="bold")
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
    under_axis(axes, _UNDER.format(metric=metric))
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


def _count(value: float) -> int:
    return 0 if math.isnan(value) else int(value)


def _short(samples: int) -> str:
    return f"{samples / 1000:.0f}k" if samples >= 10_000 else whole(samples)
