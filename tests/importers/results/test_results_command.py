"""`doorbuster import results`: what is written, what is said, and nothing half done."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from doorbuster.cli import app
from doorbuster.importers.results.command import ResultOptions, import_results
from doorbuster.record.directory import RunDirectory
from tests.importers.results.test_gatling import LOGS
from tests.importers.results.test_jmeter import HEADER, row
from tests.importers.results.test_locust import HISTORY, second

RESULTS = (
    HEADER
    + row(1764345600500, 120, "Home", thread="browse 1-1")
    + row(1764345601500, 130, "Home", code="503", success="false", thread="Somebody 1-1")
    + row(1764345602500, 900, "checkout.complete", code="503", success="false", thread="Native Checkout 2-1")
    + row(1764345603500, 50, "Sleep")
    + row(500000000000, 50, "Home")
)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def imported(text: str, *options: str, name: str = "november") -> str:
    Path("results.jtl").write_text(text)
    ran = CliRunner().invoke(app, ["import", "results", "results.jtl", "-o", name, *options])
    assert ran.exit_code == 0, ran.output
    return ran.output


def table(name: str, of: str = "november") -> list[dict[str, object]]:
    rows = []
    for part in sorted(Path(f"analysis/baselines/{of}/{name}.parquet").glob("part-*.parquet")):
        rows += pq.read_table(part).to_pylist()
    return rows


def test_a_run_directory_with_times_on_the_service_clock_and_counts_on_both() -> None:
    said = imported(RESULTS)
    rows = table("latency")
    service = [one for one in rows if one["clock"] == "service"]
    response = [one for one in rows if one["clock"] == "response"]
    key = ("second", "journey", "step", "outcome", "count")
    # A 5xx is an error of the home page; of a purchase nobody knows what came of it.
    assert [tuple(one[name] for name in key) for one in service] == [
        (0, "browse", "home", "ok", 1),
        (1, "not_told", "home", "error", 1),
        (2, "native_checkout", "checkout.complete", "unknown", 1),
    ]
    assert [one["bucket_us"] for one in service] == [120_000.0, 129_600.0, 896_000.0]
    assert {one["bucket_us"] for one in response} == {None}
    assert sum(int(str(one["count"])) for one in response) == 3
    assert table("arrivals") == []
    run = RunDirectory(Path("analysis/baselines/november")).read_run()
    assert run["started_at"] == "2025-11-28T16:00:00+00:00"
    assert run["clock"] == {"warm_up_s": 0.0, "duration_s": 3.55, "squeeze": 1.0}
    told = run["telemetry"]
    assert told["tool"] == "JMeter" and told["clock"] == "service" and told["arrivals"] is None
    assert {one["request"]: one["step"] for one in told["steps"]} == {
        "Home": "home",
        "checkout.complete": "checkout.complete",
    }
    assert [(one["request"], one["count"]) for one in told["no_step"]] == [("Sleep", 1)]
    assert "planned arrivals" in told["absent"] and "sessions" in told["absent"]
    assert "1 bad" in said and "row 5: 999999999999 is no time" in said
    assert "no step: 1 Sleep (no name that is known)" in said
    assert "next: doorbuster compare" in said


def test_virtual_users_become_sessions_without_what_nobody_knows() -> None:
    imported(LOGS["3.3"], name="gatling")
    (session,) = table("sessions", "gatling")
    assert (session["started_us"], session["ended_us"], session["due_us"], session["outcome"]) == (
        0,
        2_000_000,
        None,
        None,
    )


def test_figures_go_into_a_table_of_their_own() -> None:
    imported(HISTORY + second(1764345600, "/", 10, 1) + second(1764345610, "/", 30, 1), name="locust")
    figures = table("summaries", "locust")
    assert {one["how"] for one in figures} == {"last seconds"}
    assert {one["step"] for one in figures} == {"home"}
    assert {one["bucket_us"] for one in table("latency", "locust")} == {None}


def test_script_exceptions_are_said_before_the_path() -> None:
    broken = row(code="500", message="javax.script.ScriptException: no token", success="false")
    said = imported(HEADER + row() + broken * 4000 + row(code="500", success="false"))
    assert (
        '4,000 exceptions of the script beside 2 other rows, 4,000 of them "javax.script.ScriptException: no token"'
        in said
    )
    told = json.loads(Path("analysis/baselines/november/run.json").read_text())["telemetry"]
    assert told["script_errors"] == 4000
    assert told["script_errors_first"] == [{"message": "javax.script.ScriptException: no token", "count": 4000}]


def test_parts_of_a_request_that_a_wide_map_takes_are_said() -> None:
    Path("map.toml").write_text('step = [{ name = "home", request = "Home*" }]')
    said = imported(HEADER + row() + row(label="Home-0"), "--steps", "map.toml")
    assert '"Home" and "Home-0" are both home' in said


def test_nothing_is_overwritten_unasked_and_nothing_is_left_of_a_refusal() -> None:
    imported(RESULTS, "--warm-up", "2")
    assert RunDirectory(Path("analysis/baselines/november")).read_run()["clock"]["warm_up_s"] == 2
    again = CliRunner().invoke(app, ["import", "results", "results.jtl", "-o", "november"])
    assert again.exit_code != 0 and "is there already; nothing was written" in str(again.exception)
    imported(RESULTS, "--force")
    before = sorted(Path().rglob("*"))
    with pytest.raises(Exception, match="none of its request names is a step"):
        Path("results.jtl").write_text(HEADER + row(label="Zzz"))
        import_results(["results.jtl"], "other", ResultOptions())
    assert sorted(Path().rglob("*")) == before


def test_a_warm_up_that_is_no_number_is_refused() -> None:
    Path("results.jtl").write_text(RESULTS)
    refused = CliRunner().invoke(
        app, ["import", "results", "results.jtl", "-o", "november", "--warm-up", "nan"], standalone_mode=False
    )
    assert "no number to reckon with" in str(refused.exception)
    assert not Path("analysis").exists()


def test_a_warm_up_longer_than_the_run_is_refused() -> None:
    Path("results.jtl").write_text(RESULTS)
    with pytest.raises(Exception, match=r"--warm-up: the results hold 3\.55 s"):
        import_results(["results.jtl"], "november", ResultOptions(warm_up_s=60))
