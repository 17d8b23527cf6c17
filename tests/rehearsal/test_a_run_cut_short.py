"""Ctrl-C, kill -9, a shop that is not there: the right exit code, a readable directory, no process left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest

from doorbuster.staging.environment import Addresses
from tests.conftest import Doorbuster, assert_conserved, clean_environment, write_scenario
from tests.rehearsal.conftest import SECRETS, run_to_end


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return write_scenario(tmp_path, [8.0] * 60, name="long")


def started(folder: Path, scenario: Path) -> subprocess.Popen[str]:
    """A run in its rehearsal phase, with a part already closed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "doorbuster", "run", str(scenario)],
        cwd=folder,
        env={**clean_environment(), **SECRETS},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("rehearsal") and "minute 0.0" not in line and "minute 0.1" not in line:
            return process
    raise AssertionError(f"the run ended early: {process.communicate()}")


def only_run(folder: Path) -> Path:
    (run,) = (folder / "runs").iterdir()
    return run


def test_ctrl_c_keeps_the_directory_and_ends_with_130(tmp_path: Path, scenario: Path, doorbuster: Doorbuster) -> None:
    process = started(tmp_path, scenario)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert Path(tmp_path / out.splitlines()[-1]) == only_run(tmp_path)
    run = json.loads((only_run(tmp_path) / "run.json").read_text())
    assert (run["complete"], run["stopped_because"]) == (False, "interrupted")
    counts = run["conservation"]
    assert counts["not_reached"] > 0
    assert counts["lost"] == 0
    assert_conserved(only_run(tmp_path))
    assert not psutil.wait_procs(family, timeout=20)[1]
    verdict = doorbuster("gate", only_run(tmp_path))
    assert verdict.returncode == 4, verdict.stderr
    assert "INVALID" in verdict.stdout


def test_kill_9_leaves_no_process_and_a_directory_that_reads_invalid(
    tmp_path: Path, scenario: Path, doorbuster: Doorbuster
) -> None:
    process = started(tmp_path, scenario)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 4  # the load process, shop, gateway, collector
    titles = " ".join(word for one in (*family, psutil.Process(process.pid)) for word in one.cmdline())
    assert "planted" not in titles
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert not psutil.wait_procs(family, timeout=20)[1]
    sessions = pd.read_parquet(only_run(tmp_path) / "sessions.parquet")
    assert len(sessions) > 0
    verdict = doorbuster("gate", only_run(tmp_path))
    assert verdict.returncode == 4, verdict.stderr
    assert doorbuster("report", only_run(tmp_path)).returncode == 0


def test_a_killed_load_process_makes_the_run_invalid(tmp_path: Path, scenario: Path) -> None:
    process = started(tmp_path, scenario)
    (load,) = [
        child for child in psutil.Process(process.pid).children() if "doorbuster.swarm" in " ".join(child.cmdline())
    ]
    load.kill()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "INVALID: " in out
    assert Path(tmp_path / out.splitlines()[-1]) == only_run(tmp_path)


def test_a_shop_that_is_down_is_a_usage_error(doorbuster: Doorbuster, scenario: Path, tmp_path: Path) -> None:
    said = doorbuster("run", scenario, "--target", "http://127.0.0.1:9")
    assert said.returncode == 2
    assert "does not answer" in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "runs").exists()


def test_a_shop_that_is_not_listed_is_not_loaded(doorbuster: Doorbuster, scenario: Path) -> None:
    said = doorbuster("run", scenario, "--target", "https://shop.example.com")
    assert said.returncode == 2
    assert "allowed_hosts" in said.stderr


def test_credentials_in_the_target_are_refused_and_not_repeated(doorbuster: Doorbuster, scenario: Path) -> None:
    said = doorbuster("run", scenario, "--target", "http://user:hunter2@127.0.0.1:9")
    assert said.returncode == 2
    assert "DOORBUSTER_BASIC_AUTH" in said.stderr
    assert "hunter2" not in said.stderr + said.stdout


def test_a_hook_dies_with_us(tmp_path: Path) -> None:
    hook = "sh -c 'echo $$ > hook.pid; sleep 600; true'"
    scenario = write_scenario(tmp_path, [5.0, 5.0], name="hooked", more=f'[hooks]\nbefore = ["{hook}"]\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "doorbuster", "run", str(scenario)],
        cwd=tmp_path,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    family: list[psutil.Process] = []
    while not any(child.name() == "sleep" for child in family):
        assert process.poll() is None
        family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert not psutil.wait_procs(family, timeout=20)[1]


def test_hooks_that_succeed_do_not_get_in_the_way(tmp_path: Path, staging: Addresses) -> None:
    more = '[hooks]\nbefore = ["touch before.txt"]\nafter = ["touch after.txt"]\n'
    scenario = write_scenario(tmp_path, [5.0, 5.0], name="hooked", more=more)
    said = run_to_end(tmp_path, scenario, "--target", staging.shop_url)
    assert said.returncode == 0, said.stderr
    assert (tmp_path / "before.txt").exists()
    assert (tmp_path / "after.txt").exists()
    run = json.loads((tmp_path / said.stdout.splitlines()[-1] / "run.json").read_text())
    assert run["hooks_after"] == {"done": True, "why": None}


def test_a_failing_hook_sends_nothing(doorbuster: Doorbuster, tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, [5.0, 5.0], name="hooked", more='[hooks]\nbefore = ["false"]\n')
    said = doorbuster("run", scenario)
    assert said.returncode == 2
    assert "hooks.before" in said.stderr
    assert not (tmp_path / "runs").exists()
