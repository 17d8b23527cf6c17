"""Each step as a multiple of last year's, and where its interval lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.comparison_rules import AS_CALIBRATED

Against = Literal["beyond", "open", "within", "unjudged", "untold"]


@dataclass(frozen=True)
class Ratio:
    """One row: a step, a journey or the whole shop, this year over last."""

    name: str
    kind: str
    ratio: float
    low: float
    high: float
    limit: float
    samples: tuple[int, int]
    verdict: str = ""

    @property
    def against(self) -> Against:
        """What the families of comparisons made of it; "unjudged" where the runs allow no verdict, "untold" without a
        number."""
        if math.isnan(self.ratio) or math.isnan(self.low):
            return "untold"
        judged: dict[str, Against] = {"FAIL": "beyond", "PASS": "within", "INCONCLUSIVE": "open", "ADVICE": "open"}
        return judged.get(self.verdict, "unjudged")


def where_compared(comparison: Comparison) -> str:
    """Words for a title: empty where the runs are compared as they were."""
    return " at equal load" if comparison.judged_table is not comparison.table else ""


def ratios_of(comparison: Comparison, metric: str) -> list[Ratio]:
    """Rows of the judged table that have a ratio in one metric, the whole shop first, then journeys, then steps."""
    table = comparison.judged_table
    default = 1 + AS_CALIBRATED.allowance(metric)
    found = []
    for row in table[table["metric"] == metric].to_dict(orient="records"):
        margin = row.get("margin")
        limit = 1 + margin if isinstance(margin, float) and not math.isnan(margin) else default
        samples = (_count(row["candidate_samples"]), _count(row["baseline_samples"]))
        if not samples[1] and math.isnan(row["ratio"]):
            continue  # measured this year only, which a warning says
        judged = row.get("verdict")
        verdict = judged if isinstance(judged, str) else ""
        found.append(
            Ratio(str(row["name"]), str(row["kind"]), row["ratio"], row["low"], row["high"], limit, samples, verdict)
        )
    order = ("run", "journey", "step")
    return sorted(found, key=lambda one: order.index(one.kind) if one.kind in order else 0)


def _count(value: float) -> int:
    return 0 if math.isnan(value) else int(value)
