"""What several tests need: the shared folder of real data, a command line, small scenarios."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from hypothesis import settings

# How long an example takes depends on the machine, not on the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# A shell that starts us in the background hands down an ignored Ctrl-C, and every command that a test interrupts would
# inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
Doorbuster = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data, schemas and vectors that are not part of the project."""
    folder = Path(os.environ.get("DOORBUSTER_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("no shared folder of real data; set DOORBUSTER_SHARED")
    return folder


def verdict_schema() -> dict[str, Any]:
    """The schema that is shipped beside the code which writes verdict.json."""
    text = resources.files("doorbuster.analysis").joinpath("verdict.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@pytest.fixture(scope="session", autouse=True)
def every_verdict_is_what_its_schema_says(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever test wrote a verdict.json, by a function or by the command line, it fits the published schema."""
    yield
    validator = jsonschema.Draft202012Validator(verdict_schema())
    for folder, folders, files in os.walk(tmp_path_factory.getbasetemp()):
        folders[:] = [name for name in folders if not name.endswith((".parquet", "node_modules"))]
        if "verdict.json" in files:
            written = Path(folder) / "verdict.json"
            if written.read_text() == "{}\n":  # from the stand-in for our command in test_ci_templates.py
                continue
            wrong = [error.message for error in validator.iter_errors(json.loads(written.read_text()))]
            assert not wrong, f"{written}: {wrong[0]}"


@pytest.fixture
def doorbuster(tmp_path: Path) -> Doorbuster:
    """Runs the command line in an empty folder, without the caller's DOORBUSTER_ variables."""

    def call(
        *arguments: object, env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "doorbuster", *map(str, arguments)],
            cwd=cwd or tmp_path,
            env={**clean_environment(), **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    return call


def clean_environment() -> dict[str, str]:
    kept = {"DOORBUSTER_SHARED"}
    return {name: value for name, value in os.environ.items() if not name.startswith("DOORBUSTER_") or name in kept}


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


def assert_conserved(run: Path) -> None:
    """Law 2, exactly: in all, by journey, and between run.json and the tables."""
    info = json.loads((run / "run.json").read_text())
    for counts in (info["conservation"], *info["sessions"].values()):
        dropped = counts["dropped_limit"] + counts["dropped_worker_lost"]
        assert counts["planned"] == counts["started"] + dropped + counts["not_reached"]
        assert counts["started"] == counts["finished"] + counts["abandoned"] + counts["in_flight"] + counts["lost"]
    arrivals = pd.read_parquet(run / "arrivals.parquet")
    assert not arrivals.duplicated(["second", "journey"]).any()
    for column in ("planned", "started", "dropped_limit", "dropped_worker_lost", "not_reached"):
        assert arrivals[column].sum() == info["conservation"][column]
    sessions = pd.read_parquet(run / "sessions.parquet")
    assert sessions.session.is_unique
    assert len(sessions) == info["conservation"]["started"]


SCENARIO = """
name = "{name}"
[traffic]
curve = "{curve}"
buffer = 1.0
growth = 1.0
seed = {seed}
arrivals = "{arrivals}"
[journeys]
browse = 0.4
cart = 0.2
native_checkout = 0.2
express_wallet = 0.2
[shopper]
coupon_share = 0.3
double_submit = 0.1
[shopper.think]
default = {{ median_s = 0.1, p90_s = 0.2 }}
[limits]
warm_up_s = {warm_up_s}
drain_s = {drain_s}
in_flight = {in_flight}
{more}
"""


def write_scenario(
    folder: Path,
    rates: list[float],
    *,
    name: str = "short",
    seed: int = 7,
    arrivals: str = "poisson",
    warm_up_s: float = 1,
    in_flight: int = 500,
    drain_s: float = 30,
    more: str = "",
) -> Path:
    """A scenario with one rate a second (sessions/s), and its curve beside it."""
    rows = [f"2025-11-28 20:{second // 60:02d}:{second % 60:02d},{rate}" for second, rate in enumerate(rates)]
    (folder / f"{name}.csv").write_text("\n".join(["time,sessions", *rows]) + "\n")
    path = folder / f"{name}.toml"
    path.write_text(
        SCENARIO.format(
            name=name,
            curve=f"{name}.csv",
            seed=seed,
            arrivals=arrivals,
            warm_up_s=warm_up_s,
            in_flight=in_flight,
            drain_s=drain_s,
            more=more,
        )
    )
    return path
