"""Asks a Prometheus server for the minutes of the run. Whatever goes wrong is one sentence, and no verdict."""

from __future__ import annotations

import json
import math
from typing import Final

import httpx

from doorbuster.analysis.series.asked import SeriesAsked
from doorbuster.errors import ImportFileError
from doorbuster.importers.scenario_file import printable
from doorbuster.settings import Settings

_TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)
_MOST_BYTES: Final = 32 << 20
_MOST_POINTS: Final = 240  # a chart shows no more


def step_s(duration_s: float) -> int:
    """Seconds between samples."""
    return max(1, math.ceil(duration_s / _MOST_POINTS))


def fetch_range(asked: SeriesAsked, zero_unix_s: float, duration_s: float, settings: Settings) -> str:
    """The answer to query_range from the run's zero to its end, as text. Raises ImportFileError.

    https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
    """
    step = step_s(duration_s)
    asking = {
        "query": asked.query,
        "start": f"{zero_unix_s:.3f}",
        "end": f"{zero_unix_s + duration_s:.3f}",
        "step": str(step),
    }
    headers = {}
    if settings.series_authorization is not None:
        headers["authorization"] = settings.series_authorization.get_secret_value()
    verify = str(settings.ca_bundle) if settings.ca_bundle else True
    try:
        with (
            httpx.Client(verify=verify, timeout=_TIMEOUT, trust_env=False) as client,
            client.stream("GET", f"{asked.url}/api/v1/query_range", params=asking, headers=headers) as answer,
        ):
            content = bytearray()
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > _MOST_BYTES:
                    raise ImportFileError(
                        f"{asked.url}: answers more than {_MOST_BYTES >> 20} MB; narrow the query, e.g. topk(5, ...)"
                    )
            status = answer.status_code
    except UnicodeEncodeError:
        raise ImportFileError(
            f"{asked.url}: is not asked; DOORBUSTER_SERIES_AUTHORIZATION holds letters that no header can carry"
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL) as failed:
        why = printable(str(failed)) or type(failed).__name__
        raise ImportFileError(f"{asked.url}: does not answer ({why}); is it reachable from here?") from None
    text = content.decode("utf-8", errors="replace")
    if status in (401, 403):
        raise ImportFileError(
            f"{asked.url}: answers {status}; put the Authorization header it wants into DOORBUSTER_SERIES_AUTHORIZATION"
        )
    if status != 200:
        raise ImportFileError(f"{asked.url}: answers {status}{_own_words(text)}; repair the query or the address")
    return text


def _own_words(text: str) -> str:
    """What Prometheus says is wrong with a query."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    said = answer.get("error") if isinstance(answer, dict) else None
    return f" ({printable(said)})" if isinstance(said, str) and said else ""
