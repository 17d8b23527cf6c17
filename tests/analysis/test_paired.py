"""A run with a control: the arms are compared in time, every interval with all others in mind, in words that fit."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import ROOT

from doorbuster.analysis.beside_control import compared_with, entries_of_control, of_control
from doorbuster.analysis.charts import Years, draw_charts
from doorbuster.analysis.charts.ratios import ratios_chart
from doorbuster.analysis.compare import Comparison, compare_runs
from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.measure import Cells, Measured, Selection
from doorbuster.analysis.paired import paired_cells
from doorbuster.analysis.typical import resampled_typical_us
from doorbuster.record.histogram import index_of_bounds

sys.path.insert(0, str(Path(ROOT, "bench")))
from simulated_shop import SimulatedRun, peaked, service_mean_s, simulate, weather

SECONDS = 300
SLOW = {"cart.add": 1.5}


def arms(candidate_is: dict[str, float], run_sd: float = 0.08) -> tuple[SimulatedRun, SimulatedRun]:
    """Five minutes of one day at two deployments."""
    day = weather(np.random.default_rng(5), SECONDS, run_sd)
    rate = peaked(SECONDS, 10)
    mean_s = service_mean_s(float(rate.max()), 0.7, 8)
    candidate, control = (
        simulate(np.random.default_rng(seed), rate, day, mean_s, 8, slower)
        for seed, slower in ((1, candidate_is), (2, {}))
    )
    candidate.__dict__["control"] = control  # a cached property, as if read from the same directory
    return candidate, control


@pytest.fixture(scope="module")
def slowed() -> Comparison:
    candidate, control = arms(SLOW)
    return compare_runs([candidate], [control])


def test_a_slower_step_fails_and_the_others_pass_without_a_repeat(slowed: Comparison) -> None:
    assert slowed.paired
    verdicts = {one.selection.name: one.verdict for one in slowed.changes if one.metric == "typical"}
    assert verdicts.pop("cart.add") == "FAIL"
    assert "FAIL" not in verdicts.values()
    assert [verdicts[name] for name in ("all steps", "home", "product", "browse")] == ["PASS"] * 4
    slow = slowed.of(Selection("cart.add"), "typical")
    assert slow is not None
    assert slow.low < 1.5 < slow.high


def test_nothing_is_off_one_where_nothing_changed() -> None:
    candidate, control = arms({})
    comparison = compare_runs([candidate], [control])
    told = [one for one in comparison.changes if not one.is_errors and not np.isnan(one.low)]
    assert len(told) > 60
    assert not [one for one in told if one.low > 1 or one.high < 1]
    assert "FAIL" not in {one.verdict for one in comparison.changes}


def test_what_a_deployment_does_by_itself_widens_every_interval(slowed: Comparison) -> None:
    candidate, control = arms(SLOW)
    wide = compare_runs([candidate], [control], rules=ComparisonRules(deployment_sd=0.1))
    for one, other in zip(slowed.changes, wide.changes, strict=True):
        assert one.is_errors or np.isnan(one.low) or other.low < one.low < one.high < other.high
    slow = wide.of(Selection("cart.add"), "typical")
    assert slow is not None
    assert slow.verdict == "INCONCLUSIVE"


def test_both_arms_are_cut_into_the_same_blocks() -> None:
    candidate, control = arms({})
    cells = paired_cells(candidate, control)
    assert cells == paired_cells(control, candidate)
    assert cells.count * cells.cell_s >= SECONDS
    assert cells.block * cells.cell_s == 6  # a sixtieth of five minutes and the drain


def test_typical_is_the_geometric_mean_of_the_middle() -> None:
    rng = np.random.default_rng(3)
    raw_us = np.exp(rng.normal(10, 0.5, 40_000))
    bucket = index_of_bounds(raw_us)
    counts = np.bincount(bucket - bucket.min()).astype(np.float32)[None, :]
    measured = Measured(counts, int(bucket.min()), Cells(0, 1, 1, 1))
    middle = np.sort(np.log(raw_us))[4000:36_000]
    found_us = resampled_typical_us(measured, np.ones((1, 1), dtype=np.float32))[0]
    assert found_us == pytest.approx(float(np.exp(middle.mean())), rel=0.001)
    slowest = np.append(raw_us[:-2000], np.full(2000, 5e8))  # a twentieth hangs: it moves the middle by little
    bucket = index_of_bounds(slowest)
    counts = np.bincount(bucket - bucket.min()).astype(np.float32)[None, :]
    hanging_us = resampled_typical_us(
        Measured(counts, int(bucket.min()), Cells(0, 1, 1, 1)), np.ones((1, 1), dtype=np.float32)
    )[0]
    assert hanging_us == pytest.approx(found_us, rel=0.05)


def test_what_is_compared_with_what() -> None:
    candidate, control = arms({})
    other, _ = arms({})
    assert compared_with([candidate], []) == ((control,), ())
    assert compared_with([control], [other]) == ((other,), ())
    baselines, said = compared_with([candidate], [other])
    assert (baselines, len(said)) == ((other,), 1)
    baselines, said = compared_with([candidate, other], [])
    assert (baselines, len(said)) == ((), 1)


def test_sentences_speak_of_the_control(slowed: Comparison) -> None:
    assert of_control("home p95 is 1.18x last year's (1.1 to 1.2)") == "home p95 is 1.18x the control's (1.1 to 1.2)"
    assert "a run about 3 times as long" in of_control("cannot tell; about 3 runs on each side would settle it")
    candidate, control = arms({"cart.add": 1.12})
    comparison = compare_runs([candidate], [control], rules=ComparisonRules(margin="30%"))
    (advice,) = entries_of_control([], comparison)
    assert advice.verdict == "ADVICE"
    assert "cart.add" in advice.sentence
    assert "slower beyond chance" in advice.sentence


def test_the_forest_is_drawn_beside_the_control(slowed: Comparison) -> None:
    figure = ratios_chart(slowed)
    (axes,) = figure.axes
    assert figure.get_suptitle() == "Slower than the control? p95 of each step"
    assert "joint intervals" in axes.get_xlabel() and "candidate / control" in axes.get_xlabel()
    candidate, _ = arms({})
    first = next(draw_charts(Years((candidate,), ()), slowed))
    assert first.name == "ratios-p95"
    assert first.about.startswith("p95 of every journey and step as a multiple of the control's")
