"""k6 results: points a line, and the summary whose words mean the opposite of what they say."""

from __future__ import annotations

import json

import pytest

from doorbuster.importers.results.refusals import ResultError
from tests.importers.results.conftest import Read, by_base, by_name, by_second, untimed, warned

HEADER = "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,scenario,status,url\n"
HOME = "https://shop.example/"


def request(at: str = "1764345600", ms: float = 120, status: str = "200", expected: str = "true", **more: str) -> str:
    """The three points that an import reads of a request."""
    given = {"error": "", "code": "", "scenario": "default", "group": "", "name": HOME, **more}
    tags = f",{given['error']},{given['code']},{expected},{given['group']},GET,{given['name']},{given['scenario']},{status},{given['name']}"
    failed = {"true": 0, "false": 1}.get(
        expected, int(not status.isdecimal() or int(status) == 0 or int(status) >= 400)
    )
    return (
        f"http_reqs,{at},1,{tags}\nhttp_req_duration,{at},{ms},{tags}\nhttp_req_waiting,{at},{ms},{tags}\n"
        f"http_req_failed,{at},{failed},{tags}\n"
    )


def point(metric: str, value: float, at: str = "1764345600", check: str = "", scenario: str = "default") -> str:
    return f"{metric},{at},{value},{check},,,,,,,{scenario},,\n"


def test_a_request_was_sent_before_its_point_says_it_ended(read: Read) -> None:
    found = read(HEADER + request(ms=2400) + request(ms=100))
    # Ended in the second 600, cut off: 600.5 on the whole. Sent at 598.1 and at 600.4.
    assert by_second(found) == {1764345598: 1, 1764345600: 1}


@pytest.mark.parametrize(
    "at",
    [
        "1764345600250",
        "1764345600250000",
        "1764345600250000000",
        "2025-11-28T16:00:00.25Z",
        "2025-11-28T17:00:00.250000123+01:00",
    ],
)
def test_times_in_any_form_that_k6_can_be_told_to_write(read: Read, at: str) -> None:
    assert by_second(read(HEADER + request(at, ms=300))) == {1764345599: 1}


def test_outcomes_by_the_tags_of_each_request(read: Read) -> None:
    found = read(
        HEADER
        + request()
        + request(status="404", expected="true")  # told to expect it
        + request(status="404", expected="false")
        + request(status="429", expected="false")
        + request(status="503", expected="false")
        + request(status="0", expected="false", ms=0, error="request timeout", code="1050")
        + request(status="0", expected="false", ms=0, error="connection refused", code="1212")
    )
    assert by_base(found) == {
        "ok": 1, "rejected": 1, "error": 2, "throttled": 1, "server": 1, "abandoned": 1,
    }  # fmt: skip
    assert untimed(found) == 1
    assert warned(found) == ""


def test_without_expected_response_the_status_decides(read: Read) -> None:
    found = read(
        HEADER + request(expected="") + request(expected="", status="500") + request(expected="", status="403")
    )
    assert by_base(found) == {"ok": 1, "server": 1, "error": 1}


def test_tags_that_were_switched_off_are_missed_in_a_sentence(read: Read) -> None:
    bare = "metric_name,timestamp,metric_value,name\nhttp_req_duration,1764345600,12,home\n"
    with pytest.raises(ResultError, match="neither expected_response nor status is among its tags"):
        read(bare)
    with pytest.raises(ResultError, match="no column name and no url"):
        read("metric_name,timestamp,metric_value,status\nhttp_req_duration,1764345600,12,200\n")
    with pytest.raises(ResultError, match="neither expected_response nor status"):
        read(HEADER + request(status="", expected=""))


def test_dropped_iterations_failed_checks_and_lost_lines_are_said(read: Read) -> None:
    found = read(
        HEADER
        + request()
        + point("dropped_iterations", 17)
        + point("iterations", 1)
        + point("iteration_duration", 1500, scenario="checkout")
        + point("checks", 0, check="order has an id")
        + point("checks", 1, check="status is 200")
        + "http_reqs,1764345600,1,,,,true,,GET,x,default,200,x\n"
    )
    assert "dropped 17 iterations beside 1 that ended" in warned(found)
    assert "counted 2 requests, and 1 have a time" in warned(found)
    assert found.notes.dropped_arrivals == 17
    assert found.notes.failures == {"check: order has an id": 1}
    assert [(one.group, one.ended_us - one.started_us) for one in found.notes.visits if one.ended_us] == [
        ("checkout", 1_500_000)
    ]


def test_a_group_stands_in_for_a_scenario_that_was_not_named(read: Read) -> None:
    found = read(HEADER + request(group="::native checkout") + request(scenario="express_wallet"))
    assert sorted(one.journey for one in found.mapped) == ["express_wallet", "native_checkout"]


def test_json_lines_say_the_same(read: Read) -> None:
    tags = {"name": HOME, "method": "GET", "status": "200", "expected_response": "true", "scenario": "default"}
    at = "2025-11-28T17:00:00.400000999+01:00"
    lines = [
        {"type": "Metric", "metric": "http_req_duration", "data": {"type": "trend", "contains": "time"}},
        {"type": "Point", "metric": "http_req_duration", "data": {"time": at, "value": 2400.5, "tags": tags}},
        {"type": "Point", "metric": "http_req_failed", "data": {"time": at, "value": 0, "tags": tags}},
        {"type": "Point", "metric": "http_reqs", "data": {"time": at, "value": 1, "tags": tags}},
        {"type": "Point", "metric": "vus", "data": {"time": at, "value": 3, "tags": None}},
    ]
    found = read("\n".join(json.dumps(line) for line in lines) + "\n")
    assert by_second(found) == {1764345597: 1}
    assert by_name(found) == {HOME: 1}
    with pytest.raises(ResultError, match=r"2 of 3 rows are bad .*no JSON"):
        read("\n".join(json.dumps(line) for line in lines) + '\n{"type":"Po\nhello')


SUMMARY = {
    "root_group": {},
    "metrics": {
        "http_req_duration": {"avg": 120.5, "med": 100.0, "p(95)": 240.0},
        "http_req_duration{name:Home page}": {"avg": 60.0, "med": 50.0, "p(95)": 99.5, "min": 10.0, "max": 300.0},
        "http_reqs{name:Home page}": {"count": 1200, "rate": 20.0},
        "http_req_failed{name:Home page}": {"value": 0.01, "passes": 12, "fails": 1188},
        "iterations": {"count": 600, "rate": 10.0},
        "dropped_iterations": {"count": 40, "rate": 0.6},
        "checks": {"passes": 590, "fails": 10, "value": 0.98},
    },
}


@pytest.mark.parametrize("form", ["--summary-export", "handleSummary"])
def test_passes_of_http_req_failed_are_the_requests_that_failed(read: Read, form: str) -> None:
    summary = SUMMARY
    if form == "handleSummary":
        metrics = {
            name: {"type": "trend", "contains": "time", "values": values} for name, values in SUMMARY["metrics"].items()
        }
        summary = {"metrics": metrics, "state": {"testRunDurationMs": 60_000}}
    found = read(json.dumps(summary))
    figures = {one.metric: (one.value_ms, one.count, one.over_s) for one in found.notes.summaries}
    assert figures["failed"] == (12, 1200, 60.0)
    assert figures["p95"] == (99.5, 1200, 60.0)
    assert figures["p50"][0] == 50 and figures["mean"][0] == 60
    assert found.kind.whole_run and not len(found.counted.count)
    assert [(one.name.name, one.step, one.count) for one in found.mapped] == [("Home page", "home", 1200)]
    assert "dropped 40 iterations beside 600" in warned(found)
    assert found.notes.failures == {"checks of the script": 10}


def test_a_summary_over_all_requests_names_what_is_missing(read: Read) -> None:
    with pytest.raises(ResultError, match=r"no request's name; what is missing is --out csv= or --out json="):
        read(json.dumps({"metrics": {"http_req_duration": {"avg": 1.0}, "iterations": {"count": 3}}}))
