"""The verdict as a page of Markdown, for a pull request or a CI job's summary."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from doorbuster.analysis.load import Run
from doorbuster.analysis.text_charts import ratios_text
from doorbuster.analysis.verdict import MEANING, Verdict, ranked_entries


def render_summary(run: Run, verdict: Verdict) -> str:
    """summary.md as text."""
    environment = Environment(
        loader=PackageLoader("doorbuster.analysis"),
        autoescape=False,  # Markdown: `cell` escapes what Markdown and its HTML would act on
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = as_cell
    return environment.get_template("summary.md.j2").render(
        run_name=run.name,
        scenario=str(run.info.get("scenario", "")),
        verdict=verdict,
        meaning=MEANING[verdict.verdict],
        entries=ranked_entries(verdict.entries),
        warnings=verdict.warnings,
        # Of a run that was no rehearsal nothing may look like a result.
        ratios=ratios_text(verdict.comparison) if verdict.validity.valid else "",
    )


def as_cell(text: str) -> str:
    """Any text as one harmless table cell.

    >>> as_cell("a|b <script> *c*")
    'a\\\\|b &lt;script&gt; \\\\*c\\\\*'
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|])", r"\\\1", " ".join(escaped.split()))
