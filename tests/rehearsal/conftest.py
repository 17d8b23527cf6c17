"""One short rehearsal on the staging shop, made once and read by many tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from doorbuster.staging.environment import Addresses, staging_environment
from tests.conftest import clean_environment, write_scenario

RATES = [6.0, 12.0, 18.0, 12.0, 6.0]

SECRETS = {
    "DOORBUSTER_BASIC_AUTH": "planted-user:planted-Passw0rd",
    "DOORBUSTER_STOREFRONT_PASSWORD": "planted-storefront",
    "DOORBUSTER_EXTRA_HEADER": "X-Let-Us-In",
    "DOORBUSTER_EXTRA_HEADER_VALUE": "planted-header-value",
}


@dataclass(frozen=True)
class Finished:
    """A run on disk and what the command said."""

    path: Path
    scenario: Path
    said: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def staging() -> Iterator[Addresses]:
    with staging_environment(waits=True) as addresses:
        yield addresses


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, staging: Addresses) -> Finished:
    """`doorbuster run` to its end, with secrets in the environment."""
    folder = tmp_path_factory.mktemp("finished")
    scenario = write_scenario(folder, RATES)
    said = run_to_end(folder, scenario, "--target", staging.shop_url, env=SECRETS)
    assert said.returncode == 0, said.stderr
    return Finished(folder / said.stdout.splitlines()[-1], scenario, said)


def run_to_end(
    folder: Path, scenario: Path, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "doorbuster", "run", str(scenario), *arguments],
        cwd=folder,
        env={**clean_environment(), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
