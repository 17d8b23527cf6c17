"""What a newcomer types: examples, wrong flags, missing files, malformed cards. Never a traceback."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from doorbuster.analysis.gate_file import load_gate
from doorbuster.cards import cards
from doorbuster.cli import app
from doorbuster.rehearsal.planning import plan_of
from tests.conftest import ROOT, Doorbuster, write_scenario

COMMANDS = (
    "init",
    "plan",
    "check",
    "run",
    "compare",
    "report",
    "gate",
    "audit",
    "demo",
)  # staging: test_staging_command.py
BASELINE = ROOT / "analysis/baselines/smoke-last-year"


def example_of(command: str) -> list[str]:
    said = CliRunner().invoke(app, [command, "--help"]).output
    found = re.search(r"Example: doorbuster (.+)", " ".join(said.split()))
    assert found, f"{command} --help has no example"
    return shlex.split(found[1])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example_that_runs(command: str, doorbuster: Doorbuster, tmp_path: Path) -> None:
    example = example_of(command)
    for name in ("runs/NEW", "runs/OLD"):
        (tmp_path / "runs").mkdir(exist_ok=True)
        _copy(BASELINE, tmp_path / name)
        run = tmp_path / name / "run.json"
        run.write_text(json.dumps({**json.loads(run.read_text()), "id": name}))  # two runs, not one given twice
    said = doorbuster(*example)
    assert said.returncode in (0, 3), said.stderr + said.stdout
    assert "Traceback" not in said.stderr


def _copy(source: Path, target: Path) -> None:
    for path in source.rglob("*"):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


@pytest.mark.parametrize("path", sorted(cards().scenarios.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_plans_and_states_curve_and_buffer(path: Path) -> None:
    assert plan_of(path).due_us.size > 100
    text = path.read_text()
    assert re.search(r"^# Curve: ", text, re.M)
    assert re.search(r"^# Buffer: ", text, re.M)


@pytest.mark.parametrize("path", sorted((cards().analysis / "gates").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_gate_reads(path: Path) -> None:
    assert load_gate(path).objective


def test_init_copies_and_overwrites_nothing(doorbuster: Doorbuster, tmp_path: Path) -> None:
    assert doorbuster("init", "shop").returncode == 0
    own = tmp_path / "shop/scenarios/smoke.toml"
    own.write_text(own.read_text().replace('name = "smoke"', 'name = "mine"'))
    again = doorbuster("init", "shop")
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert 'name = "mine"' in own.read_text()
    assert "mine: " in doorbuster("plan", "smoke", cwd=tmp_path / "shop").stdout
    assert doorbuster("init", "shop", "--force").returncode == 0
    assert 'name = "smoke"' in own.read_text()


def test_plan_sends_nothing_and_draws(doorbuster: Doorbuster, tmp_path: Path) -> None:
    said = doorbuster("plan", "black-friday", "--chart", "plan.png")
    assert said.returncode == 0
    for words in ("busiest minute", "requests expected", "Little's law", "nothing was sent"):
        assert words in said.stdout
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "runs").exists()


GOOD = (ROOT / "scenarios/smoke.toml").read_text()
BAD_SCENARIOS = {
    "not TOML": ("[traffic", "not valid TOML"),
    "a misspelt key": (GOOD.replace("buffer =", "bufer ="), 'did you mean "buffer"'),
    "a misspelt table": (GOOD.replace("[limits]", "[limit]"), 'did you mean "limits"'),
    "no curve": (re.sub(r"^curve = .*$", "", GOOD, flags=re.M), "traffic.curve is missing"),
    "a curve that is not there": (GOOD.replace("minute.csv", "nowhere.csv"), "no such curve file"),
    "shares above one": (GOOD.replace("browse = 0.40", "browse = 0.90"), "add up to 1.5"),
    "a negative share": (GOOD.replace("browse = 0.40", "browse = -0.40"), "greater than or equal to 0"),
    "growth of no journey": (GOOD.replace("{ browse = 1.4", "{ brows = 1.4"), 'did you mean "browse"'),
    "a buffer of zero": (GOOD.replace("buffer = 1.25", "buffer = 0"), "traffic.buffer"),
    "text for a number": (GOOD.replace("buffer = 1.25", 'buffer = "much"'), "traffic.buffer"),
    "a window of nothing": (GOOD.replace("buffer =", 'window = "busy"\nbuffer ='), 'such as "peak 60m"'),
    "arrivals of no kind": (GOOD.replace('"poisson"', '"bursty"'), "traffic.arrivals"),
    "think of no step": (GOOD.replace("default = {", '"checkout.pay" = { median_s = 1, p90_s = 2 }\ndefault = {'), 'did you mean "checkout.payment"'),
    "p90 below the median": (GOOD.replace("p90_s = 1.0", "p90_s = 0.1"), "p90_s cannot be below median_s"),
    "a platform nobody wrote": (GOOD.replace('platform = "staging"', 'platform = "stagging"'), 'did you mean "staging"'),
    "a fault nobody made": (GOOD + '\n[[faults]]\nname = "gateway_dwon"\nat = "1s"\nfor = "1s"\n', 'did you mean "gateway_down"'),
    "a duration without unit": (GOOD.replace("drain_s = 60", 'drain_s = "60 minutes"'), "is no duration"),
    "a growth of nothing known": (GOOD.replace("{ browse = 1.4", "{ browse = nan"), "finite number"),
    "an endless warm-up": (GOOD.replace("warm_up_s = 5", "warm_up_s = inf"), "finite number"),
    "a fault after the last shopper": (GOOD + '\n[[faults]]\nname = "gateway_down"\nat = "2h"\nfor = "1m"\n', "after the last shopper"),
    "orders without conversion": (GOOD.replace("buffer =", 'orders = "sessions"\nbuffer ='), "orders need conversion"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD_SCENARIOS)
def test_a_malformed_scenario_is_one_sentence_and_exit_code_2(
    fault: str, doorbuster: Doorbuster, tmp_path: Path
) -> None:
    text, says = BAD_SCENARIOS[fault]
    _copy(ROOT / "scenarios/curves", tmp_path / "curves")
    (tmp_path / "bad.toml").write_text(text)
    said = doorbuster("plan", "bad.toml")
    assert said.returncode == 2, said.stdout
    assert says in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1, said.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["plan", "nope"], "no scenario"),
        (["plan", "nope.toml"], "no such scenario file"),
        (["plan", "smoke", "--minuts", "1"], "--minuts"),
        (["plan", "smoke", "--scale", "0"], "--scale"),
        (["plan", "smoke", "--scale", "1e9"], "more than"),
        (["plan", "smoke", "--scale", "nan"], "--scale"),
        (["plan", "smoke", "--minutes", "inf"], "--minutes"),
        (["plan", "smoke", "--seed", str(2**120)], "--seed"),
        (["plan", "smoke", "--chart", "plan.xyz"], ".png or .svg"),
        (["run", "smoke", "--target", "http://127.0.0.1/?key=1"], "query"),
        (["gate", str(BASELINE), "--baseline", str(BASELINE)], "the same run"),
        (["run", "smoke", "--target", "shop"], "not a base URL"),
        (["gate", "nowhere"], "no such folder"),
        (["gate", str(BASELINE), "--gate", "nowhere.toml"], "no such gate file"),
        (["gate", str(ROOT / "README.md")], "folder"),
        (["report", "."], "run directory"),
        (["compare", "--candidate", "a"], "no such folder"),
        (["compare", "--candidate", str(BASELINE)], "--baseline"),
        (["staging", "--fault", "slow_chekout=1"], 'did you mean "slow_checkout"'),
        (["demo", "--seconds", "0"], "--seconds"),
    ],
)
def test_wrong_words_are_usage_errors(arguments: list[str], says: str, doorbuster: Doorbuster) -> None:
    said = doorbuster(*arguments)
    assert said.returncode == 2, said.stdout
    assert says in said.stderr
    assert "Traceback" not in said.stderr


def test_a_bad_setting_names_the_variable_and_not_its_value(doorbuster: Doorbuster, tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, [1.0, 1.0])
    said = doorbuster("run", scenario, env={"DOORBUSTER_TARGET": "http://me:secret@127.0.0.1"})
    assert said.returncode == 2
    assert "DOORBUSTER_TARGET" in said.stderr
    assert "secret@" not in said.stderr
