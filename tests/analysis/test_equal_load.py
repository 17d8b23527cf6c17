"""This year was sent more than last year had: what is compared is where both were as busy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import Recipe, make_run

from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.matched_load import MatchedLoad, at_matched_load, match_load
from doorbuster.analysis.measure import Selection, measure
from doorbuster.analysis.planned_load import load_windows, steps_per_session
from doorbuster.record.histogram import quantile_us

PRODUCT = Selection("product")


def run(folder: Path, name: str, **recipe: Any) -> Run:
    return open_run(make_run(folder / name, Recipe(**{"seconds": 400, "peaked": True, **recipe})))


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
    matched = match_load([here], [there])
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
    ours, theirs = p95_ms(match_load([here], [there]))
    assert ours / theirs == pytest.approx(1.2, rel=0.03)


def test_loads_that_never_met_are_not_matched(tmp_path: Path) -> None:
    matched = match_load([run(tmp_path, "a", sessions_per_s=60)], [run(tmp_path, "b", sessions_per_s=10)])
    assert (matched.overlap, matched.candidate_overlap, matched.count) == (0.0, 0.0, 0)
    assert matched.ours[0] > matched.theirs[1]
    assert all(sum(one.samples for one in at_matched_load(matched, [_product(matched, k)] * 2)) == 0 for k in (0, 1))


def test_a_run_too_short_to_have_a_load_is_not_matched(tmp_path: Path) -> None:
    matched = match_load([run(tmp_path, "a", seconds=25)], [run(tmp_path, "b")])
    assert matched.count == 0
    assert np.isnan(matched.ours).all()


def test_after_a_load_that_last_year_never_had_the_shop_has_to_catch_up_first(tmp_path: Path) -> None:
    """The curve peaks at 0.6: of twice the load, what comes after the peak is as busy on paper only."""
    matched = match_load([run(tmp_path, "a", sessions_per_s=24)], [run(tmp_path, "b", sessions_per_s=12, seed=2)])
    first_s, window_s = matched.cells[0].first_s, matched.cells[0].cell_s
    compared_s = first_s + window_s * np.flatnonzero(matched.classes[0] >= 0)
    assert len(compared_s)
    assert compared_s.max() < 0.6 * 400


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


def test_the_first_half_minute_and_what_follows_the_last_arrival_have_no_load(tmp_path: Path) -> None:
    one = run(tmp_path, "a", warm_up_s=0, seconds=100, peaked=False)
    (windows,) = load_windows([one], steps_per_session([one], [one]))
    told = np.flatnonzero(~np.isnan(windows.per_minute))
    assert windows.cells.cell_s == 10
    assert (told[0], told[-1]) == (2, 9)


def test_a_log_that_counts_by_the_minute_has_windows_of_a_minute(tmp_path: Path) -> None:
    here, there = run(tmp_path, "a"), run(tmp_path, "b", info={"telemetry": {"resolution_s": 60}})
    assert {one.cells.cell_s for one in load_windows([here, there], {"browse": 1.0})} == {60}


def _product(matched: MatchedLoad, index: int) -> Any:
    return measure(matched.runs[index], PRODUCT, "response", matched.cells[index])
