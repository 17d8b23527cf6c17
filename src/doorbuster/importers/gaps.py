"""Absent steps, which nobody counted, told from zeros, in which nobody came."""

from __future__ import annotations

import numpy as np

from doorbuster.importers.grid import moment_text
from doorbuster.importers.imported import Finding, ImportedCurve
from doorbuster.importers.spans import length_text


def gaps(curve: ImportedCurve) -> list[Finding]:
    """Absent steps told from zeros."""
    absent = np.isnan(curve.count)
    zeros = int((curve.count == 0).sum())
    step = length_text(curve.step_s)
    told = f"{zeros:,} {'is' if zeros == 1 else 'are'} zero: the file says so, or held no event then"
    if not absent.any():
        none = f"no step of {step} is absent"
        return [Finding("absent", f"{none}; {told}" if zeros else f"{none} or zero")]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], absent, [False]]).astype(np.int8)))
    runs = sorted(zip(edges[::2], edges[1::2], strict=True), key=lambda run: run[0] - run[1])
    longest = ", ".join(
        f"{moment_text(int(curve.local_s[a]))} ({b - a} step{'s' if b - a > 1 else ''})" for a, b in runs[:3]
    )
    words = (
        f"{int(absent.sum()):,} of {absent.size:,} steps of {step} are absent, not zero, in {len(runs)} gaps; the "
        f"longest from {longest}"
    )
    return [Finding("absent", f"{words}; {told}" if zeros else words, float(absent.mean()) > 0.01)]
