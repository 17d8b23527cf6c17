"""A program reads verdict.json by its published schema; every one that any test writes is checked against it (conftest)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from synthetic import Recipe, make_killed_run, make_run
from tests.conftest import verdict_schema

from doorbuster.analysis import PromiseResult, judge, open_run, write_outputs
from doorbuster.analysis.gate_file import Gate

SMALL = Recipe(seconds=40, sessions_per_s=12)
GATE = Gate.model_validate(
    {
        "objective": [{"step": "checkout.complete", "metric": "p95", "max_ms": 320}],
        "regression": [{"journey": "native_checkout", "metric": "p95", "worse_than_last_year": "10%"}],
    }
)
PROMISE = PromiseResult("coupons", "PASS", "kept", {"checked": 3.0})


def verdict_of(run: Path, *last_year: Path) -> dict[str, Any]:
    judged = judge([open_run(run)], [open_run(path) for path in last_year], [], GATE, [PROMISE])
    content: dict[str, Any] = json.loads(write_outputs(open_run(run), judged).read_text())
    return content


def test_a_verdict_is_what_its_schema_says(tmp_path: Path) -> None:
    run, last_year = make_run(tmp_path / "run", SMALL), make_run(tmp_path / "last", replace(SMALL, seed=2))
    verdict = verdict_of(run, last_year)
    jsonschema.validate(verdict, verdict_schema())
    assert {row["kind"] for row in verdict["comparisons"]} == {"run", "journey", "step"}


@pytest.mark.parametrize("make", [make_killed_run, lambda path: make_run(path, Recipe(sessions_per_s=0.0))])
def test_so_is_that_of_a_run_that_was_none(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    verdict = verdict_of(make(tmp_path / "run"))
    assert verdict["verdict"] == "INVALID"
    jsonschema.validate(verdict, verdict_schema())


@pytest.mark.parametrize(
    "harm",
    [
        {"format": 2},
        {"exit_code": 0},
        {"verdict": "OK"},
        {"validity": {"valid": True, "reasons": [], "numbers": []}},
        {"promises": [{"name": "x", "verdict": "PASS", "required": True, "sentence": "kept", "numbers": {}}]},
        {"comparisons": [{"kind": "step", "name": "home"}]},
        {"warnings": [""]},
    ],
)
def test_the_schema_refuses_what_no_verdict_says(tmp_path: Path, harm: dict[str, Any]) -> None:
    verdict = verdict_of(make_killed_run(tmp_path / "run"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**verdict, **harm}, verdict_schema())
