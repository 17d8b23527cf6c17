"""`series.csv` in the run directory: what was fetched, so that the report can be drawn again without the server."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from doorbuster.analysis.series.line import Series, SeriesLine
from doorbuster.errors import RunDirectoryError
from doorbuster.record.directory import RunDirectory

NAME: Final = "series.csv"
COLUMNS: Final = ("name", "unit", "source", "label", "at_us", "value")


def keep_series(directory: RunDirectory, series: Iterable[Series]) -> None:
    """Write all series, one sample a row, an empty value where there was nothing. Raises RunDirectoryError."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in series:
        for line in one.lines:
            about = (one.name, one.unit, one.source, line.label)
            for at_s, value in zip(line.at_s.tolist(), line.values.tolist(), strict=True):
                writer.writerow((*about, round(at_s * 1e6), "" if math.isnan(value) else repr(value)))
    directory.write_text(NAME, out.getvalue())


def kept_series(directory: RunDirectory) -> tuple[Series, ...]:
    """What an earlier report fetched, in its order; nothing where none did. Raises RunDirectoryError."""
    path = directory.path / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as broken:
        raise _damaged(path.name, directory, str(broken)) from None
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise _damaged(path.name, directory, "its columns are others")
    samples: dict[tuple[str, str, str], dict[str, list[tuple[float, float]]]] = {}
    try:
        for name, unit, source, label, at_us, value in rows[1:]:
            lines = samples.setdefault((name, unit, source), {})
            lines.setdefault(label, []).append((int(at_us) / 1e6, float(value) if value else math.nan))
    except ValueError as broken:
        raise _damaged(path.name, directory, str(broken)) from None
    return tuple(Series(*about, tuple(_line(*one) for one in lines.items())) for about, lines in samples.items())


def _line(label: str, samples: Sequence[tuple[float, float]]) -> SeriesLine:
    at_s, values = np.array(samples, dtype=np.float64).T
    return SeriesLine(label, at_s, values)


def _damaged(name: str, directory: RunDirectory, why: str) -> RunDirectoryError:
    return RunDirectoryError(f"{directory.path / name}: cannot be read ({why}); delete it, and report fetches it again")
