"""A run beside another tool's results: like with like, figures with nothing, and a broken script is nobody's last year."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from doorbuster.analysis.compare import compare_runs
from doorbuster.analysis.estimates import Estimates, like_clock
from doorbuster.analysis.gate_file import ValidityRules
from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.release import judge_release
from doorbuster.analysis.validity import judge_last_year, judge_validity
from doorbuster.importers.results.command import ResultOptions, import_results
from tests.analysis.synthetic import Recipe, make_run
from tests.importers.results.test_jmeter import HEADER, row
from tests.importers.results.test_locust import HISTORY, STATS, second

STEPS = ("home", "product", "checkout.complete")


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def last_year(text: str, name: str = "last") -> Path:
    Path(f"{name}.txt").write_text(text)
    return import_results([f"{name}.txt"], name, ResultOptions())[1]


def jtl(factor: float = 1.0, broken: int = 0) -> str:
    rng = np.random.default_rng(7)
    lines = [
        row(1764345600000 + int(at * 60_000 / 3000), max(1, int(factor * ms)), STEPS[at % 3])
        for at, ms in enumerate(rng.lognormal(math.log(80), 0.4, 3000))
    ]
    exception = row(code="500", message="javax.script.ScriptException: no token", success="false")
    return HEADER + "".join(lines) + exception * broken


def history() -> str:
    return HISTORY + "".join(second(1764345600 + at, "/", 20 * (at + 1), at // 10) for at in range(60))


def test_times_since_sending_are_compared_with_times_since_sending() -> None:
    run = open_run(last_year(jtl()))
    assert run.timed_by == "service"
    slower = open_run(last_year(jtl(1.5), "slower"))
    assert like_clock([run]) == "service"
    table = compare_runs([slower], [run], estimates=Estimates(200, clock=like_clock([run]))).table
    p95 = table[(table["metric"] == "p95") & (table["name"] == "home")].iloc[0]
    assert p95["ratio"] == pytest.approx(1.5, rel=0.03)
    since_due = compare_runs([slower], [run], estimates=Estimates(200)).table
    assert since_due.loc[since_due["metric"] == "p95", "ratio"].isna().all()


def test_the_gate_takes_our_own_service_clock_beside_another_tools_results() -> None:
    candidate = make_run(Path("runs/new"), Recipe(seconds=60))
    release = judge_release([candidate], [last_year(jtl())])
    table = release.verdict.comparison.table
    home = table[(table["name"] == "home") & (table["metric"] == "p50")].iloc[0]
    ours = Estimates(200).quantile(
        open_run(candidate), release.verdict.comparison.changes[-1].selection, "p50", "service"
    )
    assert ours is not None and not math.isnan(home["ratio"])
    assert any("times are compared from sending" in one for one in release.verdict.warnings)
    assert release.write_report().exists()


def validity(path: Path) -> tuple[bool, str]:
    found = judge_last_year(open_run(path), ValidityRules())
    return found.valid, " ".join(found.reasons)


def test_figures_of_a_whole_run_are_compared_with_nothing() -> None:
    path = last_year(STATS + "GET,/,1000,50,100,120,10,900,5,10.0,0.5,100,400,900\n")
    valid, reasons = validity(path)
    assert not valid and "Locust's files hold figures over many requests and no samples" in reasons
    release = judge_release([make_run(Path("runs/new"), Recipe(seconds=60))], [path])
    assert any("figures over many requests and no samples" in one for one in release.verdict.sentences)
    assert all(entry.verdict != "FAIL" for entry in release.verdict.of_kind("regression"))
    assert release.write_report().exists()


def test_counts_by_the_second_tell_error_rates_and_no_latency() -> None:
    path = last_year(history())
    assert validity(path) == (True, "")
    release = judge_release([make_run(Path("runs/new"), Recipe(seconds=60))], [path])
    table = release.verdict.comparison.table
    home = table[table["name"] == "home"].set_index("metric")
    assert math.isnan(home.loc["p95", "ratio"])
    assert home.loc["error_rate", "baseline"] == pytest.approx(5 / 1200)
    assert release.write_report().exists()


def test_a_thousand_broken_scripts_are_no_last_year_however_few_requests_failed() -> None:
    valid, reasons = validity(last_year(jtl(broken=2000)))
    assert not valid
    assert (
        'its script broke 2,000 times beside 3,000 answers, most often "javax.script.ScriptException: no token"'
        in reasons
    )
    assert validity(last_year(jtl(broken=20), "few")) == (True, "")


def test_as_a_candidate_it_is_no_rehearsal() -> None:
    run: Run = open_run(last_year(jtl()))
    found = judge_validity(run, ValidityRules())
    assert found.reasons == ("it was made from JMeter's result files, and can only be the side that is compared with",)
