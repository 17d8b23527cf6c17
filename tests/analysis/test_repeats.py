"""A user gives more runs: which of them teach anything, which are refused, and what is said?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import Recipe, make_run

from doorbuster.analysis import Run, judge, open_run
from doorbuster.analysis.gate_file import Gate
from doorbuster.analysis.intervals import Quantile
from doorbuster.analysis.objectives import _place
from doorbuster.analysis.release import judge_release
from doorbuster.analysis.untold import too_few
from doorbuster.errors import RunDirectoryError

BUSY = Recipe(sessions_per_s=15)
OBJECTIVE = {"objective": [{"step": "*", "metric": "error_rate", "max": 0.005}]}
GATE = Gate.model_validate(OBJECTIVE)
LOG = {"telemetry": {"resolution_s": 1, "made_from": ["a log"]}}

Make = Callable[[Recipe], Run]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    count = iter(range(100))
    return lambda recipe: open_run(make_run(tmp_path / f"run-{next(count)}", recipe))


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        (replace(BUSY, seed=5, info={"scenario": "flash-sale"}), "scenario flash-sale, here black-friday"),
        (replace(BUSY, seed=5, info={"platform": "medusa"}), "platform medusa, here staging"),
        (replace(BUSY, seed=5, sessions_per_s=30), "sessions a minute, there"),
        (replace(BUSY, seed=5, complete=False), "was no rehearsal"),
        (replace(BUSY, seed=5), ""),
    ],
)
def test_a_repeat_of_something_else_teaches_nothing_and_is_named(made: Make, recipe: Recipe, says: str) -> None:
    ours, theirs, aa = made(BUSY), made(replace(BUSY, seed=2)), [made(recipe), made(replace(recipe, seed=6))]
    verdict = judge([ours], [theirs], aa, GATE)
    named = [one for one in verdict.warnings if one.startswith("the A/A run run-2 ")]
    assert [says in one for one in named] == ([True] if says else [])
    (step,) = (one for one in verdict.comparison.judged if (one.selection.name, one.metric) == ("home", "p50"))
    assert (step.verdict == "ADVICE") == bool(says)


def test_one_file_imported_twice_is_one_run(made: Make) -> None:
    same = [made(replace(BUSY, seed=2, info={**LOG, "prepared_at": None, "seed": n})) for n in (1, 2)]
    with pytest.raises(RunDirectoryError, match=r"run-1 and \S+run-0 are the same run"):
        judge([made(BUSY)], same, [], GATE)
    other = made(replace(BUSY, seed=3, info=LOG))
    assert judge([made(BUSY)], [same[0], other], [], GATE).baselines == (same[0], other)


def test_the_report_draws_only_what_was_compared_with(tmp_path: Path) -> None:
    new, old = make_run(tmp_path / "new", BUSY), make_run(tmp_path / "old", replace(BUSY, seed=2))
    broken = make_run(tmp_path / "broken", replace(BUSY, seed=3, complete=False))
    release = judge_release([new], [broken, old])
    assert [run.name for run in release.verdict.baselines] == ["old"]
    page = release.write_report().read_text(encoding="utf-8")
    assert page.count("broken") == 1  # the sentence that says so


def test_runs_that_lie_apart_leave_an_objective_as_unsure_as_few_runs_are() -> None:
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        seen = [Quantile(math.exp(day + rng.normal(0, 0.01)), 0.01, 500, 20) for day in rng.normal(0, 0.1, 3)]
        placed = _place(seen, 1.0)
        held += placed.low <= 1.0 <= placed.high
    assert held >= 0.9 * 400  # of 95 %; by the blocks of one run alone it would be 83 %


def test_a_declared_slower_shop_counts_the_steps_that_are_so_with_it(made: Make) -> None:
    whole: dict[str, Any] = {"step": "*", "metric": "p95", "worse_than_last_year": "10%"}
    slow = made(replace(BUSY, seed=7, factor={"*": 2.2}))
    verdict = judge(
        [slow], [made(replace(BUSY, seed=2))], [], Gate.model_validate({**OBJECTIVE, "regression": [whole]})
    )
    declared = verdict.of_kind("regression")[0]
    assert declared.verdict == "FAIL"
    assert "slower along with it" in declared.sentence


def test_the_slowdown_that_would_have_shown_is_the_one_that_fails(made: Make) -> None:
    comparison = judge([made(BUSY)], [made(replace(BUSY, seed=2))], [], GATE).comparison
    steps = [one for one in comparison.judged if one.selection.kind == "step" and one.metric == "p95"]
    shown = f"{np.median([one.smallest_seen for one in steps]):.2f}x"
    (sentence,) = (one for one in too_few(comparison) if "would have had to take" in one)
    assert shown in sentence
