"""import-NAME.html: what was read and dropped, the curve with its peak, what was found, and how sure each number is."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure as Drawn

from doorbuster.analysis.charts.style import png
from doorbuster.analysis.imported.charts import file_chart, peak_chart
from doorbuster.analysis.wording import whole
from doorbuster.importers.assumptions import scenario_figures
from doorbuster.importers.curve_file import rehearsed_minutes, written_span
from doorbuster.importers.grid import DAY_S, moment_text
from doorbuster.importers.imported import Figure, Imported


def render_import(imported: Imported, planned: str) -> str:
    """The page as text; nothing in it is fetched from anywhere, and everything from the file is escaped.

    `planned`: what `doorbuster plan` says of the scenario, in a sentence.
    """
    environment = Environment(
        loader=PackageLoader("doorbuster.analysis"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    figures = list(scenario_figures(imported).values())
    if imported.requests_per_session is not None:
        figures.insert(0, imported.requests_per_session)
    return environment.get_template("imported.html.j2").render(
        name=imported.name,
        source=imported.source,
        peak=_peak(imported),
        planned=planned,
        findings=imported.findings,
        charts=[
            ("The whole file with its chosen peak", _embedded(file_chart(imported))),
            ("The day of the peak with the stretch that will be rehearsed", _embedded(peak_chart(imported))),
        ],
        figures=_rows(figures),
        funnel=_rows(imported.funnel),
        errors=_rows([one.failed for one in imported.answers]),
        products=[(name, f"{share:.2%}") for name, share in imported.products],
        missing=imported.missing,
        read_rows=whole(imported.read_rows),
        dropped=[(whole(one.rows), one.what, one.why) for one in imported.dropped],
        bad=imported.bad,
        span=_span(imported),
    )


def _embedded(figure: Drawn) -> str:
    return base64.b64encode(png(figure)).decode("ascii")


def _rows(figures: Sequence[Figure]) -> list[tuple[str, str, str, str, str]]:
    """Name, value, range, how sure, why."""
    return [
        (
            figure.name,
            f"{figure.value:.4g}",
            "" if figure.low is None or figure.high is None else f"{figure.low:.3g} to {figure.high:.3g}",
            figure.sure,
            figure.why,
        )
        for figure in figures
    ]


def _peak(imported: Imported) -> str:
    curve, window = imported.curve, imported.window
    start = int(curve.local_s[window.first])
    end = int(curve.local_s[window.last - 1]) + curve.step_s
    if rehearsed_minutes(imported):
        when = moment_text(start)[:10] if curve.step_s >= DAY_S else moment_text(start)
        return f"An assumed hour of {when}: {window.why}. The file's rows are too coarse to hold an hour."
    return f"{moment_text(start)} to {moment_text(end)}, clock {curve.clock}: {window.why}."


def _span(imported: Imported) -> str:
    curve = imported.curve
    all_of_it = f"{moment_text(int(curve.local_s[0]))} to {moment_text(int(curve.local_s[-1]) + curve.step_s)}"
    written = "one assumed hour" if rehearsed_minutes(imported) else written_span(imported)
    held = "all of it" if written == all_of_it else written
    return f"The file runs from {all_of_it}, a row each {curve.step_s:,} s. The scenario's curve holds {held}."
