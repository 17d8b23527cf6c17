"""Artillery reports: what a plugin kept apart by request, period by period."""

from __future__ import annotations

import json
from typing import Any

import pytest

from doorbuster.importers.results.refusals import ResultError
from tests.importers.results.conftest import Read, by_base, by_name, by_second, untimed, warned

P = "plugins.metrics-by-endpoint."


def period(start_ms: int, **counters: int) -> dict[str, Any]:
    told = {"min": 5, "max": 90, "count": 10, "mean": 30.1, "p50": 25.8, "median": 25.8, "p95": 70.1, "p99": 88}
    return {
        "period": str(start_ms),
        "counters": {f"{P}/cart.codes.200": 8, f"{P}/cart.codes.503": 1, f"{P}/cart.errors.ETIMEDOUT": 1, **counters},
        "summaries": {f"{P}response_time./cart": told, "http.response_time": told},
        "histograms": {f"{P}response_time./cart": told},
    }


def report(*periods: dict[str, Any], **counters: int) -> str:
    sums = {"http.requests": 20, "vusers.failed": 2, "errors.ETIMEDOUT": 2, f"{P}/cart.codes.200": 16, **counters}
    return json.dumps({"aggregate": {"counters": sums, "period": 1764345600000}, "intermediate": list(periods)})


def test_periods_are_counted_once_and_percentiles_are_no_samples(read: Read) -> None:
    found = read(report(period(1764345600000), period(1764345610000)))
    assert by_name(found) == {"/cart": 20}
    assert by_second(found) == {1764345600: 10, 1764345610: 10}
    assert by_base(found) == {"ok": 16, "server": 2, "abandoned": 2}
    assert untimed(found) == 20
    assert found.kind.resolution_s == 10
    figures = [(one.metric, one.value_ms, one.over_s, one.how) for one in found.notes.summaries]
    assert figures.count(("p95", 70.1, 10.0, "period")) == 2
    assert len(figures) == 12
    assert found.notes.failures == {"ETIMEDOUT": 2}
    assert not found.notes.script_errors


def test_what_broke_in_the_script_and_who_never_came_is_named(read: Read) -> None:
    counters = {'errors.Undefined function "pick"': 4312, "vusers.skipped": 7}
    found = read(report(period(1764345600000), **counters))
    assert found.notes.script_errors == {'Undefined function "pick"': 4312}
    assert "skipped 7 virtual users" in warned(found)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"aggregate": {"scenariosCreated": 5, "errors": {}}, "intermediate": [{"latency": {"p95": 12}}]}),
        json.dumps(
            {"aggregate": {"counters": {"http.requests": 5}}, "intermediate": [{"counters": {"http.codes.200": 5}}]}
        ),
    ],
)
def test_a_report_without_names_says_which_plugin_is_missing(read: Read, text: str) -> None:
    with pytest.raises(ResultError, match="missing is its plugin metrics-by-endpoint"):
        read(text)
