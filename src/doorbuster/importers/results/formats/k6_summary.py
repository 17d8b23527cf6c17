"""k6's end-of-test summary (`--summary-export`, or JSON that handleSummary wrote): figures of the whole run.

`passes` of http_req_failed counts the requests that failed: the metric asks "did it fail?", and passing is yes.
"""

from __future__ import annotations

import re
from typing import Any, Final

from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.formats import k6
from doorbuster.importers.results.formats.json_file import document, numbers
from doorbuster.importers.results.reading import Kind, Notes, Summary
from doorbuster.importers.results.refusals import ResultError

KIND: Final = Kind(
    "k6_summary",
    "k6",
    "k6 summary of the whole run",
    None,
    whole_run=True,
    absent=(
        "times of single requests",
        "how many requests failed in each second",
        "when it was",
        "sessions",
        *k6.ABSENT[::2],
    ),
)
_NAMED: Final = re.compile(r"http_req_duration\{(?:.*,\s*)?(?:name|url):\s*([^}]*)\}")
_METRICS: Final = {"avg": "mean", "med": "p50", "min": "min", "max": "max"}


def recognise(file: ResultFile) -> bool:
    head = file.head_text
    return (
        head.lstrip().startswith("{")
        and '"metrics"' in head
        and re.search(r'"(?:http_req|iteration|vus|checks)', head) is not None
    )


def read(files: list[ResultFile], notes: Notes) -> Kind:
    """Raises ResultError where no sub-metric names a request."""
    for file in files:
        metrics = document(file).get("metrics")
        if not isinstance(metrics, dict):
            raise ResultError(f"{file.where}: has no table of metrics; export it again with --summary-export")
        named = {match[1].strip(): key for key in metrics if (match := _NAMED.fullmatch(key))}
        _whole(metrics, notes)
        if not named:
            raise ResultError(
                f"{file.where}: k6's summary over all requests together, no request's name; what is missing is --out "
                "csv= or --out json=, or a threshold for each name (http_req_duration{name:...})"
            )
        for name, key in named.items():
            notes.rows += 1
            _figures(metrics, name, key, notes)
    return KIND


def _values(metrics: dict[str, Any], key: str) -> dict[str, float]:
    """`--summary-export` writes them flat, handleSummary under `values`."""
    found = metrics.get(key)
    return numbers(found.get("values", found) if isinstance(found, dict) else None)


def _figures(metrics: dict[str, Any], name: str, key: str, notes: Notes) -> None:
    requests = _values(metrics, key.replace("http_req_duration", "http_reqs"))
    failed = _values(metrics, key.replace("http_req_duration", "http_req_failed"))
    counted = round(requests["count"]) if "count" in requests else None
    if counted is None and {"passes", "fails"} <= failed.keys():
        counted = round(failed["passes"] + failed["fails"])
    over_s = requests["count"] / requests["rate"] if requests.get("rate") else 0.0
    for key_, value in _values(metrics, key).items():
        percentile = re.fullmatch(r"p\((\d+(?:\.\d+)?)\)", key_)
        metric = f"p{percentile[1]}" if percentile else _METRICS.get(key_)
        if metric:
            notes.summaries.append(Summary(name, "", 0.0, over_s, metric, value, counted, "whole run"))
    if "passes" in failed:
        notes.summaries.append(Summary(name, "", 0.0, over_s, "failed", failed["passes"], counted, "whole run"))


def _whole(metrics: dict[str, Any], notes: Notes) -> None:
    points = k6.Points(
        iterations=_values(metrics, "iterations").get("count", 0),
        dropped_iterations=_values(metrics, "dropped_iterations").get("count", 0),
    )
    points.tell(notes)
    failing = _values(metrics, "checks").get("fails", 0)
    if failing:
        notes.failures["checks of the script"] += round(failing)
