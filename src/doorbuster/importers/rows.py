"""Rows as a reader hands them on: times as written, counts by meaning, and an account of what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.cells import Per
from doorbuster.importers.imported import BadLines, Counted, Dropped, Finding
from doorbuster.importers.times import Stamp

MOST_EXAMPLES: Final = 5


@dataclass(frozen=True)
class Rows:
    """Shapes: (rows,) each."""

    title: str
    """The format, in words."""
    leading: Counted
    lines: NDArray[np.int64]
    """Line numbers, the first line of the file is 1."""
    stamps: list[Stamp]
    counts: Mapping[str, NDArray[np.float64]]
    """By meaning, nan for absent; events count 1 each."""
    per: Per
    events: bool
    """One row is one event: a minute without rows is zero, never absent."""
    by_dimension: bool
    """Several rows share a time (one for each device, say) and are added up."""
    of: int
    """Rows of data in the file, whatever became of them."""
    dropped: tuple[Dropped, ...] = ()
    bad: BadLines = field(default_factory=BadLines)
    findings: tuple[Finding, ...] = ()
    sessions_end_at_midnight_utc: bool = False


@dataclass
class Account:
    """Counts what is left out while a reader reads; the only thing that changes as it goes."""

    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    bad: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    def drop(self, what: str, why: str, rows: int = 1) -> None:
        self.dropped[what, why] += rows

    def reject(self, line: int, sentence: str) -> None:
        self.bad += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append((line, sentence))

    def all_dropped(self) -> tuple[Dropped, ...]:
        return tuple(Dropped(what, rows, why) for (what, why), rows in self.dropped.items())

    def bad_lines(self, of: int) -> BadLines:
        return BadLines(self.bad, of, tuple(self.examples))
