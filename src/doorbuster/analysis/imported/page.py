"""import-NAME.html: what was read and dropped, the curve with its peak, what was found, and how sure each number is."""

from __future__ import annotations

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure as Drawn

from doorbuster.analysis.charts.style import png
from doorbuster.analysis.imported.charts import file_chart, peak_chart
from doorbuster.analysis.imported.mix_chart import mix_chart
from doorbuster.analysis.imported.tables import (
    THINK_HEADS,
    answer_rows,
    funnel_rows,
    move_rows,
    scenario_rows,
    think_rows,
)
from doorbuster.analysis.wording import whole
from doorbuster.importers.curve_file import journey_columns, rehearsed_minutes, written_span
from doorbuster.importers.grid import DAY_S, moment_text
from doorbuster.importers.imported import Imported
from doorbuster.traffic.moves import BROWSE_STEPS


def render_import(imported: Imported, planned: str) -> str:
    """The page as text; nothing in it is fetched from anywhere, and everything from the file is escaped.

    `planned`: what `doorbuster plan` says of the scenario, in a sentence.
    """
    environment = Environment(
        loader=PackageLoader("doorbuster.analysis"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("imported.html.j2").render(
        name=imported.name,
        source=imported.source,
        peak=_peak(imported),
        planned=planned,
        baseline=imported.baseline,
        findings=imported.findings,
        charts=_charts(imported),
        figures=scenario_rows(imported),
        think_heads=THINK_HEADS,
        thinks=think_rows(imported),
        funnel=funnel_rows(imported),
        browse_steps=BROWSE_STEPS,
        moves=move_rows(imported),
        answers=answer_rows(imported),
        timed=any(one.p50_ms is not None for one in imported.answers),
        products=[(name, f"{share:.2%}") for name, share in imported.products],
        missing=imported.missing,
        read_rows=whole(imported.read_rows),
        read_words=imported.read_words,
        dropped=[(whole(one.rows), one.what, one.why) for one in imported.dropped],
        bad=imported.bad,
        span=_span(imported),
    )


def _charts(imported: Imported) -> list[tuple[str, str]]:
    """What each shows, for those who cannot see it, and the picture."""
    drawn = [("The whole file with its chosen peak", file_chart(imported))]
    if imported.window.last - imported.window.first < imported.curve.count.size:
        drawn.append(("The day of the peak with the stretch that will be rehearsed", peak_chart(imported)))
    if journey_columns(imported):
        drawn.append(("Sessions of the peak by journey", mix_chart(imported)))
    return [(about, _embedded(figure)) for about, figure in drawn]


def _embedded(figure: Drawn) -> str:
    return base64.b64encode(png(figure)).decode("ascii")


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
