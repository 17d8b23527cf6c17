"""What holds for every engine without starting one: nothing outlives its test, and what is installed is pinned."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.engine import FOLDER
from tests.live.group import EngineError, Group

SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
OWNER = """
import sys
from pathlib import Path
from tests.live.group import Group
work = Path(sys.argv[1])
with Group(work) as group:
    for name in ("one", "two"):
        group.start(name, [sys.executable, "-c", sys.argv[2], str(work / f"{name}.pid")])
        group.wait_until(lambda: (work / f"{name}.pid").exists(), name)
    print("up", flush=True)
    sys.stdin.read() if sys.argv[3] == "waits" else None
"""


def pids(work: Path) -> list[int]:
    return [int((work / f"{name}.pid").read_text()) for name in ("one", "two")]


def wait_until_gone(pid: int) -> None:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([process], [], [], 30)[0], f"{pid} is still there"
    finally:
        os.close(process)


@pytest.mark.parametrize("how", ["it ends", "it is killed"])
def test_an_engine_does_not_outlive_its_test(tmp_path: Path, how: str) -> None:
    words = [sys.executable, "-c", OWNER, str(tmp_path), SLEEPER, "ends" if how == "it ends" else "waits"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        first, second = pids(tmp_path)
        if how == "it is killed":
            assert os.getpgid(first) == os.getpgid(second)
            owner.send_signal(signal.SIGKILL)
        owner.wait(60)
    wait_until_gone(first)
    wait_until_gone(second)


def test_an_engine_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    with Group(tmp_path) as group, pytest.raises(EngineError, match="shop ended with 3: no database"):
        group.start("shop", [sys.executable, "-c", "print('no database'); raise SystemExit(3)"])
        group.wait_until(lambda: False, "shop")


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in FOLDER.parent.glob("*/**/package.json")), ids=lambda path: path.name
)
def test_what_npm_installs_is_pinned_and_names_no_address(folder: Path) -> None:
    wanted = json.loads((folder / "package.json").read_text())
    for name, version in (wanted["dependencies"] | wanted.get("overrides", {})).items():
        assert re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", version), name
    lock = (folder / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    for path, one in json.loads(lock)["packages"].items():
        # What is only for other systems than this one may be out of reach where the lock was made, and is never fetched.
        elsewhere = one.get("optional") and ("os" in one or "cpu" in one)
        assert not path or one.get("link") or "integrity" in one or elsewhere, path
