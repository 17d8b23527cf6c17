"""Prometheus's answer to query_range, taken apart: series with labels, samples as [seconds, "value"]."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from doorbuster.errors import ImportFileError
from doorbuster.importers.shape import shape
from doorbuster.importers.times import TimeReader

_AGAIN: Final = "save the JSON of /api/v1/query_range"


def series_of(where: str, text: str) -> list[dict[str, Any]]:
    """Each with a `metric` (labels by name) and `values`. Raises ImportFileError for any other answer."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise ImportFileError(f"{where}: is not valid JSON ({broken}); {_AGAIN} whole") from None
    data = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(answer, dict) and answer.get("status") == "error":
        raise ImportFileError(f"{where}: Prometheus answered an error, not data; repair the query and save it again")
    if not isinstance(data, dict) or not isinstance(data.get("result"), list):
        raise ImportFileError(f"{where}: is JSON, but no answer of Prometheus; {_AGAIN}")
    if data.get("resultType") != "matrix":
        raise ImportFileError(
            f"{where}: holds a {shape(str(data.get('resultType')))}, not a range; {_AGAIN}, not of /query"
        )
    found = [one for one in data["result"] if isinstance(one, dict) and isinstance(one.get("values"), list)]
    if not found:
        what = "native histograms, not values" if data["result"] else "no series; check the query and its time range"
        raise ImportFileError(f"{where}: holds {what}")
    return [{**one, "metric": one["metric"] if isinstance(one.get("metric"), dict) else {}} for one in found]


def sample_of(sample: object) -> tuple[float, float] | None:
    """Seconds since 1970 and value, nan for NaN and the infinities; None where it is no sample."""
    if not (isinstance(sample, list) and len(sample) == 2) or isinstance(sample[0], bool):
        return None
    try:
        at, value = float(sample[0]), float(sample[1])
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(at) or TimeReader().read(str(int(at))) is None:
        return None
    return at, value if math.isfinite(value) else math.nan
