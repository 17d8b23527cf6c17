"""What it means: last year beside this year, and one verdict. pandas and matplotlib live here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from doorbuster.analysis.compare import Comparison, compare_runs
from doorbuster.analysis.entries import Entry, PromiseResult
from doorbuster.analysis.gate_file import Gate, load_gate
from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.outputs import write_outputs
from doorbuster.analysis.validity import Validity, judge_validity
from doorbuster.analysis.verdict import Verdict, judge, verdict_to_json
from doorbuster.audit.audit import Audit


def write_report(
    candidates: Sequence[Run], baselines: Sequence[Run], verdict: Verdict, audit: Audit | None = None
) -> Path:
    """Draw the charts and write report.html into the first run's directory; returns the page's path."""
    from doorbuster.analysis.report import write_report as write  # late: only the page needs matplotlib

    return write(candidates, baselines, verdict, audit)


__all__ = [
    "Comparison",
    "Entry",
    "Gate",
    "PromiseResult",
    "Run",
    "Validity",
    "Verdict",
    "compare_runs",
    "judge",
    "judge_validity",
    "load_gate",
    "open_run",
    "verdict_to_json",
    "write_outputs",
    "write_report",
]
