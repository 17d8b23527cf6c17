"""The curve by the hour and by the day of its own clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.grid import DAY_S
from doorbuster.importers.imported import ImportedCurve

HOUR_S: Final = 3600


@dataclass(frozen=True)
class Spans:
    """The curve summed up by the hour or day of its own clock. Shapes: (spans,)."""

    local_s: NDArray[np.int64]
    """Start of the first step of each."""
    count: NDArray[np.float64]
    present: NDArray[np.float64]
    """Share of its steps that the file has rows for; below 1 at the ends of the file and around absent steps."""

    @property
    def whole(self) -> NDArray[np.bool_]:
        return self.present >= 0.95


def spans(curve: ImportedCurve, length_s: int) -> Spans:
    """Hours (3600) or days (86400) of the local clock; an hour that came twice is two."""
    key = np.column_stack([curve.local_s // length_s, np.zeros_like(curve.start_s)])
    if length_s < DAY_S and curve.offset_s is not None:
        key[:, 1] = curve.offset_s
    change = np.concatenate([[True], (np.diff(key, axis=0) != 0).any(axis=1)])
    group = np.cumsum(change) - 1
    count = np.bincount(group, np.nan_to_num(curve.count)).astype(np.float64)
    rows = np.bincount(group, (~np.isnan(curve.count)).astype(np.float64))
    local_s = curve.local_s[change]
    expected = np.full(count.size, length_s / curve.step_s, dtype=np.float64)
    if length_s == DAY_S and curve.offset_s is not None:
        # The day that clocks go back has 25 hours: what its steps are, were they all there.
        jump = np.diff(np.append(curve.offset_s[change], curve.offset_s[-1]))
        expected = (length_s - jump) / curve.step_s
    return Spans(local_s, count, np.minimum(rows / expected, 1.0).astype(np.float64))


def length_text(seconds: int) -> str:
    """
    >>> length_text(60), length_text(3600), length_text(86400), length_text(90)
    ('1 min', '1 h', '1 day', '90 s')
    """
    for size, word in ((DAY_S, "day"), (HOUR_S, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
