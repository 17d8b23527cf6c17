"""Locust's CSV files of one run: stats history, stats, failures, exceptions. All are summaries; none holds a request.

Columns are read by their headers: percentiles are whatever was configured (`PERCENTILES_TO_REPORT`). With
`--csv-full-history` the history has a row for each request name, its percentiles over the last ten seconds or so;
without it there is the Aggregated row alone, and its percentiles are those of all the run so far: smoothed to nothing.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from doorbuster.importers.results.csv_stream import first_row
from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.reading import Kind, Notes, Summary
from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.tally import ERROR, OK, Name
from doorbuster.importers.text_file import read_text

_ABSENT: Final = (
    "times of single requests: percentiles only, rounded to two digits by Locust",
    "sessions",
    "when requests were due",
)
HISTORY: Final = Kind("locust", "Locust", "Locust stats history, a row for each request name", None, absent=_ABSENT)
KIND: Final = Kind(
    "locust",
    "Locust",
    "Locust stats of the whole run",
    None,
    whole_run=True,
    absent=(*_ABSENT, "how many requests failed in each second"),
)
_TOTALS: Final = ("Aggregated", "Total")
_COUNTS: Final = (
    ("Total Request Count", "Request Count", "# requests"),
    ("Total Failure Count", "Failure Count", "# failures"),
)
_MEASURES: Final = {
    "mean": ("Average Response Time", "Average response time"),
    "min": ("Min Response Time", "Min response time"),
    "max": ("Max Response Time", "Max response time"),
}
_KEPT: Final = ("p50", "p90", "p95", "p99", "p99.9", "p100")
_WINDOW_S: Final = 10.0


def recognise(file: ResultFile) -> bool:
    return _role(file) is not None


def _role(file: ResultFile) -> str | None:
    columns = set(first_row(file.head_text, ","))
    if {"Timestamp", "Name", "Requests/s"} <= columns:
        return "history"
    if {"Name", "Requests/s"} <= columns and columns & set(_COUNTS[0]):
        return "stats"
    if {"Error", "Occurrences", "Name"} <= columns:
        return "failures"
    return "exceptions" if {"Count", "Message", "Traceback"} <= columns else None


def read(files: list[ResultFile], notes: Notes) -> Kind:
    """Raises ResultError where no file of the run names a request."""
    by_role: dict[str, list[ResultFile]] = defaultdict(list)
    for file in files:
        by_role[_role(file) or "stats"].append(file)
    for role, several in by_role.items():
        if len(several) > 1:
            raise ResultError(
                f"{several[1].where}: a second file of {role} beside {several[0].where}; one run has one: import each "
                "under its own name"
            )
    for file in by_role["exceptions"]:
        for row in _rows(file, notes):
            notes.script_errors[" ".join(row.get("Message", "").split())[:100]] += _whole(row.get("Count")) or 0
    for file in by_role["failures"]:
        for row in _rows(file, notes):
            notes.failures[row.get("Error", "")[:80]] += _whole(row.get("Occurrences")) or 0
    named = any(_history(file, notes) for file in by_role["history"])
    for file in by_role["stats"]:
        _stats(file, notes, by_second=named)
    if not named and not by_role["stats"]:
        where = files[0].where
        if not by_role["history"]:
            raise ResultError(f"{where}: counts failures or exceptions only; give the run's _stats.csv with it")
        raise ResultError(
            f"{where}: holds Locust's Aggregated row alone, no request's name; what is missing is the run's _stats.csv "
            "(give it, too), or a history written with --csv-full-history"
        )
    return HISTORY if named else KIND


def _history(file: ResultFile, notes: Notes) -> bool:
    """Counts by second and figures; whether request names are in it."""
    before: dict[tuple[str, str], tuple[int, int]] = {}
    seen: dict[tuple[str, str], int] = {}
    named, first = False, None
    waiting: list[Summary] = []
    for row in _rows(file, notes):
        at, name, method = _whole(row.get("Timestamp")), row.get("Name", ""), row.get("Type", "")
        requests, failed = (_whole(_first(row, names)) for names in _COUNTS)
        named = named or bool(method) or name not in _TOTALS
        if (
            at is None
            or not 631_152_000 <= at < 4_133_980_800
            or requests is None
            or failed is None
            or failed > requests
        ):
            notes.reject(notes.rows, "a row without a time in seconds or without its counts")
            continue
        first = at if first is None else first
        notes.tally.last_us = max(notes.tally.last_us, at * 1_000_000)
        if name in _TOTALS and not method:
            notes.dropped["rows of the aggregate", "they sum the other rows up"] += 1
            continue
        key = (method, name)
        was = before.get(key, (0, 0))
        if requests < was[0] or failed < was[1]:
            # --reset-stats, or a second run in the same file, starts counting anew.
            was = (0, 0)
        before[key] = (requests, failed)
        new, new_failed = requests - was[0], failed - was[1]
        start = seen.get(key, at - 1)
        seen[key] = at
        notes.tally.add_count(Name(name, method, ""), start, ERROR, new_failed)
        notes.tally.add_count(Name(name, method, ""), start, OK, new - new_failed)
        waiting += _figures(row, at - _WINDOW_S, _WINDOW_S, "last seconds", new)
    notes.summaries += waiting
    return named


def _stats(file: ResultFile, notes: Notes, by_second: bool) -> None:
    """Totals of the run; figures only. What the history counted by the second is not counted once more."""
    summed = [0, 0]
    aggregate: tuple[int, int] | None = None
    for row in _rows(file, notes):
        requests, failed = (_whole(_first(row, names)) for names in _COUNTS)
        rate = _number(row.get("Requests/s"))
        if requests is None or failed is None or failed > requests:
            notes.reject(notes.rows, "a row without its counts")
            continue
        over_s = requests / rate if requests and rate else 0.0
        if row.get("Name", "") in _TOTALS and not row.get("Type"):
            notes.dropped["rows of the aggregate", "they sum the other rows up"] += 1
            aggregate = requests, failed
            continue
        summed = [summed[0] + requests, summed[1] + failed]
        _contradicts(file, row, notes)
        notes.summaries += _figures(row, 0.0, over_s, "whole run", requests)
        if not by_second:
            method, name = row.get("Type", ""), row.get("Name", "")
            notes.summaries.append(Summary(name, method, 0.0, over_s, "failed", float(failed), requests, "whole run"))
    if aggregate is not None and tuple(summed) != aggregate:
        notes.warn(
            "read",
            f"{file.where}: its rows add up to {summed[0]:,} requests and {summed[1]:,} failed, its aggregate says "
            f"{aggregate[0]:,} and {aggregate[1]:,}: it was edited, or cut",
        )


def _contradicts(file: ResultFile, row: dict[str, str], notes: Notes) -> None:
    """Locust rounds the slowest to two digits; more apart than that are two different runs' figures."""
    slowest, most = _number(row.get("100%")), _number(_first(row, _MEASURES["max"]))
    if slowest is not None and most is not None and abs(slowest - most) > 0.06 * max(slowest, most):
        notes.warn(
            "read",
            f'{file.where}: "{row.get("Name", "")[:60]}" contradicts itself: its 100 % is {slowest:g} ms, its maximum '
            f"{most:g} ms; believe neither",
        )


def _figures(row: dict[str, str], start_s: float, over_s: float, how: str, count: int) -> Iterator[Summary]:
    name, method = row.get("Name", ""), row.get("Type", "")
    cells = {f"p{column[:-1]}": cell for column, cell in row.items() if re.fullmatch(r"\d+(?:\.\d+)?%", column or "")}
    measures = {metric: cell for metric, cell in cells.items() if metric in _KEPT}
    if how == "whole run":
        measures |= {metric: cell for metric, names in _MEASURES.items() if (cell := _first(row, names))}
    for metric, cell in measures.items():
        value = _number(cell)
        if value is not None and count:
            yield Summary(name, method, start_s, over_s, metric, value, count, how)


def _rows(file: ResultFile, notes: Notes) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(read_text(file.path).splitlines(), restkey="more", restval="")
    try:
        for row in reader:
            notes.rows += 1
            if "more" in row:
                notes.reject(notes.rows, "more cells than the header")
                continue
            yield row
    except csv.Error as broken:
        raise ResultError(f"{file.where}: is damaged ({broken}); copy it again") from None


def _first(row: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((row[name] for name in names if row.get(name)), None)


def _whole(cell: str | None) -> int | None:
    return int(cell) if cell is not None and re.fullmatch(r"\d{1,15}", cell.strip()) else None


def _number(cell: str | None) -> float | None:
    found = re.fullmatch(r"\d{1,15}(?:\.\d+)?(?:[eE][-+]?\d{1,2})?", (cell or "").strip())
    return float(found[0]) if found else None
