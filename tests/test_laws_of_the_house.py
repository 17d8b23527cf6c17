"""Rules that no reviewer should have to remember: what imports what, and how long a file may be."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "src/doorbuster"


def imported_by(module: str) -> set[str]:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_the_load_path_imports_neither_pandas_nor_matplotlib_nor_httpx() -> None:
    loaded = imported_by("doorbuster.swarm.__main__, doorbuster.swarm.locustfile, doorbuster.swarm.quick_look")
    assert not loaded & {"pandas", "matplotlib", "httpx"}
    assert "locust" in loaded


@pytest.mark.parametrize("module", ["doorbuster.journeys", "doorbuster.traffic.plan", "doorbuster.storefronts.staging"])
def test_only_the_swarm_knows_locust(module: str) -> None:
    assert not imported_by(module) & {"locust", "gevent", "pandas", "httpx"}


def test_the_command_line_starts_without_heavy_libraries() -> None:
    assert not imported_by("doorbuster.cli") & {"locust", "gevent", "pandas", "matplotlib", "numpy", "httpx"}


@pytest.mark.parametrize("package", ["pandas", "matplotlib"])
def test_analysis_alone_uses(package: str) -> None:
    users = {
        path.relative_to(SOURCE).parts[0]
        for path in SOURCE.rglob("*.py")
        if re.search(rf"^\s*(import|from) {package}\b", path.read_text(), re.M)
    }
    assert users == {"analysis"}


def test_no_file_is_longer_than_300_lines() -> None:
    long = [path for path in ROOT.glob("src/**/*.py") if len(path.read_text().splitlines()) > 300]
    assert not long


def test_no_module_is_named_after_nothing() -> None:
    empty = {"utils", "helpers", "common", "core", "misc", "manager", "util", "helper"}
    assert not [path for path in SOURCE.rglob("*") if Path(path.stem).name in empty]
