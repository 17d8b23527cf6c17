"""What differs between this year's runs and last year's is said, allowed for, or forbids the comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthetic import Recipe, make_run

from doorbuster.analysis.comparable import Difference, differences, forbids
from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.equal_load import equal_load
from doorbuster.analysis.estimates import Sides
from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.measure import Selection, judged_cells, measure
from doorbuster.analysis.mix import mix_weights
from doorbuster.record.directory import RunDirectory
from doorbuster.record.histogram import quantile_us

SMOKE = Path("scenarios/smoke.toml").read_text(encoding="utf-8")


def run(folder: Path, name: str, scenario: str | None = None, **recipe: Any) -> Run:
    path = make_run(folder / name, Recipe(**{"seconds": 30, **recipe}))
    if scenario is not None:
        (path / "scenario.toml").write_text(scenario, encoding="utf-8")
    return open_run(path)


def found(ours: Run, theirs: Run) -> dict[str, Difference]:
    return {one.what: one for one in differences([ours], [theirs])}


def test_two_runs_of_one_scenario_have_nothing_to_say(tmp_path: Path) -> None:
    assert differences([run(tmp_path, "a", SMOKE)], [run(tmp_path, "b", SMOKE, seed=2)]) == ()


@pytest.mark.parametrize(
    ("what", "theirs", "says"),
    [
        ("platform", {"platform": "magento"}, "the platform differs: staging this year, magento last year"),
        ("scenario", {"scenario_sha256": "2" * 64}, "black-friday (00000000) this year, black-friday (22222222)"),
        ("curve", {"curve_sha256": "2" * 64}, "the same minute is not the same moment"),
        ("seed", {"seed": 7}, "2026 this year, 7 last year, so other shoppers"),
        ("clock", {"minutes": 5.0}, "in full this year, squeezed into 5 min last year"),
        ("clock", {"scale": 0.5}, "in full this year, in full at 0.5 times the rates last year"),
        ("faults", {"faults": [{"name": "gateway_down", "at": 30.0, "for": 20.0}]}, "gateway_down from 30.0 s"),
        ("platform options", {"storefront_options": {"theme": "b"}}, "options for its platform differ"),
        ("workers", {"workers": 4}, "workers differ: 1 this year, 4 last year"),
        ("generator's machine", {"machine": {"cpus": 8, "system": "Linux"}}, "Linux with 8 processors last year"),
        ("version of doorbuster", {"versions": {"doorbuster": "0.0.9"}}, "what it sends may have changed"),
    ],
)
def test_what_a_run_notes_is_compared(tmp_path: Path, what: str, theirs: dict[str, Any], says: str) -> None:
    here = {"storefront_options": {}, "faults": []}
    one = found(run(tmp_path, "a", info=here), run(tmp_path, "b", info={**here, **theirs}))[what]
    assert one.effect == "said"
    assert says in one.sentence


@pytest.mark.parametrize(
    ("what", "old", "new", "says"),
    [
        (
            "way to the shop",
            "[storefront]",
            "[connections]\nreuse = true\n[storefront]",
            "over reused connections last",
        ),
        ("think times", "default = {", '"home" = { median_s = 9, p90_s = 20 }\ndefault = {', "home 9 s (20 s) last"),
        ("patience", "patience_s = 20", "patience_s = 30", "20 s this year, 30 s last year"),
        ("time-outs", "[storefront]", "[connections]\ntotal_timeout_s = 60\n[storefront]", "10 s, 300 s, 60 s"),
        ("start", "[storefront]", '[hooks]\nbefore = ["make warm"]\n[storefront]', "after make warm last year"),
    ],
)
def test_the_scenario_kept_in_a_run_is_compared(tmp_path: Path, what: str, old: str, new: str, says: str) -> None:
    assert old in SMOKE
    here, there = run(tmp_path, "a", SMOKE), run(tmp_path, "b", SMOKE.replace(old, new, 1))
    assert says in found(here, there)[what].sentence


def test_a_scenario_that_cannot_be_read_any_more_tells_nothing(tmp_path: Path) -> None:
    assert found(run(tmp_path, "a", SMOKE), run(tmp_path, "b", "from another time")) == {}


def test_shoppers_at_another_door_are_told(tmp_path: Path) -> None:
    here = run(tmp_path, "a", SMOKE, info={"target": "http://shop.example"})
    there = run(tmp_path, "b", SMOKE, info={"target": "https://shop.example"})
    assert (
        "http over new connections this year, https over new connections"
        in found(here, there)["way to the shop"].sentence
    )


def test_a_shop_with_twice_the_catalogue_is_told(tmp_path: Path) -> None:
    sides = run(tmp_path, "a"), run(tmp_path, "b")
    for side, size in zip(sides, (30, 60), strict=True):
        rows = {"product": [f"p{n}" for n in range(size)], "variant": [f"v{n}" for n in range(size)]}
        rest = {"sku": "s", "price_minor": 100, "currency": "EUR", "stock": 5, "weight": 1.0}
        RunDirectory(side.directory.path).write_part(
            "catalogue", {**rows, **{name: [value] * size for name, value in rest.items()}}, part="0"
        )
    assert "30 variants this year, 60 last year" in found(*sides)["catalogue"].sentence


def test_a_colder_start_is_told(tmp_path: Path) -> None:
    told = found(run(tmp_path, "a", warm_up_s=5), run(tmp_path, "b"))["start"]
    assert told.sentence.startswith("the start differs: 5 s of warm-up this year, 10 s of warm-up last year")


def test_a_log_beside_a_rehearsal_is_told_and_has_no_scenario_to_differ_in(tmp_path: Path) -> None:
    told = found(run(tmp_path, "a"), run(tmp_path, "b", info={"telemetry": {}, "scenario": "last-year", "seed": None}))
    assert set(told) == {"where times come from"}


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({}, "last year's are its own, without the way there"),
        (
            {"tool": "k6", "latency": "http_req_duration"},
            "results of k6 (http_req_duration): times are compared from sending",
        ),
    ],
)
def test_what_last_years_times_are_is_said(tmp_path: Path, known: dict[str, Any], says: str) -> None:
    told = found(run(tmp_path, "a"), run(tmp_path, "b", info={"telemetry": known}))
    assert says in told["where times come from"].sentence


def test_a_year_in_which_nobody_counted_who_came_has_no_load_to_match(tmp_path: Path) -> None:
    here, there = run(tmp_path, "a"), run(tmp_path, "b", info={"telemetry": {"tool": "k6"}})
    there.__dict__["arrivals"] = there.arrivals.iloc[:0]
    assert equal_load(Sides((here,), (there,)), ComparisonRules()) is None
    told = found(here, there)["planned load"]
    assert told.effect == "said"
    assert told.sentence.startswith("last year's load is not known")


def test_a_load_that_nobody_counted_and_that_was_another_is_not_compared(tmp_path: Path) -> None:
    here, there = run(tmp_path, "a", sessions_per_s=30), run(tmp_path, "b", info={"telemetry": {"tool": "k6"}})
    there.__dict__["arrivals"] = there.arrivals.iloc[:0]
    told = found(here, there)["planned load"]
    assert told.effect == "forbids"
    assert "steps a minute this year" in told.sentence


def test_shops_without_a_common_step_are_not_compared(tmp_path: Path) -> None:
    here, there = run(tmp_path, "a", journeys=("browse",)), run(tmp_path, "b", journeys=("express_wallet",))
    there = without(there, step="product")
    told = differences([here], [there])
    assert [one.what for one in told if one.effect == "forbids"] == ["steps", "journey mix"]
    assert forbids(told) == (
        "no step was measured on both sides: collection, home, product this year, wallet.complete, wallet.start, "
        "wallet.token last year"
    )


def test_times_that_do_not_mean_the_same_are_not_compared(tmp_path: Path) -> None:
    here, there = run(tmp_path, "a"), without(run(tmp_path, "b"), clock="response")
    said = forbids(differences([here], [there]))
    assert said is not None
    assert said.startswith("times are not the same thing: response, service this year, service last year")


def test_another_mix_is_weighted_as_last_years(tmp_path: Path) -> None:
    """Many more buyers make a pooled p95 slower, though no step is."""
    buyers = {"browse": 0.3, "cart": 0.2, "native_checkout": 0.4, "express_wallet": 0.1}
    here = run(tmp_path, "a", seconds=200, sessions_per_s=20, shares=buyers)
    there = run(tmp_path, "b", seconds=200, sessions_per_s=20, seed=2)
    told = found(here, there)["journey mix"]
    assert told.effect == "re-weighted"
    assert "native_checkout 3" in told.ours or "native_checkout 4" in told.ours
    assert "weighted as last year's" in told.sentence
    weights = mix_weights([here], [there])
    assert p95_ms(here) > 1.1 * p95_ms(there)
    assert p95_ms(here, weights[here]) == pytest.approx(p95_ms(there, weights[there]), rel=0.03)


def test_a_journey_that_one_side_did_not_have_counts_on_neither(tmp_path: Path) -> None:
    here = run(tmp_path, "a", seconds=200, sessions_per_s=20)
    there = run(tmp_path, "b", seconds=200, sessions_per_s=20, seed=2, journeys=("browse", "cart"))
    weights = mix_weights([here], [there])
    assert set(weights[here]) == set(weights[there]) == {"browse", "cart"}
    assert p95_ms(here, weights[here]) == pytest.approx(p95_ms(there), rel=0.03)


def test_a_mix_that_differs_by_chance_is_left_alone(tmp_path: Path) -> None:
    here, there = run(tmp_path, "a", seconds=60), run(tmp_path, "b", seconds=60, seed=2)
    assert mix_weights([here], [there]) == {}


def p95_ms(one: Run, weights: Any = None) -> float:
    return quantile_us(measure(one, Selection(), "response", judged_cells(one), weights).dense(), 0.95) / 1000


def without(one: Run, **value: str) -> Run:
    ((column, taken),) = value.items()
    one.__dict__["latency"] = one.latency[one.latency[column] != taken]
    return one
