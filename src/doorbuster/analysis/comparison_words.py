"""The comparison in words and units, for the page and for a terminal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import pandas as pd

from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.wording import milliseconds, percent, times, whole

_NOT_TOLD: Final = "not told"


@dataclass(frozen=True)
class WordedRow:
    """One line of the comparison; empty strings where a side was not measured."""

    name: str
    metric: str
    candidate: str
    baseline: str
    change: str
    interval: str
    samples: str
    limit: str
    verdict: str


def worded_rows(comparison: Comparison) -> list[WordedRow]:
    """Every row of the comparison over the clock, in its order."""
    return worded_table(comparison.table)


def worded_table(table: pd.DataFrame) -> list[WordedRow]:
    """Every row of a comparison's table."""
    rows = []
    for row in table.to_dict(orient="records"):
        errors = row["metric"] == "error_rate"
        show = percent if errors else milliseconds
        scale = 100 if errors else 1
        change, sign = (row["difference"] * 100, "+") if errors else (row["ratio"], "")
        whole_shop = row["kind"] == "run" and not errors
        interval = f"{row['low'] * scale:{sign}.2f} to {row['high'] * scale:{sign}.2f}"
        worded = WordedRow(
            name=str(row["name"]),
            metric=str(row["metric"]).replace("_", " "),
            candidate="" if whole_shop else show(row["candidate"]),
            baseline="" if whole_shop else show(row["baseline"]),
            change="" if math.isnan(change) else f"{change:+.2f} pp" if errors else times(change),
            interval="" if math.isnan(change) else _NOT_TOLD if math.isnan(row["low"]) else interval,
            samples=f"{whole(row['candidate_samples'])} / {whole(row['baseline_samples'])}",
            limit=""
            if math.isnan(row["margin"])
            else f"{row['margin'] * 100:+.2f} pp"
            if errors
            else times(1 + row["margin"]),
            verdict=str(row["verdict"]),
        )
        rows.append(worded)
    return rows


def comparison_text(comparison: Comparison) -> str:
    """The comparison for a terminal: over the clock, and at equal load where the planned loads differ."""
    if comparison.equal_load is None:
        return _table_text(comparison.table, "", comparison.paired)
    parts = [_table_text(comparison.table, "over the clock")]
    if comparison.equal_load.table is not None:
        parts.append(_table_text(comparison.equal_load.table, "at equal load"))
    return "\n\n".join(parts)


def _table_text(table: pd.DataFrame, heading: str, paired: bool = False) -> str:
    """What can be told; where nobody failed on either side, no line about it. `paired`: beside a control."""
    ours, theirs, span = "this year", "last year", "95 % interval"
    if paired:
        ours, theirs, span = "candidate", "control", "joint interval"
    lines = [f"{heading:<32}{ours:>12}{theirs:>12}{'change':>10}   {span:<18}{'limit'}"]
    rows = worded_table(table)
    told = [row for row in rows if row.interval not in ("", _NOT_TOLD) and row.candidate + row.baseline != "0 %0 %"]
    for row in told:
        what = f"{row.name:<20}{row.metric:<12}{row.candidate:>12}{row.baseline:>12}"
        lines.append(f"{what}{row.change:>10}   {row.interval:<18}{row.limit}  {row.verdict}")
    if len(told) < len(rows):
        lines.append(f"{len(rows) - len(told)} more lines, without failures or with too few to tell, are in the report")
    return "\n".join(lines)
