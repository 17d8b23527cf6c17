"""Locust's CSV files: counts by the second where names are in them, figures that are never samples everywhere."""

from __future__ import annotations

import pytest

from doorbuster.importers.results.refusals import ResultError
from tests.importers.results.conftest import Read, by_base, by_name, by_second, untimed, warned

HISTORY = (
    "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,95%,99.9%,100%,Total Request Count,Total Failure Count,"
    "Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,"
    "Total Average Content Size\n"
)
STATS = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,"
    "Max Response Time,Average Content Size,Requests/s,Failures/s,50%,95%,100%\n"
)


def second(at: int, name: str, requests: int, failed: int = 0, kind: str = "GET", p95: str = "200") -> str:
    return f"{at},5,{kind},{name},1.0,0.0,100,{p95},300,310,{requests},{failed},100,110,10,310,900\n"


def aggregate(at: int, requests: int, failed: int = 0) -> str:
    return second(at, "Aggregated", requests, failed, kind="")


def test_a_full_history_counts_by_the_second_and_no_time_is_made_of_its_percentiles(read: Read) -> None:
    found = read(
        HISTORY
        + second(1764345600, "/", 10, 1)
        + second(1764345600, "/cart", 2)
        + aggregate(1764345600, 12, 1)
        + second(1764345601, "/", 25, 1, p95="N/A")
        + second(1764345601, "/cart", 4, 1)
        + aggregate(1764345601, 29, 2)
    )
    assert by_name(found) == {"/": 25, "/cart": 4}
    assert by_base(found) == {"ok": 27, "error": 2}
    assert by_second(found) == {1764345599: 12, 1764345600: 17}
    assert untimed(found) == 29  # no answer has a time
    assert found.kind.latency is None
    home = [one for one in found.notes.summaries if one.name == "/"]
    assert {one.how for one in home} == {"last seconds"} and {one.over_s for one in home} == {10.0}
    assert [one.metric for one in home].count("p95") == 1  # N/A is no figure
    assert {one.metric for one in home} == {"p50", "p95", "p99.9", "p100"}


def test_counts_that_begin_anew_are_not_negative(read: Read) -> None:
    found = read(HISTORY + second(1764345600, "/", 100, 5) + second(1764345601, "/", 7, 1))
    assert by_base(found) == {"ok": 101, "error": 6}


def test_totals_beside_a_history_without_names_are_figures_only(read: Read) -> None:
    stats = (
        STATS
        + "GET,/,1000,50,100,120,10,900,5,10.0,0.5,100,400,900\n,Aggregated,1000,50,100,120,10,900,5,10.0,0.5,100,400,900\n"
    )
    found = read(HISTORY + aggregate(1764345600, 10) + aggregate(1764345700, 1000, 50), stats)
    assert found.kind.whole_run
    assert not len(found.counted.count)
    figures = {one.metric: one.value_ms for one in found.notes.summaries}
    assert figures == {"p50": 100, "p95": 400, "p100": 900, "mean": 120, "min": 10, "max": 900, "failed": 50}
    assert {one.over_s for one in found.notes.summaries} == {100.0}
    assert warned(found) == ""


def test_exceptions_of_the_script_stand_beside_few_failed_requests(read: Read) -> None:
    found = read(
        HISTORY + second(1764345600, "/", 500, 1),
        'Count,Message,Traceback,Nodes\n4312,\'NoneType\' object has no attribute \'cart\',"  File ""x.py""",local\n',
        "Method,Name,Error,Occurrences\nGET,/,HTTPError('500 Server Error'),1\n",
    )
    assert by_base(found) == {"ok": 499, "error": 1}
    assert found.notes.script_errors == {"'NoneType' object has no attribute 'cart'": 4312}
    assert found.notes.failures == {"HTTPError('500 Server Error')": 1}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ((HISTORY + aggregate(1764345600, 12),), "missing is the run's _stats.csv"),
        (("Count,Message,Traceback,Nodes\n3,x,y,z\n",), "counts failures or exceptions only"),
        ((HISTORY + second(1764345600, "/", 1), HISTORY + second(1764345600, "/", 2)), "a second file of history"),
        ((HISTORY + second(1764345600, "/", 3, 5),), "without its counts"),
    ],
)
def test_what_is_missing_is_named(read: Read, texts: tuple[str, ...], said: str) -> None:
    with pytest.raises(ResultError, match=said):
        read(*texts)
