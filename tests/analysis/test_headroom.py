"""How many times last year's peak a shop holds: on a shop in arithmetic whose capacity is known."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import ROOT

from doorbuster.analysis.budgets import budget_of
from doorbuster.analysis.charts.headroom import headroom_chart
from doorbuster.analysis.charts.style import png
from doorbuster.analysis.gate_file import Objective
from doorbuster.analysis.headroom import Headroom, headroom_of, locate, open_headroom
from doorbuster.analysis.holds import HeldObjective, Hold, HoldVerdict, allowed_share, judge_hold
from doorbuster.analysis.load import Run
from doorbuster.analysis.multiples import multiples_of
from doorbuster.errors import RunDirectoryError
from doorbuster.rehearsal.ladder import next_level

sys.path.insert(0, str(ROOT / "bench"))
from calibrate_headroom import OBJECTIVE, PAUSED_SHARE, walk

ERRORS = Objective(step="*", metric="error_rate", max=0.005)


@pytest.fixture(scope="module")
def ramp() -> Run:
    return walk(np.random.default_rng(1), np.linspace(0.3, 1.3, 400))[0]


def test_a_ramp_finds_the_capacity_and_where_the_objective_breaks(ramp: Run) -> None:
    located = locate(ramp, [OBJECTIVE, ERRORS])
    assert located.plateau is not None
    # The day's drift is a few percent; the estimator's own error is half a percent (docs/calibration.md).
    assert located.plateau.times == pytest.approx(1 - PAUSED_SHARE, abs=0.12)
    assert located.first is not None and located.first.objective == OBJECTIVE
    assert 0.75 < located.times < 1.1
    assert math.isnan(located.knees[1].times)  # nothing failed


def test_a_ramp_that_stops_short_finds_neither() -> None:
    located = locate(walk(np.random.default_rng(2), np.linspace(0.2, 0.6, 300))[0], [OBJECTIVE])
    assert located.plateau is None
    assert math.isnan(located.times)
    found = headroom_of(located, [])
    assert found.sentence == "the ramp broke no objective up to 0.60x last year's peak; no hold has confirmed it"
    assert "no plateau" in found.text()


def test_what_shoppers_do_later_is_not_counted_as_work_done_early(ramp: Run) -> None:
    """Before anybody waits, what is completed is what was planned."""
    located = locate(ramp, [OBJECTIVE])
    assert located.work is not None
    calm = slice(60, min(200, located.work.calm_s))
    done, planned = located.work.completed[calm].mean(), located.load.times[calm].mean()
    slope = float(np.diff(located.load.times).mean())
    assert done == pytest.approx(planned - slope * located.work.lag_s, rel=0.06)


@pytest.mark.parametrize(("level", "verdict"), [(0.6, "held"), (1.15, "broken")])
def test_a_hold_is_judged_by_its_share_of_slow_steps(level: float, verdict: str) -> None:
    run = walk(np.random.default_rng(3), np.full(120, level))[0]
    hold = judge_hold(run, multiples_of(run), [OBJECTIVE, ERRORS], {})
    assert hold.verdict == verdict
    assert hold.times == pytest.approx(level)
    assert hold.objectives[1].verdict == "held"
    assert ("p95" in hold.why_not) == (verdict == "broken")


def test_what_comes_in_after_the_last_arrival_does_not_dilute_a_hold() -> None:
    run = walk(np.random.default_rng(3), np.full(60, 1.3))[0]
    hold = judge_hold(run, multiples_of(run), [OBJECTIVE], {})
    every = run.latency[run.latency["second"].between(30, 89)]["count"].sum()
    assert hold.objectives[0].samples == every < run.latency["count"].sum()


def test_few_steps_cannot_tell() -> None:
    run = walk(np.random.default_rng(4), np.full(10, 0.2))[0]
    rare = Objective(step="checkout.complete", metric="p95", max_ms=60_000)
    hold = judge_hold(run, multiples_of(run), [rare], {})
    assert hold.verdict == "too few"
    assert "hold for longer" in hold.why_not


def test_a_shop_that_spends_some_of_its_budget_when_quiet_is_asked_for_half_of_the_rest() -> None:
    assert budget_of(OBJECTIVE) == pytest.approx(0.05)
    assert allowed_share(OBJECTIVE, 0.0) == pytest.approx(0.025)
    assert allowed_share(OBJECTIVE, 0.03) == pytest.approx(0.04)
    assert allowed_share(OBJECTIVE, math.nan) == pytest.approx(0.025)
    assert allowed_share(OBJECTIVE, 0.2) == pytest.approx(0.05)


def held(times: float, verdict: HoldVerdict) -> Hold:
    return Hold(f"at-{times}", times, 240, (HeldObjective(OBJECTIVE, verdict, 0.01, 0.02, 0.025, 9000),))


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        ([(1.55, "held"), (1.55, "held"), (1.7, "broken")], "holds 1.62x last year's peak within objectives (1.55x to 1.70x)"),
        ([(1.5, "held"), (1.5, "held"), (1.6, "in between"), (1.7, "broken")], "holds 1.60x last year's peak within objectives (1.50x to 1.70x)"),
        ([(1.5, "in between"), (1.6, "held"), (1.6, "held"), (1.7, "broken")], "does not hold 1.70x"),
        ([(1.5, "held"), (1.6, "held"), (1.6, "held")], "holds >= 1.60x last year's peak within objectives; where it ends was not reached"),
        ([(1.5, "held"), (1.5, "held"), (1.6, "held"), (1.7, "broken")], "holds 1.60x last year's peak within objectives (1.50x to 1.70x)"),
        ([(1.5, "held"), (1.5, "held"), (1.6, "held"), (1.6, "broken")], "holds 1.55x last year's peak within objectives (1.50x to 1.60x)"),
        ([(1.5, "held"), (1.7, "broken")], "held 1.50x last year's peak within objectives, but only once, and 1.70x broke; hold 1.50x again to promise it"),
        ([(1.5, "held"), (1.6, "held")], "held 1.60x last year's peak within objectives, but only once; hold 1.60x again to promise it"),
        ([(1.5, "held"), (1.5, "in between")], "cannot tell: all steps p95"),
        ([(1.5, "broken")], "does not hold 1.50x last year's peak within objectives; nothing lower was held"),
        ([(1.5, "too few")], "cannot tell: all steps p95: 9,000 measurements are too few"),
    ],
)  # fmt: skip
def test_the_answer_is_a_sentence(ramp: Run, holds: list[tuple[float, HoldVerdict]], says: str) -> None:
    found = Headroom(
        locate(ramp, [OBJECTIVE]), tuple(sorted((held(*one) for one in holds), key=lambda hold: hold.order))
    )
    assert found.sentence.startswith(says)
    content = json.loads(found.as_json())
    assert content["sentence"] == found.sentence
    assert content["low"] is None or content["low"] == found.low


def test_without_its_ramp_there_is_no_answer(ramp: Run) -> None:
    found = Headroom(locate(ramp, [OBJECTIVE]), (held(1.5, "held"),), ("ramp was no rehearsal: late",), answered=False)
    assert found.sentence == "no answer: ramp was no rehearsal: late"


@pytest.mark.parametrize("holds", [[], [(0.8, "held"), (0.9, "in between"), (1.0, "broken"), (0.7, "too few")]])
def test_the_chart_is_drawn_with_and_without_holds(ramp: Run, holds: list[Any]) -> None:
    figure = headroom_chart(Headroom(locate(ramp, [OBJECTIVE]), tuple(held(*one) for one in sorted(holds))))
    assert png(figure).startswith(b"\x89PNG")
    upper, lower = figure.axes
    assert "last year's peak of 1,200 a minute; n = " in lower.get_xlabel() and "n = " in lower.get_title("left")
    assert "last year's peak" in " ".join(text.get_text() for text in upper.texts)


def test_a_run_without_its_plan_is_refused(ramp: Run, tmp_path: Path) -> None:
    old = replace(ramp, info={key: value for key, value in ramp.info.items() if key != "planned"})  # type: ignore[type-var]
    with pytest.raises(RunDirectoryError, match="how much was planned"):
        multiples_of(old)
    beside = replace(ramp, info={**ramp.info, "control": {"target": "x"}})  # type: ignore[type-var]
    with pytest.raises(RunDirectoryError, match="half of the load"):
        multiples_of(beside)


def climbed(ends_at: float, half: float, beyond: bool, lucky: float = 0.0) -> list[float]:
    """Levels in the order in which they are held by a shop that is held up to `half` and broken beyond `ends_at`.

    Once, and the first time, it is held at the level `lucky` too.
    """
    tried: list[tuple[float, HoldVerdict]] = []
    while (level := next_level(2.0, beyond, (0.8, 0.9, 1.0), sorted(tried))) is not None:
        luck = level == lucky and (level, "held") not in tried
        tried.append((level, "held" if level <= half or luck else "broken" if level > ends_at else "in between"))
    return [level for level, _ in tried]


@pytest.mark.parametrize(
    ("ends_at", "half", "beyond", "levels"),
    [
        (1.95, 1.85, False, [1.6, 1.8, 2.0, 1.8]),
        (1.95, 1.65, False, [1.6, 1.8, 2.0, 1.6]),
        (2.2, 2.1, False, [1.6, 1.8, 2.0, 2.12, 2.247, 2.0]),
        (1.5, 1.3, False, [1.6, 1.36, 1.156, 1.156]),
        (9.0, 9.0, False, [1.6, 1.8, 2.0, 2.12, 2.247, 2.382, 2.382]),
        (9.0, 9.0, True, [2.0, 2.0]),
        (9.0, 1.7, True, [2.0, 1.8, 1.6, 1.6]),
        (0.1, 0.1, False, [1.6, 1.36, 1.156, 0.983, 0.836, 0.711]),
    ],
)
def test_levels_climb_until_one_breaks_and_the_highest_is_held_again(
    ends_at: float, half: float, beyond: bool, levels: list[float]
) -> None:
    assert climbed(ends_at, half, beyond) == levels


def test_a_level_held_by_luck_is_not_promised() -> None:
    assert climbed(1.95, 1.65, beyond=False, lucky=1.8) == [1.6, 1.8, 2.0, 1.8, 1.6]
    assert climbed(1.95, 1.65, beyond=True, lucky=2.0) == [2.0, 2.0, 1.8, 1.6, 1.6]


def test_a_level_that_cannot_be_told_ends_the_search() -> None:
    assert next_level(2.0, False, (0.8, 0.9), [(1.6, "too few")]) is None


def test_two_ramps_are_no_search(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="no such folder"):
        open_headroom([tmp_path / "none"])
