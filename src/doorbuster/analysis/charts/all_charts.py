"""Every chart of a run, in the order a reader wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.figure import Figure

from doorbuster.analysis.charts.arrivals import arrivals_chart
from doorbuster.analysis.charts.latency import latency_chart
from doorbuster.analysis.charts.load import load_chart
from doorbuster.analysis.charts.offences import offences_chart
from doorbuster.analysis.charts.outcomes import outcomes_chart
from doorbuster.analysis.charts.ratios import ratios_chart
from doorbuster.analysis.charts.series import series_chart
from doorbuster.analysis.charts.style import png, svg
from doorbuster.analysis.charts.years import Years
from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, measured_selections
from doorbuster.analysis.series.line import Series
from doorbuster.promises.fact import Offence

ChartGroup = Literal["cost", "years", "journeys", "steps", "traffic", "series"]


@dataclass(frozen=True)
class Chart:
    """A drawn chart: its name in charts/, where in the page it goes, and what it shows, for those who cannot see it."""

    name: str
    group: ChartGroup
    about: str
    png: bytes
    svg: bytes


def draw_charts(
    years: Years,
    comparison: Comparison | None = None,
    offences: Sequence[Offence] = (),
    series: Sequence[Series] = (),
) -> Iterator[Chart]:
    """Draw a release beside last year, chart by chart; works for empty and one-sided data."""
    if offences:
        about = "Broken promises over the run, and sessions a minute"
        yield _drawn("offences", "cost", about, offences_chart(years.run, offences))
    if comparison is not None and (years.baselines or comparison.paired):
        theirs = "the control's" if comparison.paired else "last year's"
        for metric in ("p95", "p50"):
            about = f"{metric} of every journey and step as a multiple of {theirs}, with intervals and limits"
            yield _drawn(f"ratios-{metric}", "years", about, ratios_chart(comparison, metric))
    selections = _measured_by((*years.candidates, *years.baselines))
    for selection in selections:
        group: ChartGroup = "steps" if selection.kind == "step" else "journeys"
        about = f"p50, p95 and p99 of {selection.name} over the run, this year and last"
        yield _drawn(f"latency-{selection.name}", group, about, latency_chart(years, selection))
        if group == "journeys":
            about = f"p95 of {selection.name} by sessions a minute, this year and last"
            yield _drawn(f"load-{selection.name}", group, about, load_chart(years, selection))
    about = "Sessions a minute over the run: planned, started and last year's; and how late they were started"
    yield _drawn("arrivals", "traffic", about, arrivals_chart(years))
    about = "Percent of steps that did not end well over the run, by outcome"
    yield _drawn("outcomes", "traffic", about, outcomes_chart(years))
    if series:
        about = f"How long all steps took over the run, and under it {', '.join(one.name for one in series)}"
        yield _drawn("series", "series", about, series_chart(years.run, series))


def _measured_by(runs: Sequence[Run]) -> tuple[Selection, ...]:
    """Journeys, then steps, that any of these runs measured."""
    seen = dict.fromkeys(selection for run in runs for selection in measured_selections(run))
    return tuple(sorted(seen, key=lambda selection: selection.kind == "step"))


def _drawn(name: str, group: ChartGroup, about: str, figure: Figure) -> Chart:
    return Chart(name, group, about, png(figure), svg(figure))
