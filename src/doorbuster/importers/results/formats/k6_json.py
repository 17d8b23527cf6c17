"""k6's JSON (`--out json=`): one point a line, with its tags and a time to the nanosecond."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import orjson
import pyarrow as pa

from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.formats import k6, k6_csv
from doorbuster.importers.results.reading import Kind, Notes, Visit

KIND: Final = Kind("k6_json", "k6", "k6 results (JSON lines)", k6.LATENCY, visits=k6.VISITS, absent=k6.ABSENT)
_BATCH: Final = 50_000
_READ: Final = frozenset({k6.DURATION, *k6.OTHERS})


def recognise(file: ResultFile) -> bool:
    """By its first whole lines: points and what the metrics are."""
    for line in file.head.splitlines()[:5]:
        found = _parsed(line)
        if isinstance(found, dict) and found.get("type") in ("Metric", "Point") and "metric" in found:
            return True
    return False


def read(files: list[ResultFile], notes: Notes) -> Kind:
    """Raises ResultError as the CSV's reader does."""
    points = k6.Points()
    for file in files:
        rows: list[dict[str, Any]] = []
        for point in _points(file, notes):
            if point["metric"] == k6.DURATION:
                rows.append(_row(point))
                if len(rows) == _BATCH:
                    k6_csv.requests(file.where, pa.Table.from_pylist(rows), notes, points)
                    rows = []
            else:
                _other(point, notes, points)
        if rows:
            k6_csv.requests(file.where, pa.Table.from_pylist(rows), notes, points)
    points.tell(notes)
    return KIND


def _points(file: ResultFile, notes: Notes) -> Iterator[dict[str, Any]]:
    """Points of the metrics that count: `metric`, `at_us`, `value`, `tags`."""
    with file.open() as stream:
        for number, line in enumerate(_lines(stream), 1):
            if not line.strip():
                continue
            found = _parsed(line)
            if not isinstance(found, dict):
                notes.rows += 1
                notes.reject(number, "no JSON")
                continue
            if found.get("type") != "Point" or found.get("metric") not in _READ:
                continue
            point = _point(found)
            if point is None:
                notes.rows += 1
                notes.reject(number, "a point without time or value")
            else:
                yield point


def _lines(stream: Any) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(1 << 20):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _point(found: dict[str, Any]) -> dict[str, Any] | None:
    data = found.get("data")
    if not isinstance(data, dict):
        return None
    value, at_us, tags = data.get("value"), _at_us(data.get("time")), data.get("tags") or {}
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or at_us is None:
        return None
    if not isinstance(tags, dict):
        return None
    texts = {str(name): str(tag) for name, tag in tags.items()}
    return {"metric": found["metric"], "at_us": at_us, "value": float(value), "tags": texts}


def _at_us(time: object) -> int | None:
    if not isinstance(time, str):
        return None
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return None
    if moment.utcoffset() is None or not 1990 <= moment.year < 2100:
        return None
    # A float of seconds would not be exact to the microsecond.
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond


def _group(tags: dict[str, str]) -> str:
    scenario = tags.get("scenario", "")
    return scenario if scenario not in ("", "default") else tags.get("group", "").lstrip(":")


def _row(point: dict[str, Any]) -> dict[str, Any]:
    tags = point["tags"]
    status = tags.get("status", "")
    return {
        "at_us": point["at_us"],
        "value": point["value"],
        "name": tags.get("name") or tags.get("url", ""),
        "method": tags.get("method", ""),
        "group": _group(tags),
        "status": int(status) if status.isdecimal() and len(status) < 5 else 0,
        "has_status": bool(status),
        "expected": tags.get("expected_response", ""),
        "error": tags.get("error", ""),
        "error_code": tags.get("error_code", ""),
    }


def _other(point: dict[str, Any], notes: Notes, points: k6.Points) -> None:
    metric, value, tags = point["metric"], point["value"], point["tags"]
    if metric == "http_req_failed":
        points.failed_requests += value
    elif metric == "http_reqs":
        points.requests += value
    elif metric == "iterations":
        points.iterations += value
    elif metric == "dropped_iterations":
        points.dropped_iterations += value
    elif metric == "checks" and not value:
        notes.failures[f"check: {tags.get('check', '')[:80]}"] += 1
    elif metric == "iteration_duration":
        notes.visits.append(Visit(_group(tags), round(point["at_us"] - value * 1000), point["at_us"]))
