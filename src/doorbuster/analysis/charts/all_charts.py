"""Every chart of a run, in the order a reader wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from doorbuster.analysis.charts.arrivals import arrivals_chart
from doorbuster.analysis.charts.latency import latency_chart
from doorbuster.analysis.charts.load import load_chart
from doorbuster.analysis.charts.offences import offences_chart
from doorbuster.analysis.charts.outcomes import outcomes_chart
from doorbuster.analysis.charts.series import series_chart
from doorbuster.analysis.charts.style import png
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, measured_selections
from doorbuster.analysis.series.line import Series
from doorbuster.promises.fact import Offence

ChartGroup = Literal["cost", "overview", "series", "journeys", "load", "steps"]


@dataclass(frozen=True)
class Chart:
    """A drawn chart: its file name in charts/, what it shows for those who cannot see it, and the PNG."""

    name: str
    group: ChartGroup
    about: str
    content: bytes


def draw_charts(
    run: Run, baseline: Run | None = None, offences: Sequence[Offence] = (), series: Sequence[Series] = ()
) -> Iterator[Chart]:
    """Draw a run beside its baseline, chart by chart; works for empty and one-sided data."""
    if offences:
        yield Chart(
            "offences.png",
            "cost",
            "Broken promises over the run, and sessions a minute",
            png(offences_chart(run, offences)),
        )
    yield Chart(
        "arrivals.png",
        "overview",
        "Sessions a minute over the run: planned, started and last year's",
        png(arrivals_chart(run, baseline)),
    )
    yield Chart(
        "outcomes.png",
        "overview",
        "Percent of steps that did not end well over the run, by outcome",
        png(outcomes_chart(run, baseline)),
    )
    if series:
        yield Chart(
            "series.png",
            "series",
            f"How long all steps took over the run, and under it {', '.join(one.name for one in series)}",
            png(series_chart(run, series)),
        )
    selections = dict.fromkeys((*measured_selections(run), *(measured_selections(baseline) if baseline else ())))
    journeys = [selection for selection in selections if selection.kind == "journey"]
    for selection in journeys:
        yield _latency(run, baseline, selection, "journeys")
    for selection in journeys:
        yield Chart(
            f"load-{selection.name}.png",
            "load",
            f"p95 of {selection.name} by sessions a minute, this year and last",
            png(load_chart(run, baseline, selection)),
        )
    for selection in selections:
        if selection.kind == "step":
            yield _latency(run, baseline, selection, "steps")


def _latency(run: Run, baseline: Run | None, selection: Selection, group: ChartGroup) -> Chart:
    return Chart(
        f"latency-{selection.name}.png",
        group,
        f"p50, p95 and p99 of {selection.name} over the run, this year and last",
        png(latency_chart(run, baseline, selection)),
    )
