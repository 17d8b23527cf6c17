"""The processes of one engine: one group that is stopped as one, also when the test that started it dies."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

_LOOK_EVERY_S = 0.1


class EngineError(Exception):
    """An engine did not do what it was started for; says what its log said last."""


class Group:
    """Use as a context manager. Each process is held on a leash of its own (`doorbuster.rehearsal.leash`)."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Group:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        for child in self._children:
            child.communicate()

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Any = None) -> None:
        """Start one more process; what it says goes to `<name>.log`."""
        with (self._logs / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "doorbuster.rehearsal.leash", *command],
                stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, cwd=cwd, env={**os.environ, **(env or {})},
                process_group=self._children[0].pid if self._children else 0,
            )  # fmt: skip
        self._children.append(child)

    def wait_until(self, ready: Callable[[], bool], name: str, within_s: float = 60) -> None:
        """Ask until it is so. Raises EngineError when its process ends before, or time runs out."""
        until_s = time.monotonic() + within_s
        while not ready():
            gone = [child.returncode for child in self._children if child.poll() is not None]
            if gone or time.monotonic() > until_s:
                said = (self._logs / f"{name}.log").read_text(errors="replace")[-2000:]
                raise EngineError(f"{name} {f'ended with {gone[0]}' if gone else 'is not ready in time'}: {said}")
            time.sleep(_LOOK_EVERY_S)


def answers(url: str) -> Callable[[], bool]:
    """Whether something answers there with a success, for `Group.wait_until`."""

    def ready() -> bool:
        try:
            return httpx.get(url, timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return ready


def carry_out(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None, within_s: float = 400) -> str:
    """Run one command to its end; returns what it said. Raises EngineError with its last words."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False,
        timeout=within_s, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        raise EngineError(
            f"{' '.join(command)[:200]} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
        )
    return done.stdout
