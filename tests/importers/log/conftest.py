"""Made-up logs of every format, with known truth."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

MakeLog = Callable[..., Path]


@pytest.fixture(scope="session")
def made_log(tmp_path_factory: pytest.TempPathFactory) -> MakeLog:
    """A log of 100,000 lines in a format, made once a test run."""
    folder = tmp_path_factory.mktemp("made-logs")

    def make(form: str, lines: int = 100_000) -> Path:
        log = folder / f"{form}-{lines}.log"
        if not log.exists():
            command = [sys.executable, ROOT / "bench/make_access_log.py", log, "--lines", lines, "--format", form]
            subprocess.run(list(map(str, command)), check=True, capture_output=True)
        return log

    return make


@pytest.fixture
def write_log(tmp_path: Path) -> Callable[..., Path]:
    """A log of the given lines."""

    def write(*lines: str, name: str = "access.log") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


def line(
    at: str = "25/Nov/2025:20:00:00 +0100", target: str = "/products/lamp-1", *, address: str = "192.0.2.1", method: str = "GET",
    status: int = 200, agent: str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", tail: str = "",
) -> str:  # fmt: skip
    """One combined line."""
    return f'{address} - - [{at}] "{method} {target} HTTP/1.1" {status} 1234 "-" "{agent}"{tail}'
