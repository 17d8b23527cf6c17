"""A scenario's own commands, before and after a run, each on a leash: when we die, however we die, so do they."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from doorbuster.errors import HookError

_LIMIT_S = 600


def run_hooks(commands: Sequence[str], when: str) -> None:
    """Run a scenario's commands one after another. Raises HookError at the first that fails.

    `when` is "before" or "after", for the sentence.
    """
    for command in commands:
        code, said = _run(command, when)
        if code:
            last = said.strip().splitlines()[-1:]
            raise HookError(
                f"hooks.{when}: {command!r} ended with {code}{': ' + last[0] if last else ''}; "
                + ("the shop's state is not known, so nothing was sent" if when == "before" else "look after the shop")
            )


def _run(command: str, when: str) -> tuple[int, str]:
    """Exit code and output of one command, which keeps a pipe of ours as its leash (see `leash`)."""
    try:
        words = shlex.split(command)
    except ValueError as unreadable:
        raise HookError(f"hooks.{when}: {command!r} is no command ({unreadable}); correct the scenario") from None
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(
            [sys.executable, "-m", "doorbuster.rehearsal.leash", *words],
            stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, process_group=0,
        ) as leash,
    ):  # fmt: skip
        try:
            leash.wait(_LIMIT_S)
        except subprocess.TimeoutExpired:
            raise HookError(f"hooks.{when}: {command!r} did not end within {_LIMIT_S} s; shorten it") from None
        finally:
            if leash.poll() is None:
                os.killpg(leash.pid, signal.SIGKILL)
        output.seek(0)
        return leash.returncode, output.read().decode(errors="replace")
