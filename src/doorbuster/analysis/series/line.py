"""One of the shop's metrics as a chart draws it: lines on the scenario's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_LINES: Final = 50


@dataclass(frozen=True, eq=False)
class SeriesLine:
    """One line. Shapes: (samples,)."""

    label: str
    """What tells it from the other lines of its metric; empty for the only one."""
    at_s: NDArray[np.float64]
    """Seconds on the scenario's clock, rising."""
    values: NDArray[np.float64]
    """nan where the source says that there is nothing."""


@dataclass(frozen=True, eq=False)
class Series:
    """One metric with all its lines, the greatest first."""

    name: str
    unit: str
    source: str
    lines: tuple[SeriesLine, ...]


def series_within(
    name: str,
    unit: str,
    source: str,
    labelled: Sequence[tuple[Mapping[str, str], Sequence[tuple[float, float]]]],
    zero_unix_s: float,
    end_s: float,
) -> Series:
    """Lines of (labels, [(unix seconds, value)]), cut to the run, zero to `end_s` on its clock; empty ones left out."""
    telling = _telling(labels for labels, _ in labelled)
    lines = []
    for labels, samples in labelled:
        at_s, values = np.array(sorted(samples), dtype=np.float64).reshape(-1, 2).T
        inside = (at_s >= zero_unix_s) & (at_s <= zero_unix_s + end_s)
        if np.isfinite(values[inside]).any():
            label = ", ".join(f"{key}={labels[key]}" for key in telling if key in labels)
            lines.append(SeriesLine(label, at_s[inside] - zero_unix_s, values[inside]))
    lines.sort(key=lambda line: (-float(np.nanmean(line.values)), line.label))
    return Series(name, unit, source, tuple(lines[:MOST_LINES]))


def _telling(every: Iterable[Mapping[str, str]]) -> list[str]:
    """Labels in which the lines differ."""
    known = list(every)
    keys = dict.fromkeys(key for labels in known for key in labels)
    return [key for key in keys if len({labels.get(key) for labels in known}) > 1]
