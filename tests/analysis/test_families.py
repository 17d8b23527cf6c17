"""Groups of runs of a known shop: how rarely is chance taken for a change, and is a change found?"""

from __future__ import annotations

import math

import numpy as np
import pytest

from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.families import Families, compare_families, greatest_t
from doorbuster.analysis.noise import NoiseProfile
from doorbuster.analysis.spread import Group, Spread, pool, spread_of

RULES = ComparisonRules()
STEPS = 15
JOURNEYS = 2
AXES = np.array([True] * STEPS + [False] * JOURNEYS)
WITHIN_SD = 0.03
LIMIT = np.full((STEPS + JOURNEYS, 3), math.log(1.1))


def runs_of(rng: np.random.Generator, runs: int, run_sd: float = 0.05, shift: float = 0.0, one: float = 0.0) -> Group:
    """Runs of a shop whose days differ by `run_sd`; `shift` slows every step and `one` the first, as logarithms."""
    day = rng.normal(0, run_sd, (runs, 1, 1))
    own = rng.normal(0, 0.02, (runs, STEPS + JOURNEYS, 1))
    logs = day + own + rng.normal(0, WITHIN_SD, (runs, STEPS + JOURNEYS, 3)) + shift
    logs[:, 0] += one
    return Group(logs, np.full(logs.shape, WITHIN_SD**2))


def compared(rng: np.random.Generator, runs: int = 3, aa: int = 5, **change: float) -> Families:
    repeats = (runs_of(rng, aa),) if aa else ()
    return compare_families(runs_of(rng, runs, **change), runs_of(rng, runs), AXES, RULES, 20, repeats)


def fails(families: Families) -> bool:
    return bool(families.failed(LIMIT).any() or families.run_failed(LIMIT[0]).any())


@pytest.mark.parametrize(("runs", "aa"), [(1, 0), (1, 5), (3, 0), (3, 5)])
def test_chance_alone_hardly_ever_fails_a_release(runs: int, aa: int) -> None:
    rng = np.random.default_rng(21)
    assert sum(fails(compared(rng, runs, aa)) for _ in range(150)) <= 3


def test_every_ratio_at_its_limit_fails_in_few_of_a_hundred() -> None:
    rng = np.random.default_rng(22)
    assert sum(fails(compared(rng, shift=math.log(1.1))) for _ in range(200)) <= 14


def test_one_slow_step_is_found_and_the_whole_shop_is_not_blamed() -> None:
    rng = np.random.default_rng(23)
    found = [compared(rng, one=math.log(1.3)) for _ in range(40)]
    assert sum(bool(one.failed(LIMIT)[0].any()) for one in found) >= 38
    assert sum(bool(one.run_failed(LIMIT[0]).any()) for one in found) == 0
    assert sum(bool(one.failed(LIMIT)[1:].any()) for one in found) <= 1


def test_a_shop_that_is_slower_as_a_whole_is_found() -> None:
    rng = np.random.default_rng(24)
    assert sum(bool(compared(rng, shift=math.log(1.5)).run_failed(LIMIT[0]).any()) for _ in range(40)) >= 38


def test_the_interval_of_one_step_holds_the_truth() -> None:
    rng = np.random.default_rng(25)
    held = 0
    for _ in range(300):
        low, high = compared(rng, aa=0, shift=0.2).span(0.975)
        held += low[3, 1] <= 0.2 <= high[3, 1]
    assert held >= 0.93 * 300


def test_one_run_a_side_never_passes() -> None:
    rng = np.random.default_rng(26)
    alone = compared(rng, runs=1, aa=0, shift=-0.5)
    assert not alone.passed(LIMIT, 0.95).any()
    assert not alone.run_passed(LIMIT[0], 0.95).any()
    assert compared(rng, runs=1, aa=5, shift=-0.5).passed(LIMIT, 0.95).all()


def test_the_prior_speaks_alone_without_repeats_and_less_with_them() -> None:
    rng = np.random.default_rng(27)
    one = runs_of(rng, 1)

    def error(run_sd: float) -> float:
        return float(np.mean(compare_families(one, one, AXES, RULES, 20, (runs_of(rng, 6, run_sd),)).error))

    alone = compare_families(one, one, AXES, RULES, 20)
    assert alone.error == pytest.approx(math.sqrt(2 * (WITHIN_SD**2 + 0.06**2)))
    assert error(0.0) < float(alone.error.mean()) < error(0.2)
    assert alone.df == pytest.approx(4)


def judged_by(group: Group, windows: str, within_sd: float = WITHIN_SD) -> Group:
    return Group(group.logs, np.full(group.logs.shape, within_sd**2), (windows,) * group.runs)


def test_longer_repeats_make_the_runs_compared_no_surer_of_themselves() -> None:
    rng = np.random.default_rng(32)
    ours, theirs = (judged_by(runs_of(rng, 1), "part") for _ in range(2))
    same = runs_of(rng, 1)
    repeats = judged_by(Group(np.repeat(same.logs, 9, axis=0), np.repeat(same.within, 9, axis=0)), "whole", 0.001)
    families = compare_families(ours, theirs, AXES, RULES, 20, (repeats,))
    prior = 4 * 0.06**2 / (4 + 8)  # repeats that never differ leave a third of the prior, and chance within a run
    assert families.error == pytest.approx(math.sqrt(2 * (WITHIN_SD**2 + prior)))


def test_what_repeats_show_is_told_from_the_chance_in_their_own_length() -> None:
    rng = np.random.default_rng(33)
    short = [judged_by(runs_of(rng, 1), "part", 0.2) for _ in range(2)]
    long = judged_by(runs_of(rng, 12, run_sd=0.2), "whole")
    told = compare_families(short[0], short[1], AXES, RULES, 20, (long,))
    between = np.sqrt(told.error**2 / 2 - 0.2**2)
    assert between == pytest.approx(0.2, rel=0.5)
    # So is a profile's: its runs were whole where those compared are a part of theirs.
    profile = spread_of(long, AXES)
    by_profile = compare_families(short[0], short[1], AXES, RULES, 20, (), profile, long.within[0])
    assert by_profile.error == pytest.approx(told.error)


def test_sides_of_two_lengths_each_bring_their_own_chance() -> None:
    rng = np.random.default_rng(34)
    ours, theirs = judged_by(runs_of(rng, 4, run_sd=0.0), "short", 0.3), judged_by(runs_of(rng, 1), "long", 0.01)
    error = compare_families(ours, theirs, AXES, ComparisonRules(prior_df=100), 20).error
    assert error == pytest.approx(math.sqrt(0.3**2 / 4 + 0.01**2 + 0.06**2 * 1.25), rel=0.02)


def test_a_quantile_that_a_side_could_not_place_is_left_out() -> None:
    rng = np.random.default_rng(28)
    ours, theirs = runs_of(rng, 2), runs_of(rng, 2)
    ours.logs[0, 4, 2] = math.nan
    families = compare_families(ours, theirs, AXES, RULES, 20)
    assert np.isnan(families.low[4, 2])
    assert not np.isnan(np.delete(families.low.ravel(), 4 * 3 + 2)).any()
    assert not np.isnan(families.run_low).any()


def test_a_noise_profile_teaches_as_its_runs_would() -> None:
    rng = np.random.default_rng(29)
    ours, theirs, earlier = runs_of(rng, 1), runs_of(rng, 1), runs_of(rng, 5)
    given = compare_families(ours, theirs, AXES, RULES, 20, (earlier,))
    names, metrics = tuple(f"s{n}" for n in range(STEPS + JOURNEYS)), ("p50", "p95", "p99")
    profile = NoiseProfile(names, metrics, spread_of(earlier, AXES), 5)
    looked_up = compare_families(ours, theirs, AXES, RULES, 20, noise=profile.spread_for(names, metrics))
    assert looked_up.repeats.tolist() == given.repeats.tolist() == [4, 4, 4]
    assert looked_up.error == pytest.approx(given.error)
    assert looked_up.relative_low == pytest.approx(given.relative_low, abs=0.01, nan_ok=True)


def test_a_noise_profile_says_nothing_of_what_it_never_saw() -> None:
    rng = np.random.default_rng(30)
    profile = NoiseProfile(
        ("home", "search"),
        ("p50",),
        spread_of(Group(rng.normal(0, 0.1, (4, 2, 1)), np.zeros((4, 2, 1))), np.array([True, True])),
        4,
    )
    asked = profile.spread_for(("search", "cart.add"), ("p95", "p50"))
    assert asked.squares[0, 1] == profile.spread.squares[1, 0]
    assert np.isnan(asked.squares[1]).all()
    assert np.isnan(asked.squares[:, 0]).all()
    assert np.isnan(asked.run_squares).tolist() == [True, False]
    # What is not known teaches nothing: no squares, and no degrees of freedom that would make zero squares sound sure.
    known = pool([asked, Spread(2, np.ones((2, 2)), np.ones((2, 2)), np.ones(2))])
    assert known.df.tolist() == [[2, 5], [2, 2]]
    assert known.run_df.tolist() == [2, 5]


@pytest.mark.parametrize(("tests", "df", "shared", "expected"), [(1, 4, 0.0, 2.132), (1, 200, 0.9, 1.653)])
def test_the_greatest_of_one_is_students_t(tests: int, df: int, shared: float, expected: float) -> None:
    assert greatest_t(tests, df, shared, 0.95) == pytest.approx(expected, abs=5e-3)


def test_the_greatest_of_many_is_as_drawn() -> None:
    rng = np.random.default_rng(31)
    common, own = rng.normal(size=(40_000, 1)), rng.normal(size=(40_000, 45))
    drawn = ((math.sqrt(0.6) * common + math.sqrt(0.4) * own) / np.sqrt(rng.chisquare(10, (40_000, 1)) / 10)).max(
        axis=1
    )
    assert greatest_t(45, 10, 0.6, 0.98) == pytest.approx(float(np.quantile(drawn, 0.98)), rel=0.03)
