"""What the comparison could not tell: an empty cell in a table is easily read as a good one."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.ratios import ratios_of
from doorbuster.analysis.wording import times

_QUANTILES: Final = ("p50", "p95", "p99")


def too_few(comparison: Comparison) -> tuple[str, ...]:
    """Sentences: which steps were too rare to compare, by quantile, and the smallest slowdown that could have shown."""
    sentences = []
    for metric in _QUANTILES:
        rows = ratios_of(comparison, metric)
        untold = [one.name for one in rows if one.against == "untold"]
        if rows and len(untold) == len(rows):
            sentences.append(f"{metric} of no journey or step could be compared: too few were measured on either side")
        elif untold:
            sentences.append(f"{metric} was measured too rarely to compare: {', '.join(untold)}")
    needed = [
        one.smallest_seen
        for one in comparison.judged
        if one.metric == "p95" and one.selection.kind == "step" and math.isfinite(one.smallest_seen)
    ]
    if needed:
        sentences.append(
            f"a step would have had to take about {times(float(np.median(needed)))} last year's p95 to fail "
            "(median over steps); a smaller slowdown may be there and not show"
        )
    return tuple(sentences)
