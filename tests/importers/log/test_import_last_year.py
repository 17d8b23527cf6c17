"""Last year's run, made from a log: the same loader reads it, `compare` takes it, and it never passes for a rehearsal."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from doorbuster.analysis.load import Run, open_run
from doorbuster.errors import RunDirectoryError
from doorbuster.importers.log.command import LogOptions, import_logs
from doorbuster.importers.log.importer import import_log
from doorbuster.vocabulary import CLOCKS, JOURNEYS
from tests.analysis.synthetic import Recipe, make_run
from tests.conftest import Doorbuster
from tests.importers.log.conftest import MakeLog


@pytest.fixture
def last_year(made_log: MakeLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The same shop's log with request times and without."""
    monkeypatch.chdir(tmp_path)
    found = {}
    for form in ("timed", "combined"):
        _, paths = import_logs([str(made_log(form))], form, LogOptions("staging", session="cookie:sid"))
        found[form] = tmp_path / paths["baseline"]
    return found


def by_step_and_minute(rows: list[dict[str, Any]], key: str) -> Counter[tuple[Any, ...]]:
    counted = Counter[tuple[Any, ...]]()
    for row in rows:
        counted[row[key], row["journey"], row["step"], row["outcome"]] += row["count"]
    return counted


def test_every_answer_of_the_window_is_there_on_both_clocks(last_year: dict[str, Path], made_log: MakeLog) -> None:
    run = open_run(last_year["timed"])
    log = import_log([made_log("timed")], "staging", session="cookie:sid")
    start_s = int(run_start(run))
    wanted = [
        {**row, "second": row["minute"] - start_s}
        for row in log.answers.to_pylist()
        if 0 <= row["minute"] - start_s < run.duration_s
    ]
    for clock in CLOCKS:
        rows = run.latency[run.latency["clock"] == clock].to_dict(orient="records")
        assert by_step_and_minute(rows, "second") == by_step_and_minute(wanted, "second")  # type: ignore[arg-type]
    assert run.info["steps"] == sum(row["count"] for row in wanted)
    minutes = [row for row in log.minutes.to_pylist() if 0 <= row["minute"] - start_s < run.duration_s]
    assert run.arrivals["started"].sum() == sum(row["sessions"] for row in minutes)
    assert run.arrivals.groupby("journey", observed=True)["planned"].sum().to_dict() == {
        journey: sum(row[journey] for row in minutes) for journey in JOURNEYS
    }


def run_start(run: Run) -> float:
    from datetime import datetime

    return datetime.fromisoformat(run.info["started_at"]).timestamp()


def test_what_a_log_does_not_hold_is_absent(last_year: dict[str, Path]) -> None:
    for form, path in last_year.items():
        run = open_run(path)
        assert run.sessions.empty and run.facts.empty and run.catalogue.empty
        assert not {"seed", "conservation", "generator", "workers", "target"} & run.info.keys()
        assert (run.info["telemetry"]["latency"] is None) == (form == "combined")
        assert run.latency["bucket_us"].isna().all() == (form == "combined")
        assert run.arrivals["late_ms_p50"].isna().all()


def test_a_run_of_this_year_is_compared_with_it(
    last_year: dict[str, Path], tmp_path: Path, doorbuster: Doorbuster
) -> None:
    run = make_run(tmp_path / "this-year", Recipe(seconds=60, sessions_per_s=20))
    with_times = doorbuster("compare", "--candidate", run, "--baseline", last_year["timed"])
    assert with_times.returncode in (0, 1, 3), with_times.stderr
    assert "checkout.complete   p95" in with_times.stdout and "the seed differs" not in with_times.stdout
    without = doorbuster("compare", "--candidate", run, "--baseline", last_year["combined"])
    assert without.returncode in (0, 1, 3), without.stderr
    assert "error rate" in without.stdout and " p95   " not in without.stdout
    assert "nothing can be compared at equal load" in without.stdout
    as_busy = make_run(tmp_path / "as-busy", Recipe(seconds=600, sessions_per_s=64 / 60))
    assert (
        "the log of last year holds no request times"
        in doorbuster("compare", "--candidate", as_busy, "--baseline", last_year["combined"]).stdout
    )
    page = doorbuster("report", run, "--baseline", last_year["combined"])
    assert page.returncode == 0, page.stderr


def test_it_is_no_rehearsal_of_its_own(last_year: dict[str, Path], doorbuster: Doorbuster) -> None:
    said = doorbuster("gate", last_year["timed"])
    assert said.returncode == 4
    assert "made from last year's logs" in said.stdout


def test_a_bucket_may_be_missing_in_telemetry_only(last_year: dict[str, Path]) -> None:
    info = last_year["combined"] / "run.json"
    content = json.loads(info.read_text())
    del content["telemetry"]
    info.write_text(json.dumps(content))
    with pytest.raises(RunDirectoryError, match="bucket_us has empty values"):
        open_run(last_year["combined"])


def test_the_imported_scenario_runs_on_the_staging_shop_beside_last_year(
    last_year: dict[str, Path], doorbuster: Doorbuster, tmp_path: Path
) -> None:
    scenario = tmp_path / "scenarios/timed.toml"
    # Nobody waits for real think times in a test.
    quick = (
        scenario.read_text().split("[shopper.think.default]")[0]
        + "[shopper.think.default]\nmedian_s = 0.05\np90_s = 0.1\n"
    )
    scenario.write_text(quick + "[limits]\nwarm_up_s = 1\nin_flight = 500\ndrain_s = 30\n")
    ran = doorbuster("run", "timed", "--minutes", "0.1", "--runs", "runs")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    run = ran.stdout.splitlines()[-1]
    said = doorbuster("compare", "--candidate", run, "--baseline", "analysis/baselines/timed")
    assert said.returncode in (0, 1, 3), said.stderr
    assert "the planned load differs" in said.stdout
    assert "last year's run" not in said.stdout
