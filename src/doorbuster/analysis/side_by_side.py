"""Everything by journey and step, this year beside last, as the page's one table shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.paired import TYPICAL
from doorbuster.analysis.wording import milliseconds, percent, times, whole

METRICS: Final = ("p50", "p95", "p99", "error_rate")
_NOT_TOLD: Final = "not told"


@dataclass(frozen=True)
class Cell:
    """One number of this year; empty words where there is nothing to set beside it."""

    candidate: str
    baseline: str
    change: str
    """E.g. `1.18x (1.12 to 1.24)`."""
    verdict: str


@dataclass(frozen=True)
class SideBySide:
    """One journey or step: a cell for each of METRICS, and how many steps both rest on."""

    name: str
    kind: str
    cells: tuple[Cell | None, ...]
    samples: str


def metrics_of(comparison: Comparison) -> tuple[str, ...]:
    """The columns, in order: beside a control, what is typical comes first."""
    return (TYPICAL, *METRICS) if comparison.paired else METRICS


def side_by_side(table: pd.DataFrame | None, shown: Sequence[str] = METRICS) -> list[SideBySide]:
    """A line for each journey and step, in the order of a comparison's table; none without one."""
    named: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in table.to_dict(orient="records") if table is not None else ():
        metrics = named.setdefault((str(row["kind"]), str(row["name"])), {})
        metrics[str(row["metric"])] = {str(key): value for key, value in row.items()}
    return [
        SideBySide(name, kind, tuple(_cell(rows[metric]) if metric in rows else None for metric in shown), _n(rows))
        for (kind, name), rows in named.items()
    ]


def _cell(row: Mapping[str, Any]) -> Cell:
    errors = row["metric"] == "error_rate"
    show = percent if errors else milliseconds
    candidate, baseline = ("" if math.isnan(row[side]) else show(row[side]) for side in ("candidate", "baseline"))
    change = row["difference"] if errors else row["ratio"]
    if math.isnan(change):
        return Cell(candidate or "none", baseline, "", "")
    scale, sign = (100, "+") if errors else (1, "")
    known = f"{row['low'] * scale:{sign}.2f} to {row['high'] * scale:{sign}.2f}"
    between = _NOT_TOLD if math.isnan(row["low"]) else known
    said = f"{change * 100:+.2f} pp" if errors else times(change)
    judged = row.get("verdict")
    return Cell(candidate or "none", baseline, f"{said} ({between})", judged if isinstance(judged, str) else "")


def _n(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Of the error rate, which counts every step; else of what there is."""
    row = rows.get("error_rate") or next(iter(rows.values()))
    return " / ".join(
        whole(0 if math.isnan(row[side]) else row[side]) for side in ("candidate_samples", "baseline_samples")
    )
