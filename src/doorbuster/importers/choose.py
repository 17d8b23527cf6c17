"""Which stretch of the file is last year's peak: its busiest hour, unless that is no season or not last year's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import ImportFileError
from doorbuster.importers.grid import DAY_S, moment_text
from doorbuster.importers.imported import Finding, ImportedCurve, Window
from doorbuster.importers.peaks import busiest_stretch, equally_busy
from doorbuster.importers.season import LoneDay
from doorbuster.importers.spans import HOUR_S

LAST_YEAR_S: Final = 366 * DAY_S


def choose_window(where: str, curve: ImportedCurve, lone: Sequence[LoneDay]) -> tuple[Window, list[Finding]]:
    """Raises ImportFileError for a file that counts nothing at all."""
    steps = curve.count.size
    if not np.nansum(curve.count) > 0:
        raise ImportFileError(f"{where}: counts nothing at all; check which column is read (--as, or a field map)")
    if steps * curve.step_s <= HOUR_S:
        return Window(0, steps, True, "all of the file, which is no longer than an hour"), []
    allowed = curve.start_s > curve.start_s[-1] - LAST_YEAR_S
    too_old = not allowed.all()
    day = curve.local_s // DAY_S
    for one in lone:
        allowed &= ~_within(one, day)
    if not np.nansum(np.where(allowed, curve.count, 0.0)) > 0:
        allowed = np.ones(steps, dtype=bool)
    first, last = busiest_stretch(curve, allowed)
    top, _ = busiest_stretch(curve, np.ones(steps, dtype=bool))
    what = "the busiest hour" if curve.step_s <= HOUR_S else "the busiest day"
    if HOUR_S < curve.step_s < DAY_S:
        what = f"the busiest row of {curve.step_s / HOUR_S:g} hours"
    equal = equally_busy(curve, first, last)
    if first == top and equal > 1:
        return Window(first, last, False, f"the first of {equal:,} stretches that are equally busy"), []
    if first == top and curve.step_s < HOUR_S and HOUR_S % curve.step_s:
        length = f"{(last - first) * curve.step_s // 60} min"  # "peak 60m" takes rows that add up to an hour only
        return Window(first, last, False, f"the busiest {length} of the file, whose rows make no full hour"), []
    if first == top:
        return Window(first, last, True, f"{what} of the file"), []
    passed = next((one for one in lone if _within(one, day[top : top + 1]).any()), None)
    why = passed.alone if passed else "more than a year before the file's end" if too_old else "not chosen"
    ratio = float(np.nansum(curve.count[top : top + last - first]) / np.nansum(curve.count[first:last]))
    finding = Finding(
        "peak",
        f"{what} of the file, {moment_text(int(curve.local_s[top]))}, was passed over ({why}); it is {ratio:.2f} times "
        f"the chosen one, {moment_text(int(curve.local_s[first]))}. To rehearse it instead, change the window in the "
        "scenario",
        True,
    )
    return Window(first, last, False, f"{what} of the last year in the file, lone days left out"), [finding]


def _within(one: LoneDay, day: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`day`: days since 1970."""
    first, last = ((end - date(1970, 1, 1)).days for end in (one.day, one.last))
    return (day >= first) & (day <= last)
