"""People who live in Locust: peak.py is the same rehearsal, the journey files are plain locustfiles."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from doorbuster.rehearsal.planning import plan_of
from doorbuster.staging.environment import Addresses, staging_environment
from tests.conftest import ROOT, assert_conserved, clean_environment, free_port, write_scenario


@pytest.fixture(scope="module")
def staging() -> Iterator[Addresses]:
    with staging_environment() as addresses:
        yield addresses


def locust(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "locust", "--headless", *arguments],
        cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_peak_py_is_the_same_run(tmp_path: Path, staging: Addresses) -> None:
    scenario = write_scenario(tmp_path, [8.0, 12.0, 8.0])
    peak = str(ROOT / "locustfiles/peak.py")
    said = locust(tmp_path, "-f", peak, "--scenario", str(scenario), "--host", staging.shop_url)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "INVALID" not in said.stdout
    (run,) = (tmp_path / "runs").iterdir()
    assert_conserved(run)
    sessions = pd.read_parquet(run / "sessions.parquet").sort_values("session")
    assert np.array_equal(sessions.due_us.to_numpy(), plan_of(scenario).due_us)
    assert "checkout.complete" in said.stdout + said.stderr  # Locust's own statistics


def test_peak_py_with_processes_is_the_same_run_too(tmp_path: Path, staging: Addresses) -> None:
    scenario = write_scenario(tmp_path, [8.0, 12.0, 8.0])
    peak = str(ROOT / "locustfiles/peak.py")
    port = str(free_port())
    said = locust(
        tmp_path, "-f", peak, "--scenario", str(scenario), "--host", staging.shop_url, "--processes", "2",
        "--master-bind-port", port, "--master-port", port,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
    (run,) = (tmp_path / "runs").iterdir()
    assert_conserved(run)
    sessions = pd.read_parquet(run / "sessions.parquet").sort_values("session")
    assert np.array_equal(sessions.due_us.to_numpy(), plan_of(scenario).due_us)
    assert sessions.groupby("worker").size().min() > 5
    assert "checkout.complete" in said.stdout + said.stderr  # the workers' steps, on the master's page


def test_peak_py_without_a_shop_is_a_usage_error(tmp_path: Path) -> None:
    said = locust(
        tmp_path, "-f", str(ROOT / "locustfiles/peak.py"), "--scenario", "smoke", "--host", "http://127.0.0.1:9"
    )
    assert said.returncode == 2
    assert "does not answer" in said.stderr


@pytest.mark.parametrize("journey", ["browse", "cart", "native_checkout", "express_wallet"])
def test_a_journey_file_runs_plainly(journey: str, tmp_path: Path, staging: Addresses) -> None:
    file = ROOT / f"locustfiles/{journey}.py"
    assert len(file.read_text().splitlines()) < 15
    said = locust(tmp_path, "-f", str(file), "--host", staging.shop_url, "-u", "3", "-r", "3", "-t", "3s")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "home" in said.stdout + said.stderr
    assert not (tmp_path / "runs").exists()
