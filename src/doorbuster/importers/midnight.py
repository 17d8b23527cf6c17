"""Shopify ends every session at midnight UTC: whoever is in the shop then is counted twice."""

from __future__ import annotations

import numpy as np

from doorbuster.importers.grid import DAY_S
from doorbuster.importers.imported import Finding, ImportedCurve, Window


def midnight_cut(curve: ImportedCurve, window: Window) -> Finding:
    """Names the cut, its hour on the shop's clock and, for rows of an hour or finer, how far it lifts that step."""
    base = "Shopify ends every session at midnight UTC and begins it anew: shoppers who are there then count twice"
    if curve.step_s >= DAY_S:
        return Finding("midnight", f"{base}; in rows by the day that is inside every day, and its size cannot be seen")
    if curve.offset_s is None:
        return Finding("midnight", f"{base}; give --timezone to see which hour of this file that is", True)
    at = np.flatnonzero(curve.start_s % DAY_S < curve.step_s)
    at = at[(at > 0) & (at < curve.count.size - 1)]
    hours = sorted({f"{second // 3600 % 24:02d}:{second % 3600 // 60:02d}" for second in curve.offset_s[at] % DAY_S})
    if at.size == 0:
        return Finding("midnight", f"{base}; no midnight UTC is inside this file")
    beside = (curve.count[at - 1] + curve.count[at + 1]) / 2
    seen = ~np.isnan(curve.count[at]) & ~np.isnan(beside) & (beside > 0)
    if seen.sum() < 3:
        return Finding("midnight", f"{base}; that is {' or '.join(hours)} on {curve.clock}")
    lift = float(np.median(curve.count[at][seen] / beside[seen]))
    inside = bool(((at >= window.first) & (at < window.last)).any())
    chosen = "; the chosen peak holds that step: less of it may be shoppers than it seems" if inside else ""
    return Finding(
        "midnight",
        f"{base}; that is {' or '.join(hours)} on {curve.clock}, where the step holds {lift:.2f} times the mean of its "
        f"neighbours (median of {int(seen.sum())} days){chosen}",
        lift > 1.1,
    )
