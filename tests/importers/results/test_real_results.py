"""Every result file of the shared folder: hand-computed numbers, or a sentence that names what is missing.

The files are not part of the project. Sums were worked out with awk and by eye, not with this code.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from doorbuster.errors import DoorbusterError
from doorbuster.importers.results.importer import Results, read_results
from doorbuster.importers.results.steps_file import StepsFile
from doorbuster.record.histogram import BOUNDS_US, OVERFLOW
from tests.importers.results.conftest import EVERYTHING_IS_HOME, by_base, by_name, by_second, warned

SEEN = {
    "gatling/taurus_gatling-3-000_simulation.log": ({"ok": 243}, 379),
    "gatling/taurus_gatling-331-000_simulation.log": ({"ok": 100}, 256),
    "gatling/taurus_gatling-351-000_simulation.log": ({"ok": 220}, 1031),
    "jmeter/jenkins_JMeterCsvResults.csv": ({"ok": 3}, 2204),
    "jmeter/jenkins_JMeterPublisher_formatted_timeStamp.csv": ({"ok": 2, "server": 1}, 2000),
    "jmeter/jenkins_JMeterResultsMultiThread.jtl": ({"ok": 5}, 1581),
    "jmeter/jenkins_JMeterResultsTenSamples.jtl": ({"ok": 10}, 10),
    "jmeter/taurus_doublequoting.jtl": ({"error": 2}, 3205),
    "jmeter/taurus_error-302.jtl": ({"ok": 22, "error": 2}, 481),
    "jmeter/taurus_kpi1.jtl": ({"ok": 12, "error": 9}, 34),
    "jmeter/taurus_many-errors-empty-responses.jtl": ({"error": 42}, 378),
    "jmeter/taurus_resource_tc.jtl": ({"error": 14}, 207),
    "jmeter/taurus_simple.error.jtl": ({"error": 3}, 63),
    "jmeter/taurus_unicode.jtl": ({"error": 13}, 1152),
    "k6/finance_k6-results.csv": ({"ok": 60}, 218.508),
    "k6/finance_k6-results.json": ({"ok": 60}, 218.508),
}
"""File -> samples by outcome, and the slowest in milliseconds."""
REFUSED = {
    "jmeter/jenkins_JMeterCsvResults2.csv": r"times like '2001/20/20 12:05:05.123' are no date",
    "jmeter/taurus_nonstandard-unicode.jtl": r"no request was measured: all 3 samples are exceptions .*EcmaError",
    "locust/berriai_stats_history.csv": r"Aggregated row alone, .* missing is the run's _stats.csv .*--csv-full-history",
}
FIGURES = ("jmeter/jenkins_test_results_stats.csv",)


def load_tests(shared: Path) -> Path:
    return shared / "data/loadtests"


def imported(path: Path, steps: StepsFile = EVERYTHING_IS_HOME) -> Results:
    return read_results([path], steps)


def test_every_file_of_the_folder_is_spoken_of_here(shared: Path) -> None:
    there = {str(path.relative_to(load_tests(shared))) for path in load_tests(shared).glob("*/*")}
    assert there == {*SEEN, *REFUSED, *FIGURES}


@pytest.mark.parametrize("file", SEEN)
def test_counts_outcomes_and_the_slowest_answer_are_the_files_own(shared: Path, file: str) -> None:
    outcomes, slowest_ms = SEEN[file]
    found = imported(load_tests(shared) / file)
    assert by_base(found) == outcomes
    slowest = int(found.counted.bucket.max())
    assert 0 < slowest < OVERFLOW
    assert BOUNDS_US[slowest] <= slowest_ms * 1000 < BOUNDS_US[slowest + 1]
    assert found.notes.bad == 0


@pytest.mark.parametrize("file", REFUSED)
def test_what_cannot_be_told_is_refused_in_a_sentence_that_says_what_is_missing(shared: Path, file: str) -> None:
    with pytest.raises(DoorbusterError) as refused:
        imported(load_tests(shared) / file)
    assert re.search(REFUSED[file], str(refused.value))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("file", [*SEEN, *REFUSED, *FIGURES])
def test_without_a_map_a_name_that_is_no_step_is_named_and_nothing_is_guessed(shared: Path, file: str) -> None:
    if file == "gatling/taurus_gatling-3-000_simulation.log":
        found = imported(load_tests(shared) / file, StepsFile())
        assert [(one.name.name, one.step, one.count) for one in found.mapped] == [
            ("http://blazedemo.com/", "home", 243)
        ]
        return
    with pytest.raises(DoorbusterError) as refused:
        imported(load_tests(shared) / file, StepsFile())
    assert file in REFUSED or 'step = [{ name = "home", request = "' in str(refused.value)


def test_gatling_tells_seconds_and_users(shared: Path) -> None:
    found = imported(load_tests(shared) / "gatling/taurus_gatling-331-000_simulation.log")
    assert by_second(found) == {1617204668: 58, 1617204669: 42}
    assert len(found.notes.visits) == 10
    assert {one.group for one in found.notes.visits} == {"Taurus Scenario"}
    assert min(one.started_us for one in found.notes.visits) == 1617204668243000
    newer = imported(load_tests(shared) / "gatling/taurus_gatling-351-000_simulation.log")
    assert by_second(newer)[1617110480] == 10 and by_second(newer)[1617110481] == 8
    assert newer.notes.visits == []


def test_k6_says_the_same_in_both_forms(shared: Path) -> None:
    forms = [imported(load_tests(shared) / f"k6/finance_k6-results.{form}") for form in ("csv", "json")]
    for found in forms:
        assert by_name(found) == {"http://finance:9501/transaction": 40, "http://finance:9501/transfer": 20}
        assert {name.method for name in found.counted.names} == {"POST"}
        assert len(found.notes.visits) == 20
        assert warned(found) == ""
    # Whole seconds in the one, nanoseconds in the other: the same answers, hardly a second apart.
    assert np.bincount(forms[0].counted.bucket, forms[0].counted.count).tolist() == (
        np.bincount(forms[1].counted.bucket, forms[1].counted.count).tolist()
    )
    # The first one ended at 16:20:21.635558 and took 218.508 ms.
    assert min(by_second(forms[1])) == min(by_second(forms[0])) == 1730305221


def test_jmeter_counts_requests_and_not_their_transactions_or_what_is_inside_them(shared: Path) -> None:
    found = imported(load_tests(shared) / "jmeter/taurus_resource_tc.jtl")
    assert by_name(found) == {"tc3": 2, "tc2r1": 3, "tc3r1": 3, "tc1r1": 3, "tc1r2": 3}
    assert {one.what: one.rows for one in found.notes.all_dropped()} == {
        "samples inside a request": 90,
        "sums over requests": 3,
    }
    other = imported(load_tests(shared) / "jmeter/taurus_error-302.jtl")
    assert len(by_name(other)) == 24
    assert {one.what: one.rows for one in other.notes.all_dropped()} == {"sums over requests": 2}


def test_jmeter_transactions_instead_where_the_map_says_so(shared: Path) -> None:
    steps = StepsFile.model_validate({"count": "transactions", "step": [{"name": "home", "request": "*"}]})
    found = imported(load_tests(shared) / "jmeter/taurus_error-302.jtl", steps)
    assert by_name(found) == {"Transaction Controller 1": 1, "Transaction Controller 3": 1}
    assert "the sum of several requests" in warned(found)


def test_names_in_any_script_are_read_as_they_are(shared: Path) -> None:
    found = imported(load_tests(shared) / "jmeter/taurus_unicode.jtl")
    assert by_name(found) == {"САП.АутентифицироватьРасш": 7, "Тест.Эхо": 6}


def test_locust_totals_are_figures_and_their_contradictions_are_said(shared: Path) -> None:
    found = imported(load_tests(shared) / FIGURES[0])
    assert found.kind.whole_run and len(found.counted.count) == 0
    figures = {(one.name, one.metric): (one.value_ms, one.count) for one in found.notes.summaries}
    assert figures["small", "p95"] == (570, 64219)
    assert figures["huge", "p50"] == (420, 72)
    assert figures["big", "failed"] == (10, 638)
    assert not any(one.name == "Aggregated" for one in found.notes.summaries)
    said = warned(found)
    assert "71,464 requests and 10 failed, its aggregate says 71,464 and 10,000" in said
    assert '"big" contradicts itself: its 100 % is 630 ms, its maximum 906.872 ms' in said


@pytest.mark.parametrize(("year", "rows", "mean_s"), [(2020, 4055, 0.899063), (2021, 2069, 0.887095)])
def test_page_speed_of_two_years_is_drawn_and_no_column_slips(
    shared: Path, year: int, rows: int, mean_s: float
) -> None:
    found = imported(shared / f"data/bf_latency/results_{year}.csv", StepsFile())
    assert found.notes.rows == rows and found.notes.bad == 0
    fcp_ms = [one.value_ms for one in found.notes.summaries if one.metric == "FCP"]
    assert len(fcp_ms) == rows
    assert sum(fcp_ms) / rows == pytest.approx(mean_s * 1000, abs=0.01)
    assert {one.metric for one in found.notes.summaries} == {"FCP", "TOI", "SI", "FMP"}
    assert found.taken == 0
    first = next(one for one in found.notes.summaries if one.metric == "FMP")
    assert (first.name, first.value_ms) == ("www.kroger.com", 1400.0 if year == 2020 else 600.0)
    assert ("the header has no line end" in warned(found)) is (year == 2021)
    assert ("names 11 columns, the rows have 10" in warned(found)) is (year == 2021)
