"""The page to show in the meeting: can we freeze? Then why, then everything by journey and step, then what is open."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from doorbuster.analysis.charts import Chart, ChartGroup, Years, draw_charts
from doorbuster.analysis.cost import Cost, costs_of
from doorbuster.analysis.headline import ANSWER, leading_charts, three_sentences
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, chosen_rows
from doorbuster.analysis.revenue import revenue_sentences
from doorbuster.analysis.series.gathered import NO_SERIES, Gathered
from doorbuster.analysis.side_by_side import metrics_of, side_by_side
from doorbuster.analysis.untold import too_few
from doorbuster.analysis.verdict import MEANING, Verdict, ranked_entries
from doorbuster.analysis.wording import NOT_MEASURED, clock_text, whole
from doorbuster.audit.audit import Audit
from doorbuster.vocabulary import CONSERVATION, OUTCOMES, STEPS

_OPEN: Final = ("INCONCLUSIVE", "ADVICE")


def write_report(
    candidates: Sequence[Run],
    baselines: Sequence[Run],
    verdict: Verdict,
    audit: Audit | None = None,
    gathered: Gathered = NO_SERIES,
) -> Path:
    """Draw the charts, write charts/*.png, charts/*.svg and report.html into the first run's directory.

    Returns the page's path. `audit` is the first run's.
    """
    years = Years(tuple(candidates), tuple(baselines))
    offences = [offence for _, offence in audit.rows()] if audit else []
    charts = list(draw_charts(years, verdict.comparison, offences, gathered.series))
    directory = years.run.directory
    for chart in charts:
        directory.write_bytes(f"charts/{chart.name}.png", chart.png)
        directory.write_bytes(f"charts/{chart.name}.svg", chart.svg)
    return directory.write_text("report.html", render_report(years, verdict, charts, costs_of(audit), gathered.missing))


def render_report(
    years: Years,
    verdict: Verdict,
    charts: Sequence[Chart],
    costs: Sequence[Cost] = (),
    series_missing: Sequence[str] = (),
) -> str:
    """The page as text; nothing in it is fetched from anywhere, and everything from the run is escaped."""
    environment = Environment(
        loader=PackageLoader("doorbuster.analysis"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    equal_load = verdict.comparison.equal_load
    run, names = years.run, [baseline.name for baseline in years.baselines]
    drawn = {chart.name: _embedded(chart) for chart in charts}
    leading = next((name for name in leading_charts(verdict) if name in drawn), "")
    ranked = ranked_entries(verdict.entries)
    # Where nothing may be concluded, no money either, and no size that could have shown.
    judged = any(change.verdict for change in verdict.comparison.judged)
    return environment.get_template("report.html.j2").render(
        run_names=[one.name for one in years.candidates],
        baseline_names=names,
        info={"scenario": run.info.get("scenario", "")},
        verdict=verdict,
        answer=ANSWER[verdict.verdict],
        meaning=MEANING[verdict.verdict],
        sentences=three_sentences(verdict, names),
        leading=drawn.pop(leading, None),
        # Every chart stands once: the one that leads is not drawn again below.
        charts={
            group: [drawn[chart.name] for chart in charts if chart.group == group and chart.name in drawn]
            for group in get_args(ChartGroup)
        },
        series_missing=series_missing,
        headroom=headroom_of(run),
        limits=[entry for entry in ranked if entry.kind != "promise" and entry.verdict not in _OPEN],
        promises=[entry for entry in ranked if entry.kind == "promise" and entry.verdict not in _OPEN],
        untold=[entry for entry in ranked if entry.verdict in _OPEN],
        too_few=too_few(verdict.comparison) if judged and not verdict.comparison.paired else (),
        warnings=verdict.warnings,
        costs=costs,
        revenue=revenue_sentences(run, years.baselines if judged else ()),
        metrics=[metric.replace("_", " ") for metric in metrics_of(verdict.comparison)],
        rows=side_by_side(verdict.comparison.table, metrics_of(verdict.comparison)),
        equal_load=equal_load.sentence if equal_load else "",
        equal_rows=side_by_side(equal_load.table if equal_load else None),
        outcomes=OUTCOMES,
        steps=_step_rows(run),
        conservation_keys=CONSERVATION,
        conservation=_conservation_rows(run),
        warm_up=clock_text(run.warm_up_s),
        about=_about(run),
        overrides=[str(sentence) for sentence in run.info.get("overrides") or ()],
    )


def headroom_of(run: Run) -> dict[str, str] | None:
    """What `doorbuster headroom` left beside a ramp: its sentence and its chart."""
    directory = run.directory
    told, drawn = directory.path / "headroom.json", directory.path / "charts" / "headroom.svg"
    if not told.is_file() or not drawn.is_file():
        return None
    sentence = str(json.loads(told.read_text(encoding="utf-8"))["sentence"])
    return {"about": sentence, "base64": base64.b64encode(drawn.read_bytes()).decode("ascii")}


def _embedded(chart: Chart) -> dict[str, str]:
    return {"about": chart.about, "base64": base64.b64encode(chart.svg).decode("ascii")}


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
