"""This year was sent more than last year had: what is compared is where both were as busy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import Recipe, make_run

from doorbuster.analysis.comparison_words import comparison_text
from doorbuster.analysis.entries import Entry
from doorbuster.analysis.gate_file import Gate
from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.matched_load import MatchedLoad, at_matched_load, match_load
from doorbuster.analysis.measure import Selection, measure
from doorbuster.analysis.planned_load import load_windows, steps_per_session
from doorbuster.analysis.verdict import Verdict, judge, verdict_to_json
from doorbuster.record.histogram import quantile_us

PRODUCT = Selection("product")


def run(folder: Path, name: str, **recipe: Any) -> Run:
    return open_run(make_run(folder / name, Recipe(**{"seconds": 600, "peaked": True, **recipe})))


def matched_of(ours: list[Run], theirs: list[Run]) -> MatchedLoad:
    return match_load(ours, theirs, steps_per_session([*ours, *theirs], theirs))


def p95_ms(matched: MatchedLoad, selection: Selection = PRODUCT) -> list[float]:
    each = [measure(one, selection, "response", cells) for one, cells in zip(matched.runs, matched.cells, strict=True)]
    return [quantile_us(one.dense(), 0.95) / 1000 for one in at_matched_load(matched, each)]


def slower_when_busy(one: Run, ms_per_session_a_minute: float) -> Run:
    """Every step takes as long as the load of its moment says, a load of our own reckoning."""
    planned = one.arrivals.groupby("second")["planned"].sum().reindex(range(2000), fill_value=0).to_numpy()
    load = np.convolve(planned, np.full(30, 2.0))[:2000]
    rows = one.latency.copy()
    rows["bucket_us"] = 1000 * (10 + ms_per_session_a_minute * load[rows["second"]])
    one.__dict__["latency"] = rows
    return one


def test_a_shop_that_is_slower_when_busy_is_compared_where_both_were_as_busy(tmp_path: Path) -> None:
    here = slower_when_busy(run(tmp_path, "a", sessions_per_s=18), 0.1)
    there = slower_when_busy(run(tmp_path, "b", sessions_per_s=12, seed=2), 0.1)
    matched = matched_of([here], [there])
    ours, theirs = p95_ms(matched)
    assert ours == pytest.approx(theirs, rel=0.03)
    naive = [
        quantile_us(measure(one, PRODUCT, "response", cells).dense(), 0.95)
        for one, cells in zip(matched.runs, matched.cells, strict=True)
    ]
    assert naive[0] > 1.3 * naive[1]
    assert 0.3 < matched.overlap < 1
    assert matched.candidate_overlap < matched.overlap


def test_a_release_that_is_slower_at_every_load_is_still_found(tmp_path: Path) -> None:
    here = slower_when_busy(run(tmp_path, "a", sessions_per_s=18), 0.1)
    there = slower_when_busy(run(tmp_path, "b", sessions_per_s=12, seed=2), 0.1)
    rows = here.latency
    rows["bucket_us"] *= 1.2
    ours, theirs = p95_ms(matched_of([here], [there]))
    assert ours / theirs == pytest.approx(1.2, rel=0.03)


def test_loads_that_never_met_are_not_matched(tmp_path: Path) -> None:
    matched = matched_of([run(tmp_path, "a", sessions_per_s=60)], [run(tmp_path, "b", sessions_per_s=10)])
    assert (matched.overlap, matched.candidate_overlap, matched.count) == (0.0, 0.0, 0)
    assert matched.ours[0] > matched.theirs[1]
    products = [_product(matched, index) for index in (0, 1)]
    assert sum(one.samples for one in at_matched_load(matched, products)) == 0


def test_a_run_too_short_to_have_a_load_is_not_matched(tmp_path: Path) -> None:
    matched = matched_of([run(tmp_path, "a", seconds=2, warm_up_s=0)], [run(tmp_path, "b")])
    assert matched.count == 0
    assert np.isnan(matched.ours).all()


def test_after_a_load_that_last_year_never_had_the_shop_has_to_catch_up_first(tmp_path: Path) -> None:
    """The curve peaks at 0.6: of twice the load, what comes after the peak is as busy on paper only."""
    matched = matched_of([run(tmp_path, "a", sessions_per_s=24)], [run(tmp_path, "b", sessions_per_s=12, seed=2)])
    first_s, window_s = matched.cells[0].first_s, matched.cells[0].cell_s
    compared_s = first_s + window_s * np.flatnonzero(matched.classes[0] >= 0)
    assert len(compared_s)
    assert compared_s.max() < 0.6 * 600


def test_load_counts_the_steps_that_sessions_bring(tmp_path: Path) -> None:
    """A checkout has five steps here, a glance three: as many sessions are not as much load."""
    glances = run(tmp_path, "a", journeys=("browse",), shares={"browse": 1.0}, peaked=False)
    buyers = run(tmp_path, "b", journeys=("native_checkout",), shares={"native_checkout": 1.0}, peaked=False, seed=2)
    each = steps_per_session([glances, buyers], [glances])
    assert each["browse"] == pytest.approx(1)
    assert each["native_checkout"] == pytest.approx(5 / 3, rel=0.02)
    one, other = load_windows([glances, buyers], each)
    assert np.nanmean(one.per_minute) == pytest.approx(600, rel=0.05)
    assert np.nanmean(other.per_minute) == pytest.approx(1000, rel=0.05)


def test_at_first_and_after_the_last_arrival_there_is_no_load_to_tell(tmp_path: Path) -> None:
    one = run(tmp_path, "a", warm_up_s=0, seconds=600, sessions_per_s=3, peaked=False)
    (windows,) = load_windows([one], steps_per_session([one], [one]))
    told = np.flatnonzero(~np.isnan(windows.per_minute))
    assert (windows.cells.cell_s, windows.trail_s) == (10, 30)
    assert (told[0], told[-1]) == (2, 59)


def test_windows_of_short_runs_are_shorter(tmp_path: Path) -> None:
    one = run(tmp_path, "a", warm_up_s=0, seconds=120)
    (windows,) = load_windows([one], steps_per_session([one], [one]))
    assert (windows.cells.cell_s, windows.trail_s) == (2, 6)


def test_a_log_that_counts_by_the_minute_has_windows_of_a_minute(tmp_path: Path) -> None:
    here, there = run(tmp_path, "a"), run(tmp_path, "b", info={"telemetry": {"resolution_s": 60}})
    assert {one.cells.cell_s for one in load_windows([here, there], {"browse": 1.0})} == {60}


REQUIRED = {"step": "product", "metric": "p95", "worse_than_last_year": "10%", "required": True}


def gated(ours: list[Run], theirs: list[Run], **regression: Any) -> Verdict:
    asked = {"regression": [{**REQUIRED, **regression}], "comparison": {"resamples": 200}}
    return judge(ours, theirs, [], Gate.model_validate(asked))


def regression_of(verdict: Verdict) -> Entry:
    (entry,) = verdict.of_kind("regression")
    return entry


def busy_pair(folder: Path, slower: float = 1.0) -> tuple[list[Run], list[Run]]:
    """Two runs a side, this year's with half as many shoppers again, in a shop that is slower when busy."""
    sides = []
    for year, rate, factor in (("new", 18, slower), ("old", 12, 1.0)):
        runs = [slower_when_busy(run(folder, f"{year}-{n}", sessions_per_s=rate, seed=n + rate), 0.1) for n in range(2)]
        for one in runs:
            one.latency["bucket_us"] *= factor
        sides.append(runs)
    return sides[0], sides[1]


def test_more_shoppers_alone_are_no_regression(tmp_path: Path) -> None:
    verdict = gated(*busy_pair(tmp_path))
    entry = regression_of(verdict)
    assert entry.verdict != "FAIL"
    assert entry.sentence.startswith(("product p95 at equal load is 1.0", "product p95 at equal load is 0.9"))
    over_the_clock = verdict.comparison.table.query("name == 'product' and metric == 'p95'")
    assert float(over_the_clock["ratio"].iloc[0]) > 1.3
    assert set(verdict.comparison.table["verdict"]) == {""}
    assert "years are compared where both were planned for" in verdict.warnings[0]


def test_a_slower_release_fails_at_equal_load(tmp_path: Path) -> None:
    verdict = gated(*busy_pair(tmp_path, slower=1.8))
    assert verdict.verdict == "FAIL"
    assert "product p95 at equal load is 1.7" in verdict.sentences[0] or "is 1.8" in verdict.sentences[0]
    written = json.loads(verdict_to_json(verdict))["equal_load"]
    assert written["refused"] is None
    assert 0.15 < written["candidate_overlap"] < written["overlap"] < 1
    assert written["from_per_minute"] < written["to_per_minute"] < 1000
    row = next(row for row in written["comparisons"] if (row["name"], row["metric"]) == ("product", "p95"))
    assert row["ratio"] == pytest.approx(1.8, rel=0.04)
    assert row["low"] < 1.8 < row["high"]
    text = comparison_text(verdict.comparison)
    assert text.index("over the clock") < text.index("at equal load")


@pytest.mark.parametrize(("required", "expected"), [(True, "INCONCLUSIVE"), (False, "ADVICE")])
def test_where_no_load_was_common_nothing_fails_and_nothing_passes(
    tmp_path: Path, required: bool, expected: str
) -> None:
    slow = run(tmp_path, "a", sessions_per_s=60, peaked=False, factor={"*": 3.0})
    verdict = gated([slow], [run(tmp_path, "b", sessions_per_s=10, peaked=False)], required=required)
    entry = regression_of(verdict)
    assert entry.verdict == expected
    assert "this year's load starts where last year's ended" in entry.sentence
    assert verdict.verdict == ("INCONCLUSIVE" if required else "PASS")
    assert json.loads(verdict_to_json(verdict))["equal_load"]["comparisons"] == []


def test_too_little_in_common_is_refused_with_its_share(tmp_path: Path) -> None:
    sides = run(tmp_path, "a", sessions_per_s=27), run(tmp_path, "b", sessions_per_s=10)
    entry = regression_of(gated([sides[0]], [sides[1]]))
    assert entry.verdict == "INCONCLUSIVE"
    assert "of this year's steps came at a load that both years had" in entry.sentence
    assert entry.sentence.endswith("which takes 16 %")


def test_two_draws_of_one_plan_are_compared_over_the_clock(tmp_path: Path) -> None:
    verdict = gated([run(tmp_path, "a", seconds=60)], [run(tmp_path, "b", seconds=60, seed=2)])
    assert verdict.comparison.equal_load is None
    assert "equal load" not in regression_of(verdict).sentence


def test_failures_are_counted_at_equal_load(tmp_path: Path) -> None:
    """Half of last year's failures came at a load that this year had: their share is what is compared."""
    ours, theirs = busy_pair(tmp_path)
    for one in (*ours, *theirs):
        planned = one.arrivals.groupby("second")["planned"].sum().reindex(range(2000), fill_value=0).to_numpy()
        load = np.convolve(planned, np.full(30, 2.0))[:2000]
        failing = (load[one.latency["second"]] > 900) & (one.latency["second"] % 4 == 0)
        outcome = one.latency["outcome"].cat.add_categories(["error"])
        one.latency["outcome"] = outcome.where(~failing, "error")
    asked = {"metric": "error_rate", "step": "*", "worse_than_last_year": "2pp"}
    verdict = gated(ours, theirs, **asked)
    table = verdict.comparison.table.query("name == 'all steps' and metric == 'error_rate'")
    assert float(table["difference"].iloc[0]) > 0.04
    assert regression_of(verdict).verdict == "PASS"


def test_no_common_step_neither_fails_nor_passes(tmp_path: Path) -> None:
    ours = run(tmp_path, "a", journeys=("express_wallet",), factor={"*": 9.0})
    theirs = run(tmp_path, "b", journeys=("browse",))
    ours.__dict__["latency"] = ours.latency[ours.latency["step"] != "product"]
    verdict = gated([ours], [theirs])
    assert regression_of(verdict).verdict == "INCONCLUSIVE"
    assert "no step was measured on both sides" in regression_of(verdict).sentence
    assert json.loads(verdict_to_json(verdict))["differences"][0]["effect"] == "forbids"


def _product(matched: MatchedLoad, index: int) -> Any:
    return measure(matched.runs[index], PRODUCT, "response", matched.cells[index])
