"""Artillery's JSON report: counters and figures by period (ten seconds), by request only where a plugin tells them.

What it calls histograms are the same percentiles once more. The aggregate sums the periods up: it is not counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, Final

from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.formats.json_file import document, numbers
from doorbuster.importers.results.reading import Kind, Notes, Summary
from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.tally import ABANDONED, CONFLICT, ERROR, OK, REJECTED, SERVER, THROTTLED, Name

KIND: Final = Kind(
    "artillery",
    "Artillery",
    "Artillery report",
    None,
    resolution_s=10.0,
    absent=("times of single requests: percentiles of each period", "sessions", "when requests were due"),
)
_PLUGIN: Final = "plugins.metrics-by-endpoint."
_TIMES: Final = f"{_PLUGIN}response_time."
_METRICS: Final = {
    "mean": "mean",
    "min": "min",
    "max": "max",
    "median": "p50",
    "p50": "p50",
    "p90": "p90",
    "p95": "p95",
    "p99": "p99",
    "p999": "p99.9",
}
_NETWORK: Final = re.compile(r"E[A-Z_]{3,}|ERR_[A-Z_]+|CERT_[A-Z_]+|HPE_[A-Z_]+|SELF_SIGNED\w*|.*[Tt]imeout.*")
_WAITED: Final = re.compile(r"ETIMEDOUT|ESOCKETTIMEDOUT|.*[Tt]imeout.*")


def recognise(file: ResultFile) -> bool:
    head = file.head_text
    return (
        head.lstrip().startswith("{")
        and '"aggregate"' in head
        and re.search(r'"(?:counters|scenariosCreated|intermediate|vusers\.\w+|firstCounterAt)"', head) is not None
    )


def read(files: list[ResultFile], notes: Notes) -> Kind:
    """Raises ResultError for a report that names no request."""
    for file in files:
        report = document(file)
        aggregate, periods = report.get("aggregate"), report.get("intermediate")
        if not isinstance(aggregate, dict) or not isinstance(periods, list):
            raise ResultError(f"{file.where}: has no periods (intermediate); run Artillery with --output")
        named = [one for one in periods if isinstance(one, dict) and _is_named(one)]
        _script(numbers(aggregate.get("counters")) or _old(aggregate), notes)
        if not named:
            raise ResultError(
                f"{file.where}: Artillery's report over all requests together, no request's name; what is missing is "
                "its plugin metrics-by-endpoint"
            )
        for number, period in enumerate(periods, 1):
            _period(number, period, notes)
    return KIND


def _is_named(period: dict[str, Any]) -> bool:
    return any(key.startswith(_PLUGIN) for key in numbers(period.get("counters")))


def _old(aggregate: dict[str, Any]) -> dict[str, float]:
    """Version 1 had its errors in a table of their own."""
    return {f"errors.{key}": count for key, count in numbers(aggregate.get("errors")).items()}


def _script(counters: dict[str, float], notes: Notes) -> None:
    """What broke in the script, and what never came to be."""
    for key, count in counters.items():
        what = key.removeprefix("errors.")
        if key.startswith("errors."):
            if not _NETWORK.fullmatch(what):
                notes.script_errors[what[:100]] += round(count)
            else:
                notes.failures[what[:80]] += round(count)
        elif key == "vusers.skipped" and count:
            notes.dropped_arrivals += round(count)
            notes.warn("arrivals", f"Artillery skipped {count:,.0f} virtual users: the load was lower than was meant")


def _period(number: int, period: Any, notes: Notes) -> None:
    start = str(period.get("period", "")) if isinstance(period, dict) else ""
    if not start.isdecimal() or not 631_152_000_000 <= int(start) < 4_133_980_800_000:
        notes.rows += 1
        notes.reject(number, "a period without its start")
        return
    second = int(start) // 1000
    answered: dict[str, int] = defaultdict(int)
    notes.tally.last_us = max(notes.tally.last_us, (second + 10) * 1_000_000)
    for key, count in numbers(period.get("counters")).items():
        found = re.fullmatch(re.escape(_PLUGIN) + r"(.*)\.(codes|errors)\.([^.]*|.*?)", key)
        if not found or not count:
            continue
        name, what, which = found[1], found[2], found[3]
        base = _base(int(which)) if what == "codes" and which.isdecimal() else _error(which)
        notes.rows += round(count)
        answered[name] += round(count)
        notes.tally.add_count(_name(name), second, base, round(count))
    for key, figures in (period.get("summaries") or {}).items():
        if key.startswith(_TIMES):
            name = _name(key.removeprefix(_TIMES))
            told = numbers(figures)
            for figure, metric in _METRICS.items():
                if figure in told and not (figure == "median" and "p50" in told):
                    counted = round(told["count"]) if "count" in told else answered[name.name] or None
                    notes.summaries.append(
                        Summary(name.name, name.method, second, 10.0, metric, told[figure], counted, "period")
                    )


def _name(name: str) -> Name:
    return Name(name, "", "")


def _base(status: int) -> int:
    """As `import log` reads a status: Artillery itself calls none of them a failure."""
    if status in (408, 499):
        return ABANDONED
    if status in (429, 409):
        return THROTTLED if status == 429 else CONFLICT
    return SERVER if status >= 500 else REJECTED if status >= 400 else OK


def _error(which: str) -> int:
    return ABANDONED if _WAITED.fullmatch(which) else ERROR
