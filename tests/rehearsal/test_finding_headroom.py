"""`doorbuster headroom`: a ramp, then holds until one breaks, each a run of its own; nothing after a run that was none."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from doorbuster.analysis import headroom as answers
from doorbuster.analysis import load
from doorbuster.analysis.load import open_run
from doorbuster.analysis.multiples import multiples_of
from doorbuster.analysis.validity import Validity
from doorbuster.errors import ScenarioError
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal import headroom as search
from doorbuster.rehearsal.prepare import RunOptions
from doorbuster.rehearsal.rehearse import Rehearsed, Workers
from doorbuster.settings import Settings
from doorbuster.staging.environment import Addresses
from tests.conftest import ROOT, Doorbuster, assert_conserved, write_scenario
from tests.rehearsal.conftest import run_to_end

sys.path.insert(0, str(ROOT / "bench"))
from calibrate_headroom import walk

TABLE = '[headroom]\nfrom = 0.3\nto = 1.25\nramp = "300s"\nhold = "60s"\nfractions = [0.7, 0.85, 1.0]\n'
GATE = '[[objective]]\nstep = "*"\nmetric = "p95"\nmax_ms = 400\n'


class Simulated:
    """In place of `rehearse`: runs of the shop in arithmetic."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, invalid: int | None = None) -> None:
        self.folder, self.invalid = folder, invalid
        self.asked: list[RunOptions] = []
        self.said: list[str] = []
        self._runs: dict[Path, load.Run] = {}
        monkeypatch.setattr(search, "rehearse", self._rehearse)
        monkeypatch.setattr(load, "open_run", self._runs.__getitem__)
        monkeypatch.setattr(answers, "open_run", self._runs.__getitem__)
        monkeypatch.setattr(answers, "judge_validity", self._judge)

    def _rehearse(self, options: RunOptions, settings: object, watch: object, workers: object) -> Rehearsed:
        number = len(self.asked)
        self.asked.append(options)
        level = options.hold_at
        times = np.linspace(0.3, 1.25, 300) if level is None else np.full(round((options.minutes or 0) * 60), level)
        run = walk(np.random.default_rng([9, number]), times)[0]
        # run.json rounds its rates: their quotient is not quite the level.
        planned = run.info["planned"]
        planned["sessions_per_s"] = [rate - 4e-7 for rate in planned["sessions_per_s"]]
        directory = RunDirectory(self.folder / f"run-{number}")
        directory.path.mkdir()
        info = {**run.info, "format": 1, "id": f"run-{number}", "complete": True}
        directory.write_run(info)
        self._runs[directory.path] = type(run)(directory, info, tables=run.tables)
        return Rehearsed(directory, 4 if number == self.invalid else 0, ())

    def _judge(self, run: load.Run, rules: object) -> Validity:
        bad = run.name == f"run-{self.invalid}"
        return Validity(not bad, ("arrivals dropped: 9",) if bad else (), ())

    def find(self, more: str = TABLE, gate: str = GATE) -> search.Walked:
        scenario = write_scenario(self.folder, [20.0] * 60, more=more)
        (self.folder / "gate.toml").write_text(gate)
        options = RunOptions(scenario, "http://127.0.0.1:9", self.folder)
        return search.find_headroom(
            options, Settings(), lambda _: None, self.said.append, Workers(), self.folder / "gate.toml"
        )


def test_it_climbs_until_a_level_breaks_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Simulated(tmp_path, monkeypatch)
    walked = shop.find()
    assert walked.exit_code == 0 and walked.headroom is not None
    levels = [options.hold_at for options in shop.asked if options.hold_at is not None]
    assert shop.asked[0].hold_at is None
    up = levels.index(max(levels)) + 1
    assert levels[:up] == sorted(levels[:up]) and levels[up:] == sorted(levels[up:], reverse=True)
    assert walked.headroom.holds[-1].verdict == "broken"
    # The level it promises was held twice, each time by other shoppers.
    assert levels.count(walked.headroom.low) == 2
    assert len({options.seed for options in shop.asked if options.hold_at == walked.headroom.low}) == 2
    assert 0.5 < walked.headroom.low < 1 < walked.headroom.high * 1.3
    assert walked.headroom.sentence.startswith("holds 0.")
    assert len(shop.said) == len(shop.asked)
    content = json.loads((tmp_path / "run-0/headroom.json").read_text())
    assert content["sentence"] == walked.headroom.sentence
    assert walked.chart == tmp_path / "run-0/charts/headroom.png" and walked.chart.is_file()


def test_nothing_is_sent_after_a_ramp_that_was_no_rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Simulated(tmp_path, monkeypatch, invalid=0)
    walked = shop.find()
    assert walked.exit_code == 4 and len(shop.asked) == 1
    assert walked.headroom is not None
    assert walked.headroom.sentence == "no answer: run-0 was no rehearsal: arrivals dropped: 9"


def test_a_hold_that_was_no_rehearsal_leaves_what_was_held_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Simulated(tmp_path, monkeypatch, invalid=2)
    walked = shop.find()
    assert walked.exit_code == 4 and len(shop.asked) == 3
    assert walked.headroom is not None
    assert walked.headroom.sentence.startswith("held 0.")
    assert "but only once" in walked.headroom.sentence
    assert "run-2 was no rehearsal" in walked.headroom.text()


def test_a_hold_is_as_long_as_the_rarest_objective_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Simulated(tmp_path, monkeypatch)
    shop.find(gate=GATE + '[[objective]]\nstep = "checkout.complete"\nmetric = "p99"\nmax_ms = 20000\n')
    assert shop.asked[1].minutes is not None and shop.asked[1].minutes > 2


@pytest.mark.parametrize(
    ("objective", "why"),
    [
        ('step = "wallet.complete"\nmetric = "p95"\nmax_ms = 300', "measured nothing for the objective wallet.complete"),
        ('step = "checkout.complete"\nmetric = "error_rate"\nmax = 0.0001', "minutes, so rare is it"),
    ],
)  # fmt: skip
def test_holds_that_could_not_tell_are_not_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, objective: str, why: str
) -> None:
    shop = Simulated(tmp_path, monkeypatch)
    with pytest.raises(ScenarioError, match=why):
        shop.find(gate=f"[[objective]]\n{objective}\n")
    assert len(shop.asked) == 1


def test_what_ends_a_search_after_its_ramp_names_where_the_ramp_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for metric, limit in (("p95", "max_ms = 300"), ("error_rate", "max = 0.0001")):
        step = "wallet.complete" if metric == "p95" else "checkout.complete"
        folder = tmp_path / metric
        folder.mkdir()
        with pytest.raises(ScenarioError) as ended:
            Simulated(folder, monkeypatch).find(gate=f'[[objective]]\nstep = "{step}"\nmetric = "{metric}"\n{limit}\n')
        assert str(folder / "run-0") in str(ended.value)


def test_a_level_is_a_number(tmp_path: Path, doorbuster: Doorbuster) -> None:
    refused = doorbuster("plan", "headroom", "--hold", "nan")
    assert refused.returncode == 2
    assert "no number to reckon with" in refused.stderr


def test_a_scenario_without_headroom_is_refused_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Simulated(tmp_path, monkeypatch)
    with pytest.raises(ScenarioError, match=r"no \[headroom\]"):
        shop.find(more="")
    assert not shop.asked


def test_a_level_walked_by_hand_is_held(staging: Addresses, tmp_path: Path) -> None:
    table = '[headroom]\nhold = "10s"\n'
    scenario = write_scenario(tmp_path, [8.0] * 60, more=table)
    said = run_to_end(tmp_path, scenario, "--target", staging.shop_url, "--hold", "1.5")
    assert said.returncode == 0, said.stderr + said.stdout
    path = tmp_path / said.stdout.splitlines()[-1]
    assert_conserved(path)
    run = open_run(path)
    assert run.info["hold_at"] == 1.5
    load_of = multiples_of(run)
    assert load_of.is_hold and load_of.peak_per_s == 8
    assert load_of.times == pytest.approx(np.full(10, 1.5))
    assert len(run.sessions) == pytest.approx(11 * 12, rel=0.4)
