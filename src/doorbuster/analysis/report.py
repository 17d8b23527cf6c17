"""The page to show in the meeting: verdict first, then whether it was a rehearsal, then why, then everything else."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from doorbuster.analysis.charts import Chart, draw_charts
from doorbuster.analysis.comparison_words import worded_rows
from doorbuster.analysis.cost import Cost, costs_of
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, chosen_rows
from doorbuster.analysis.revenue import revenue_sentences
from doorbuster.analysis.series.gathered import NO_SERIES, Gathered
from doorbuster.analysis.verdict import MEANING, Verdict, ranked_entries
from doorbuster.analysis.wording import NOT_MEASURED, clock_text, whole
from doorbuster.audit.audit import Audit
from doorbuster.vocabulary import CONSERVATION, OUTCOMES, STEPS

_GROUPS: Final = (
    ("overview", "The whole shop"),
    ("series", "Beside the shop's own metrics"),
    ("journeys", "How long shoppers waited, by journey"),
    ("load", "Slower when busier?"),
    ("steps", "How long shoppers waited, by step"),
)


def write_report(
    run: Run,
    baselines: Sequence[Run],
    verdict: Verdict,
    audit: Audit | None = None,
    gathered: Gathered = NO_SERIES,
) -> Path:
    """Draw the charts, write charts/*.png and report.html into the run directory, and return the page's path."""
    offences = [offence for _, offence in audit.rows()] if audit else []
    charts = list(draw_charts(run, baselines[0] if baselines else None, offences, gathered.series))
    for chart in charts:
        run.directory.write_bytes(f"charts/{chart.name}", chart.content)
    page = render_report(run, baselines, verdict, charts, costs_of(audit), gathered.missing)
    return run.directory.write_text("report.html", page)


def render_report(
    run: Run,
    baselines: Sequence[Run],
    verdict: Verdict,
    charts: Sequence[Chart],
    costs: Sequence[Cost] = (),
    series_missing: Sequence[str] = (),
) -> str:
    """The page as text; nothing in it is fetched from anywhere, and everything from the run is escaped."""
    environment = Environment(
        loader=PackageLoader("doorbuster.analysis"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.j2").render(
        run_name=run.name,
        baseline_names=[baseline.name for baseline in baselines],
        info={"scenario": run.info.get("scenario", "")},
        verdict=verdict,
        meaning=MEANING[verdict.verdict],
        ranked=ranked_entries(verdict.entries),
        warnings=verdict.warnings,
        costs=costs,
        revenue=revenue_sentences(run, baselines),
        cost_charts=[_embedded(chart) for chart in charts if chart.group == "cost"],
        charts=[
            (heading, [_embedded(chart) for chart in charts if chart.group == group]) for group, heading in _GROUPS
        ],
        series_missing=series_missing,
        entry_tables=[
            (heading, verdict.of_kind(kind))
            for kind, heading in (
                ("objective", "Objectives"),
                ("regression", "Against the control" if verdict.comparison.paired else "Against last year"),
                ("promise", "Promises"),
            )
        ],
        comparisons=worded_rows(verdict.comparison),
        outcomes=OUTCOMES,
        steps=_step_rows(run),
        conservation_keys=CONSERVATION,
        conservation=_conservation_rows(run),
        warm_up=clock_text(run.warm_up_s),
        about=_about(run),
        overrides=[str(sentence) for sentence in run.info.get("overrides") or ()],
    )


def _embedded(chart: Chart) -> dict[str, str]:
    return {"about": chart.about, "base64": base64.b64encode(chart.content).decode("ascii")}


def _step_rows(run: Run) -> list[tuple[str, list[str]]]:
    rows = chosen_rows(run, Selection(), "response")
    counted = rows.groupby(["step", "outcome"], observed=True)["count"].sum()
    seen = set(rows["step"].unique())
    return [(step, [whole(counted.get((step, outcome), 0)) for outcome in OUTCOMES]) for step in STEPS if step in seen]


def _conservation_rows(run: Run) -> list[tuple[str, list[str]]]:
    totals: Mapping[str, Any] = run.info.get("conservation") or {}
    journeys: Mapping[str, Mapping[str, Any]] = run.info.get("sessions") or {}
    if not totals:
        return []
    named = [*journeys.items(), ("all", totals)]
    return [(name, [str(counts.get(key, NOT_MEASURED)) for key in CONSERVATION]) for name, counts in named]


def _about(run: Run) -> list[tuple[str, str]]:
    """What was run, where and with what, as pairs of words."""
    info = run.info
    machine = info.get("machine") or {}
    clock = info["clock"]
    pairs = [
        ("run", info.get("id")),
        ("scenario", f"{info.get('scenario')} (sha256 {str(info.get('scenario_sha256'))[:12]})"),
        ("curve", f"sha256 {str(info.get('curve_sha256'))[:12]}"),
        ("seed", info.get("seed")),
        ("scale", info.get("scale")),
        ("clock", f"{clock_text(run.duration_s)}, squeeze {clock.get('squeeze', 1)}"),
        ("shop", f"{info.get('target_host')} ({info.get('platform')})"),
        *([("control", info["control"]["target_host"])] if run.control is not None else []),
        ("started", info.get("started_at")),
        ("ended", info.get("ended_at")),
        ("git revision", info.get("git_revision")),
        ("workers", info.get("workers")),
        ("machine", ", ".join(f"{key}: {value}" for key, value in machine.items())),
        ("versions", ", ".join(f"{key} {value}" for key, value in (info.get("versions") or {}).items())),
    ]
    return [(key, NOT_MEASURED if value in (None, "") else str(value)) for key, value in pairs]
