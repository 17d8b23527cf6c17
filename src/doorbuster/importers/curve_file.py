"""The curve as CSV, as `traffic/curve.py` reads it: absent steps have no row."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.grid import DAY_S, moment_text
from doorbuster.importers.imported import Imported, ImportedCurve
from doorbuster.importers.published import DAY_PEAK
from doorbuster.importers.spans import HOUR_S
from doorbuster.vocabulary import JOURNEYS

MOST_ROWS: Final = 120_000
"""Above this a week on either side of the peak is written instead of the whole file."""
ASSUMED_HOUR: Final = 20
"""Of the day that only a daily total is known of."""


def rehearsed_minutes(imported: Imported) -> bool:
    """Whether the file's steps are longer than an hour, so that the rehearsed hour has to be assumed."""
    return imported.curve.step_s > HOUR_S


def curve_csv(imported: Imported) -> str:
    """The text of scenarios/curves/NAME.csv: `time` and `sessions`, or `orders` where the scenario has a conversion.

    Further columns are the journeys that the file tells apart.
    """
    curve = imported.curve
    if rehearsed_minutes(imported):
        return _assumed_hour(imported)
    orders = curve.leading == "orders"
    first, last = written_steps(imported)
    counts = curve.count[first:last] * (1.0 if orders else imported.sessions_per_count)
    journeys = journey_columns(imported)
    columns = [counts, *(curve.counts[journey][first:last] for journey in journeys)]
    rows = [",".join(["time", "orders" if orders else "sessions", *journeys])]
    times = _times(curve, first, last)
    rows += [
        ",".join([at, *map(_number, row)])
        for at, *row in zip(times, *(column.tolist() for column in columns), strict=True)
        if not np.isnan(row[0])
    ]
    return "\n".join(rows) + "\n"


def journey_columns(imported: Imported) -> list[str]:
    """Journeys that the curve has a column for."""
    return [journey for journey in JOURNEYS if journey in imported.curve.counts]


def written_steps(imported: Imported) -> tuple[int, int]:
    """First step and the one after the last that are written."""
    curve, window = imported.curve, imported.window
    if curve.count.size <= MOST_ROWS:
        return 0, curve.count.size
    week = 7 * DAY_S // curve.step_s
    return max(0, window.first - week), min(curve.count.size, window.last + week)


def _times(curve: ImportedCurve, first: int, last: int) -> list[str]:
    if curve.offset_s is None:
        return [_padded(moment_text(int(at))) for at in curve.start_s[first:last]]
    pairs = zip(curve.start_s[first:last], curve.offset_s[first:last], strict=True)
    return [
        datetime.fromtimestamp(int(at), timezone(timedelta(seconds=int(offset)))).isoformat() for at, offset in pairs
    ]


def _padded(moment: str) -> str:
    return moment if len(moment) > 16 else f"{moment}:00"


def _assumed_hour(imported: Imported) -> str:
    """Sixty equal minutes: the step's mean minute, for a day times what published days reach above their mean."""
    per_minute = assumed_minute(imported)
    curve = imported.curve
    start = int(curve.local_s[imported.window.first])
    start += ASSUMED_HOUR * HOUR_S if curve.step_s == DAY_S else 0
    rows = [f"{_padded(moment_text(start + 60 * minute))},{_number(per_minute)}" for minute in range(60)]
    return "\n".join(["time,sessions", *rows]) + "\n"


def assumed_minute(imported: Imported) -> float:
    """Sessions in each minute of the assumed hour."""
    curve = imported.curve
    step: NDArray[np.float64] = curve.count[imported.window.first : imported.window.last]
    sessions = float(np.nansum(step)) * imported.sessions_per_count
    return sessions / (step.size * curve.step_s / 60) * (DAY_PEAK.value if curve.step_s == DAY_S else 1.0)


def _number(count: float) -> str:
    return str(int(count)) if count == int(count) else f"{count:.6g}"


def written_span(imported: Imported) -> str:
    """E.g. `2025-11-01 00:00 to 2025-12-01 00:00`, on the shop's clock."""
    first, last = written_steps(imported)
    local = imported.curve.local_s
    return f"{moment_text(int(local[first]))} to {moment_text(int(local[last - 1]) + imported.curve.step_s)}"
