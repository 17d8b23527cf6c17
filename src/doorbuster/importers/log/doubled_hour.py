"""The hour that clocks repeat, in a log whose times have no offset: the lines' order tells its two passes apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.daylight import offset_at

_EPOCH: Final = datetime(1970, 1, 1)
_QUARTER_US: Final = 900_000_000
_SECOND_US: Final = 1_000_000


class DoubledHour:
    """Takes one file's moments in the order of its lines and puts each line of a doubled hour into one of its passes.

    A line is taken to be near the line before it: after 02:59:59 of the first pass 02:00:00 is one second later and not
    an hour earlier, and a late line of the first pass is again a few seconds earlier. A file that begins inside the
    hour is taken to begin in its first pass.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._last_us: int | None = None

    def told(self, at_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """`at_us`: microseconds since 1970 UTC, each read in one of the passes. Shape as given."""
        quarters, back = np.unique(at_us // _QUARTER_US, return_inverse=True)
        offsets = offset_at(quarters * 900, self._zone)
        local = quarters * 900 + offsets
        sides = [_both_sides(second, self._zone) for second in local.tolist()]
        doubled = np.array([first > second for first, second in sides])
        if doubled.any():
            at_us = at_us.copy()
            for row in np.flatnonzero(doubled[back]).tolist():
                quarter = back[row]
                # Local time is what is written; each pass has its own offset from UTC.
                written = int(at_us[row]) + int(offsets[quarter]) * _SECOND_US
                first, second = (written - side * _SECOND_US for side in sides[quarter])
                before = int(at_us[row - 1]) if row else self._last_us
                nearer_second = before is not None and abs(second - before) < abs(first - before)
                at_us[row] = second if nearer_second else first
        self._last_us = int(at_us[-1])
        return at_us


@cache
def _both_sides(local_s: int, zone: ZoneInfo) -> tuple[int, int]:
    """The offsets in seconds of a local time in the first and in the second pass: equal where it comes once."""
    moment = (_EPOCH + timedelta(seconds=local_s)).replace(tzinfo=zone)
    first, second = (moment.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return round(first.total_seconds()), round(second.total_seconds())
