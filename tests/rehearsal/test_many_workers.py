"""Several workers walk one plan: the same shoppers, exactly once, whatever happens to a worker."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from doorbuster.rehearsal.planning import plan_of
from doorbuster.staging.environment import Addresses
from tests.conftest import Doorbuster, assert_conserved, clean_environment, free_port, write_scenario
from tests.rehearsal.conftest import Finished, run_to_end
from tests.test_command_line import example_of

PLANNED_BY_SEED = ["session", "journey", "due_us", "products", "coupon", "patience_s"]


@contextmanager
def process(folder: Path, *arguments: str, **kinds: Any) -> Iterator[subprocess.Popen[str]]:
    """A doorbuster command in the background, gone at the end of the test."""
    kinds = {"env": clean_environment(), **kinds}
    started = subprocess.Popen([sys.executable, "-m", "doorbuster", *arguments], cwd=folder, text=True, **kinds)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.wait()


def sessions_of(run: Path) -> pd.DataFrame:
    return pd.read_parquet(run / "sessions.parquet").sort_values("session").reset_index(drop=True)


def until_second(run: subprocess.Popen[str], second: int) -> None:
    """Wait for the progress of a run, which tells one line every few seconds."""
    assert run.stderr is not None
    for line in run.stderr:
        if line.startswith("rehearsal") and float(line.split("minute ")[1].split()[0]) * 60 >= second:
            return
    raise AssertionError("the run ended early")


@contextmanager
def waiting_run(
    folder: Path, scenario: Path, staging: Addresses, workers: int, **env: str
) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A run that waits for its workers, and the command that makes one of them."""
    port = str(free_port())
    with process(
        folder, "run", str(scenario), "--target", staging.shop_url, "--expect-workers", str(workers),
        "--bind", f"127.0.0.1:{port}", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**clean_environment(), **env},
    ) as run:  # fmt: skip
        yield run, [*example_of("worker"), "--master-port", port]


def load_process_of(run: subprocess.Popen[str]) -> psutil.Process:
    (load,) = [one for one in psutil.Process(run.pid).children() if "doorbuster.swarm" in one.cmdline()]
    return load


@pytest.mark.parametrize("workers", [2, 3])
def test_the_same_shoppers_come_whoever_walks_them(
    workers: int, finished: Finished, staging: Addresses, tmp_path: Path
) -> None:
    said = run_to_end(tmp_path, finished.scenario, "--target", staging.shop_url, "--workers", str(workers))
    assert said.returncode == 0, said.stderr
    run = tmp_path / said.stdout.splitlines()[-1]
    assert_conserved(run)
    alone, shared = sessions_of(finished.path), sessions_of(run)
    assert shared.due_us.tolist() == plan_of(finished.scenario).due_us.tolist()
    for column in PLANNED_BY_SEED:
        assert shared[column].map(str).tolist() == alone[column].map(str).tolist()
    assert sorted(shared.worker.unique()) == [f"w{number + 1}" for number in range(workers)]
    for rank in range(workers):  # law 1: rank i of n takes i, i + n, ...
        assert shared[shared.session % workers == rank].worker.nunique() == 1
    crew = json.loads((run / "run.json").read_text())["by_worker"]
    assert all(worker["generator"]["clock_error_ms"] < 10 for worker in crew)


@pytest.mark.parametrize("fault", ["killed", "stopped", "left"])
def test_a_worker_lost_on_the_way_is_counted_and_another_takes_its_place(
    fault: str, staging: Addresses, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    scenario = write_scenario(tmp_path, [10.0] * 24, name="lossy")
    with ExitStack() as stack:
        run, worker_command = stack.enter_context(waiting_run(tmp_path, scenario, staging, workers=2))
        workers = [stack.enter_context(process(tmp_path, *worker_command)) for _ in range(2)]
        until_second(run, 6)
        unlucky = workers[0]
        if fault == "killed":
            unlucky.kill()
            stack.enter_context(process(tmp_path, *worker_command))
        elif fault == "left":
            unlucky.send_signal(signal.SIGINT)
            assert unlucky.wait(30) == 130
        else:
            unlucky.send_signal(signal.SIGSTOP)
            until_second(run, 12)
            unlucky.send_signal(signal.SIGCONT)
        out, _ = run.communicate(timeout=120)
        for worker in workers:
            worker.wait(30)
        assert fault == "killed" or workers[1].returncode == 0
    directory = tmp_path / out.splitlines()[-1]
    assert run.returncode == 4
    assert "INVALID: " in out
    assert_conserved(directory)
    info = json.loads((directory / "run.json").read_text())
    (gone,) = [worker for worker in info["by_worker"] if worker["lost"]]
    plan = plan_of(scenario)
    sessions = sessions_of(directory)
    assert np.isin(sessions.due_us, plan.due_us).all()
    assert sessions.session.is_unique
    missing = np.setdiff1d(np.arange(plan.due_us.size), sessions.session)
    assert missing.size == info["conservation"]["dropped_worker_lost"]
    # Not heard of since its last report; noticed at `lost_at_us`; the others take over behind what was granted.
    assert (plan.due_us[missing] > gone["lost_at_us"] - 2.2e6).all()
    assert (plan.due_us[missing] < gone["lost_at_us"] + 1.2e6).all()
    cut_off = sessions[sessions.outcome == "lost"]
    assert set(cut_off.worker) <= {gone["worker"]}
    assert len(cut_off) == info["conservation"]["lost"] == sum(one["lost"] for one in info["sessions"].values())
    assert len(cut_off) + missing.size > 0
    if fault != "left":
        assert "w3" in set(sessions.worker)
    assert doorbuster("gate", directory).returncode == 4
    assert doorbuster("report", directory).returncode == 0


@pytest.mark.parametrize("gracefully", [True, False])
def test_without_its_last_worker_a_run_ends(gracefully: bool, staging: Addresses, tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, [8.0] * 60, name="deserted")
    with (
        waiting_run(tmp_path, scenario, staging, workers=1) as (run, worker_command),
        process(tmp_path, *worker_command) as worker,
    ):
        until_second(run, 3)
        worker.send_signal(signal.SIGTERM if gracefully else signal.SIGKILL)
        out, _ = run.communicate(timeout=60)
    assert run.returncode == 4
    directory = tmp_path / out.splitlines()[-1]
    assert_conserved(directory)
    info = json.loads((directory / "run.json").read_text())
    assert (info["complete"], info["stopped_because"]) == (False, "every worker was lost")
    assert info["conservation"]["lost"] > 0
    assert info["conservation"]["not_reached"] > 0


def test_when_the_process_that_leads_the_workers_is_killed_none_of_them_is_left(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, [8.0] * 60, name="headless")
    with process(
        tmp_path, "run", str(scenario), "--workers", "2", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        until_second(run, 3)
        family = psutil.Process(run.pid).children(recursive=True)
        master = load_process_of(run)
        assert len(master.children()) == 2
        master.kill()
        out, _ = run.communicate(timeout=60)
        assert run.returncode == 4
        assert "INVALID: " in out
        assert not psutil.wait_procs(family, timeout=20)[1]


@pytest.mark.parametrize(
    ("killed", "exit_code", "sentence"), [("doorbuster", 0, ""), ("its load process", 2, "the master fell silent")]
)
def test_a_worker_elsewhere_does_not_outlive_its_master(
    killed: str, exit_code: int, sentence: str, tmp_path: Path, staging: Addresses
) -> None:
    scenario = write_scenario(tmp_path, [8.0] * 60, name="orphan")
    with (
        waiting_run(tmp_path, scenario, staging, workers=1) as (run, worker_command),
        process(tmp_path, *worker_command, stderr=subprocess.PIPE) as worker,
    ):
        until_second(run, 3)
        load = load_process_of(run)
        (run if killed == "doorbuster" else load).kill()
        _, said = worker.communicate(timeout=60)
        assert worker.returncode == exit_code
        assert sentence in said
        assert not psutil.wait_procs([load], timeout=20)[1]


def test_ctrl_c_with_workers_keeps_what_they_saw(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, [8.0] * 60, name="stopped")
    with process(
        tmp_path, "run", str(scenario), "--workers", "2", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        until_second(run, 3)
        family = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=60)
        assert run.returncode == 130
        assert not psutil.wait_procs(family, timeout=20)[1]
    directory = tmp_path / out.splitlines()[-1]
    assert_conserved(directory)
    counts = json.loads((directory / "run.json").read_text())["conservation"]
    assert (counts["lost"], counts["dropped_worker_lost"]) == (0, 0)
    assert counts["in_flight"] > 0
    assert counts["not_reached"] > 0


def test_workers_that_would_meet_the_shop_otherwise_do_not_begin(tmp_path: Path, staging: Addresses) -> None:
    scenario = write_scenario(tmp_path, [5.0] * 10, name="unlike")
    secret = {"DOORBUSTER_BASIC_AUTH": "planted-user:planted-Passw0rd"}
    with (
        waiting_run(tmp_path, scenario, staging, workers=1, **secret) as (run, worker_command),
        process(tmp_path, *worker_command),
    ):
        _, err = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "DOORBUSTER_BASIC_AUTH is not set as at the master" in err
    assert "planted" not in err
    (directory,) = (tmp_path / "runs").iterdir()
    assert "DOORBUSTER_BASIC_AUTH" in json.loads((directory / "run.json").read_text())["stopped_because"]


def test_a_worker_with_another_plan_is_refused(finished: Finished) -> None:
    plan = plan_of(finished.scenario)
    other = plan_of(finished.scenario, seed=plan.seed + 1)
    assert plan.fingerprint() == plan_of(finished.scenario).fingerprint()
    assert plan.fingerprint() != other.fingerprint()


@pytest.mark.parametrize("bind", ["nohost.invalid:23603", "203.0.113.7"])
def test_an_address_that_is_not_ours_is_a_usage_error(
    bind: str, tmp_path: Path, staging: Addresses, doorbuster: Doorbuster
) -> None:
    scenario = write_scenario(tmp_path, [5.0, 5.0])
    said = doorbuster("run", scenario, "--target", staging.shop_url, "--expect-workers", 1, "--bind", bind)
    assert said.returncode == 2
    assert "cannot listen on" in said.stderr
    assert "Traceback" not in said.stderr


def test_without_the_workers_that_were_expected_nothing_is_sent(
    tmp_path: Path, staging: Addresses, doorbuster: Doorbuster
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        scenario = write_scenario(tmp_path, [5.0, 5.0])
        said = doorbuster(
            "run", scenario, "--target", staging.shop_url, "--expect-workers", 1, "--bind", f"127.0.0.1:{port}"
        )
    assert said.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--workers", "2", "--expect-workers", "2"), "give one of the two"),
        (("--bind", "0.0.0.0"), "--bind goes with --expect-workers"),
        (("--expect-workers", "2", "--bind", "here:there"), "give HOST or HOST:PORT"),
        (("--workers", "0"), "not in the range"),
    ],
)
def test_a_crew_that_makes_no_sense_is_a_usage_error(
    arguments: tuple[str, ...], sentence: str, doorbuster: Doorbuster, tmp_path: Path
) -> None:
    said = doorbuster("run", "smoke", *arguments)
    assert said.returncode == 2
    assert sentence in said.stderr
    assert not (tmp_path / "runs").exists()
