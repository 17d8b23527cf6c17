"""From result files to what they say: which tool wrote them, what was counted, and what each request was."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from doorbuster.importers.recognise import described
from doorbuster.importers.results.files import ResultFile, existing
from doorbuster.importers.results.formats import (
    artillery,
    gatling,
    jtl_csv,
    jtl_xml,
    k6_csv,
    k6_json,
    k6_summary,
    locust,
    series,
)
from doorbuster.importers.results.reading import Kind, Notes
from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.steps import Mapped, map_names
from doorbuster.importers.results.steps_file import StepsFile
from doorbuster.importers.results.tally import Counted, Name

FORMATS: Final[tuple[types.ModuleType, ...]] = (
    gatling,
    k6_csv,
    jtl_csv,
    locust,
    series,
    jtl_xml,
    k6_json,
    artillery,
    k6_summary,
)
_KNOWN: Final = (
    "JMeter JTL (CSV, XML), Gatling simulation.log, k6 CSV, JSON lines and summary, Locust CSV files, Artillery JSON, "
    "and a CSV of measurements that --steps describes under [series]"
)
MOST_BAD: Final = 0.01
_NAMED: Final = 5


@dataclass(frozen=True, eq=False)
class Results:
    """Every file of one import, read and mapped."""

    kind: Kind
    files: tuple[str, ...]
    notes: Notes
    counted: Counted
    mapped: tuple[Mapped, ...]
    """One for each of `counted.names`; of summaries, one for each name among them."""
    transactions: bool = False
    """Whether sums over several requests were counted, because there is nothing else or the map says so."""

    @property
    def taken(self) -> int:
        """Answers that are steps."""
        return sum(one.count for one in self.mapped if one.step is not None)


def read_results(files: Sequence[str | Path], steps: StepsFile) -> Results:
    """Read the result files of one run. Raises ResultError: an unknown format, damage, or nothing that is a step."""
    opened = existing(files)
    reader = _reader(opened, steps)
    notes = Notes()
    kind: Kind = series.read(opened, notes, steps.series) if reader is series else reader.read(opened, notes)
    where = opened[0].where if len(opened) == 1 else f"{opened[0].where} and {len(opened) - 1} more"
    _stop_when_bad(where, kind, notes)
    counted, sums = notes.tally.counted(), notes.transactions.counted()
    instead = bool(len(sums.count)) and (steps.count == "transactions" or not len(counted.count))
    left = counted if instead else sums
    if left.count.sum():
        kept, out = ("sums over requests", "requests") if instead else ("requests", "sums over requests")
        notes.dropped[out, f"{kept} are counted; both would count twice"] += int(left.count.sum())
    counted = sums if instead else counted
    if instead:
        notes.warn(
            "read", "each time is a transaction's or a group's: the sum of several requests, and no request's own"
        )
    if not len(counted.count) and not notes.summaries:
        raise ResultError(f"{where}: {_nothing(notes)}")
    mapped = _mapped(counted, notes, steps)
    if kind is not series.KIND and not any(one.step for one in mapped):
        raise ResultError(f"{where}: {_unmapped(mapped)}")
    return Results(kind, tuple(one.where for one in opened), notes, counted, mapped, instead)


def _reader(files: Sequence[ResultFile], steps: StepsFile) -> types.ModuleType:
    if steps.series is not None:
        return series
    found = [next((one for one in FORMATS if one.recognise(file)), None) for file in files]
    for file, one in zip(files, found, strict=True):
        if one is None:
            looks = described(file.head_text)
            raise ResultError(f"{file.where}: looks like {looks}; result files known here are {_KNOWN}")
    first = found[0]
    assert first is not None
    other = next((file for file, one in zip(files, found, strict=True) if one is not first), None)
    if other is not None:
        raise ResultError(
            f"{other.where}: is of another format than {files[0].where} ({first.KIND.words}); one import is one run's: "
            "import each under its own name"
        )
    return first


def _stop_when_bad(where: str, kind: Kind, notes: Notes) -> None:
    # One cut line is how every tool that was stopped leaves its file.
    if notes.bad > max(1, MOST_BAD * notes.rows) or (notes.bad and notes.bad >= notes.rows):
        shown = "; ".join(f"row {row}: {sentence}" for row, sentence in notes.examples[:_NAMED])
        raise ResultError(f"{where}: {notes.bad:,} of {notes.rows:,} rows are bad ({shown}), read as {kind.words}")


def _nothing(notes: Notes) -> str:
    errors = notes.script_errors.total()
    if errors:
        first = notes.script_errors.most_common(1)[0][0]
        return (
            f'no request was measured: all {errors:,} samples are exceptions of the script, mostly "{first}"; '
            "mend the script and run it again"
        )
    return "no request was measured: the tool was stopped before its first answer, or wrote nothing of requests"


def _mapped(counted: Counted, notes: Notes, steps: StepsFile) -> tuple[Mapped, ...]:
    if len(counted.count):
        return map_names(counted.names, counted.of_name(), steps)
    of_metric: Counter[tuple[Name, str]] = Counter()
    for one in notes.summaries:
        of_metric[Name(one.name, one.method, ""), one.metric] += one.count or 0
    counts: dict[Name, int] = {}
    for (name, _), count in of_metric.items():
        counts[name] = max(counts.get(name, 0), count)
    return map_names(tuple(counts), np.array(list(counts.values()), dtype=np.int64), steps)


def _unmapped(mapped: Sequence[Mapped]) -> str:
    names = list(dict.fromkeys(one.name.name for one in sorted(mapped, key=lambda one: -one.count)))
    shown = ", ".join(f'"{name[:60]}"' for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    first = names[0].replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"none of its request names is a step that is known ({shown}{more}); write which is which into a file, e.g. "
        f'step = [{{ name = "home", request = "{first[:60]}" }}], and give it with --steps FILE (paths: --platform)'
    )
