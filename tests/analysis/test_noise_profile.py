"""A shop keeps what repeats taught it, and later comparisons use it: with its age and count, and never silently."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from synthetic import Recipe, make_run
from tests.conftest import Doorbuster

from doorbuster.analysis import load_gate, open_run
from doorbuster.analysis.estimates import Estimates
from doorbuster.analysis.gate_file import Gate
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.noise_file import METRICS, NoiseFile, load_noise
from doorbuster.analysis.noise_learnt import learn
from doorbuster.analysis.noise_text import noise_text, noise_words, save_noise, sd_percent
from doorbuster.analysis.noise_use import PROFILE_CLOCK, NoiseKnown, noise_known
from doorbuster.analysis.release import judge_release
from doorbuster.analysis.spread import spread_of
from doorbuster.cards import find_gate
from doorbuster.errors import NoiseError

STARTED = datetime(2026, 11, 20, 10, 0, 5, tzinfo=UTC)  # of a synthetic run
FACTORS = (0.97, 1.0, 1.05)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return load_gate(find_gate(None))


@pytest.fixture(scope="module")
def repeats(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("repeats")
    return [
        make_run(folder / f"aa{number}", Recipe(seed=number, run_factor=factor))
        for number, factor in enumerate(FACTORS, 1)
    ]


@pytest.fixture(scope="module")
def noise(repeats: list[Path], gate: Gate) -> NoiseFile:
    return learnt(repeats, gate)


def learnt(runs: list[Path], gate: Gate, releases: tuple[str, ...] = ()) -> NoiseFile:
    noise: NoiseFile | str | None = None
    for number, run in enumerate(runs):
        noise = learn(noise, run, gate, releases[number] if releases else "")
        assert not isinstance(noise, str), noise
    assert noise is not None
    return noise


def test_what_is_kept_teaches_what_the_runs_themselves_would(repeats: list[Path], noise: NoiseFile) -> None:
    profile = noise.profile()
    assert profile is not None
    names = ["native_checkout", "home", "checkout.complete"]
    chosen = [Selection(journey="native_checkout"), Selection("home"), Selection("checkout.complete")]
    everything = [
        Selection(name) for name in profile.selections if "." in name or name in ("home", "collection", "product")
    ]
    steps = [*chosen, *(one for one in everything if one not in chosen)]
    group = Estimates().group([open_run(run) for run in repeats], steps, METRICS)
    direct = spread_of(group, np.array([one.journey is None for one in steps]))
    kept = profile.spread_for(names, METRICS)
    assert kept.df == direct.df == 2
    np.testing.assert_allclose(kept.squares, direct.squares[:3], rtol=2e-3)
    np.testing.assert_allclose(kept.own_squares, direct.own_squares[:3], rtol=5e-2)
    np.testing.assert_allclose(kept.run_squares, direct.run_squares, rtol=2e-3)


def test_a_profile_is_read_as_it_was_written_and_shows_people_how_far_runs_lie_apart(
    noise: NoiseFile, tmp_path: Path
) -> None:
    odd = noise.model_copy(update={"made_on": noise.made_on.model_copy(update={"target_host": 'a"b\\\x7fé\n😀'})})
    save_noise(tmp_path / "deep/noise.toml", odd)
    again = load_noise(tmp_path / "deep/noise.toml")
    assert again.run == odd.run
    assert again.made_on == odd.made_on
    assert noise_text(again) == noise_text(odd)
    assert not list((tmp_path / "deep").glob(".*"))
    apart = float(np.std(np.log(FACTORS), ddof=1)) * 100
    assert sd_percent(noise)["every step"]["p50"] == pytest.approx(apart, abs=1.5)
    assert "3 repeats of black-friday on staging at 127.0.0.1" in noise_words(noise)


def test_a_run_that_is_compared_is_not_counted_twice(noise: NoiseFile) -> None:
    all_three, two = noise.profile(), noise.profile({"aa2"})
    assert all_three and two
    assert (all_three.runs, all_three.spread.df) == (3, 2)
    assert (two.runs, two.spread.df) == (2, 1)
    assert noise.profile({"aa1", "aa3"}) is None


def test_a_comparison_among_the_repeats_learns_from_the_others(
    repeats: list[Path], noise: NoiseFile, tmp_path: Path
) -> None:
    save_noise(tmp_path / "noise.toml", noise)
    first, second, _ = (open_run(run) for run in repeats)
    other = open_run(make_run(tmp_path / "other", Recipe(seed=4)))
    for others, runs in (([other], 2), ([second], None)):
        profile = noise_known(tmp_path / "noise.toml", [first], others, 30, STARTED).profile
        assert (profile and profile.runs) == runs


def test_another_release_is_a_repeat_of_its_own(repeats: list[Path], gate: Gate, noise: NoiseFile) -> None:
    slower = make_run(repeats[0].parent / "new1", Recipe(seed=11, run_factor=2.0))
    slower_too = make_run(repeats[0].parent / "new2", Recipe(seed=12, run_factor=2.0))
    apart = learnt([*repeats, slower, slower_too], gate, ("a", "a", "a", "b", "b")).profile()
    mixed = learnt([*repeats, slower, slower_too], gate).profile()
    assert apart and mixed
    assert (apart.spread.df, mixed.spread.df) == (3, 4)
    # How far the releases lie apart is no chance.
    assert apart.spread.run_squares[0] < 0.01
    assert mixed.spread.run_squares[0] > 0.1


def test_what_a_run_had_too_few_samples_for_teaches_nothing(gate: Gate, tmp_path: Path) -> None:
    few = [make_run(tmp_path / f"few{seed}", Recipe(seed=seed, sessions_per_s=1.5)) for seed in (1, 2)]
    profile = learnt(few, gate).profile()
    assert profile is not None
    assert math.isnan(profile.spread_for(["checkout.complete"], ["p99"]).squares[0, 0])
    assert math.isfinite(profile.spread_for(["home"], ["p50"]).squares[0, 0])


def known(noise: NoiseFile, folder: Path, candidate: Path, days: float = 1) -> NoiseKnown:
    save_noise(folder / "noise.toml", noise)
    return noise_known(folder / "noise.toml", [open_run(candidate)], [], 30, STARTED + timedelta(days=days))


def test_its_age_and_count_are_said_and_a_stale_one_is_warned_of(noise: NoiseFile, tmp_path: Path) -> None:
    candidate = make_run(tmp_path / "new", Recipe(seed=5))
    fresh, stale = known(noise, tmp_path, candidate, 1.5), known(noise, tmp_path, candidate, 31)
    (said,) = fresh.sentences
    assert "3 repeats" in said
    assert "2026-11-20 to 2026-11-20, 1 day old" in said
    assert stale.profile is not None
    assert "31 days old, more than 30; make it again: doorbuster repeat black-friday -n 5" in stale.sentences[1]


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"target_host": "staging-b.example"}, "target host 127.0.0.1, here staging-b.example"),
        ({"workers": 4}, "workers 1, here 4"),
        ({"scenario_sha256": "9" * 64}, "another text of the scenario"),
        ({"machine": {"cpus": 64, "system": "Linux"}}, "machine 2 cores, Linux"),
        ({"scale": 2.0}, "scale 1.0, here 2.0"),
        ({"target_host": "127.0.0.1:40123"}, ""),
    ],
)
def test_a_profile_made_elsewhere_is_used_with_a_warning(
    info: dict[str, object], said: str, noise: NoiseFile, tmp_path: Path
) -> None:
    had = known(noise, tmp_path, make_run(tmp_path / "new", Recipe(info=info)))
    assert had.profile is not None
    warnings = [sentence for sentence in had.sentences if "made elsewhere" in sentence]
    assert len(warnings) == bool(said)
    assert all(said in sentence for sentence in warnings)


@pytest.mark.parametrize("info", [{"scenario": "flash-drop"}, {"platform": "saleor"}])
def test_a_profile_of_another_scenario_or_platform_is_not_used_and_that_is_said(
    info: dict[str, object], noise: NoiseFile, tmp_path: Path
) -> None:
    had = known(noise, tmp_path, make_run(tmp_path / "new", Recipe(info=info)))
    assert had.profile is None
    (said,) = had.sentences
    assert "noise.toml is not used: " in said
    assert str(next(iter(info.values()))) in said


def test_times_from_sending_beside_a_profile_of_times_since_due_are_said(noise: NoiseFile, tmp_path: Path) -> None:
    kept = tmp_path / "noise.toml"
    save_noise(kept, noise)
    new, old = make_run(tmp_path / "new", Recipe(seed=8)), make_run(tmp_path / "old", Recipe(seed=7))
    said = [judge_release([new], [old], noise=kept).verdict.warnings]
    telemetry = {"tool": "k6", "resolution_s": 1, "clock": "service", "samples": True}
    tested = make_run(tmp_path / "k6", Recipe(seed=9, info={"telemetry": telemetry}))
    said.append(judge_release([new], [tested], noise=kept).verdict.warnings)
    assert [PROFILE_CLOCK in warnings for warnings in said] == [False, True]


def test_the_gate_picks_the_profile_up_by_itself_and_says_so(
    repeats: list[Path], noise: NoiseFile, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    old, new = make_run(tmp_path / "old", Recipe(seed=7)), make_run(tmp_path / "new", Recipe(seed=8))
    without = doorbuster("gate", new, "--baseline", old)
    made = doorbuster("repeat", "--from", *repeats)
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1] == "analysis/baselines/noise.toml"
    judged = doorbuster("gate", new, "--baseline", old)
    assert "learnt from 3 repeats as well (analysis/baselines/noise.toml, " in judged.stdout
    assert "learnt from" not in without.stdout
    verdict = json.loads((new / "verdict.json").read_text())
    assert any("3 repeats" in sentence for sentence in verdict["warnings"])
    # One against one may pass once repeats say what is chance; without, it only advises.
    assert {one["verdict"] for one in verdict["regressions"]} & {"PASS", "INCONCLUSIVE"}
    for command in (("compare", "--candidate", new), ("report", new)):
        assert doorbuster(*command, "--baseline", old, "--noise", "nowhere.toml").returncode == 2
    assert "3 repeats" in doorbuster("compare", "--candidate", new, "--baseline", old).stdout
    assert doorbuster("report", new, "--baseline", old).returncode == 0
    assert "learnt from 3 repeats as well" in (new / "report.html").read_text()
    for option in ("--noise", "--aa"):
        idle = doorbuster("gate", new, option, "nowhere.toml")
        assert idle.returncode == 2
        assert "--baseline" in idle.stderr
    alone = doorbuster("gate", new)
    assert "repeats" not in alone.stdout  # nothing is compared


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "upgrade doorbuster"),
        ("format = 1", "", "format None"),
        ("[made_on]", "[made_on", "cannot be read"),
        ("p50 = ", "p51x = -", "made again with"),
        ('"home"', '"hoem"', "no step or journey hoem"),
        ("+00:00", "", "without a zone"),
        ("workers = 1", "", "made_on.workers: field required"),
        ("workers = 1", "workers = 1\ncolour = 3", "made_on.colour"),
    ],
)
def test_a_damaged_profile_is_one_sentence(old: str, new: str, said: str, noise: NoiseFile, tmp_path: Path) -> None:
    text = noise_text(noise)
    assert old in text
    (tmp_path / "noise.toml").write_text(text.replace(old, new))
    with pytest.raises(NoiseError) as refused:
        load_noise(tmp_path / "noise.toml")
    assert said.replace("made again with", "make it again with") in str(refused.value)
    assert "\n" not in str(refused.value)
