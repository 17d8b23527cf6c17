"""One rehearsal for the command line: prepares, starts the load process, watches it, finishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from doorbuster.errors import RunDirectoryError
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.finish import finish
from doorbuster.rehearsal.prepare import RunOptions, prepare
from doorbuster.rehearsal.starvation import starved
from doorbuster.settings import Settings
from doorbuster.vocabulary import EXIT_CODES, EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_USAGE

_STOP_LIMIT_S = 20.0


@dataclass(frozen=True)
class Workers:
    """Who walks: so many processes here, or so many workers that come from elsewhere to (bind, port)."""

    local: int = 1
    expected: int = 0
    bind: str = "127.0.0.1"
    port: int = 5557

    def arguments(self) -> list[str]:
        """For the load process."""
        if self.expected:
            return ["--expect-workers", str(self.expected), "--bind", self.bind, "--port", str(self.port)]
        return ["--workers", str(self.local)]


@dataclass(frozen=True)
class Rehearsed:
    """A run that has taken place, as far as it did."""

    directory: RunDirectory
    exit_code: int
    reasons: tuple[str, ...]
    """Why it was no rehearsal; empty for exit code 0."""


def rehearse(
    options: RunOptions,
    settings: Settings,
    watch: Callable[[dict[str, Any]], None],
    workers: Workers = Workers(),
) -> Rehearsed:
    """Run a scenario to its end. `watch` hears of the progress once a second.

    Ctrl-C stops the shoppers, keeps the directory and gives exit code 130; a second one does not wait for them.
    Raises DoorbusterError when the run could not begin.
    """
    directory = prepare(options, settings)
    interrupted, code = False, 0
    if reason := starved():
        directory.update_run(stopped_because=reason)
    else:
        with _load_process(directory, workers) as load:
            try:
                _watch(load, watch)
            except KeyboardInterrupt:
                interrupted = True
                _stop(load)
            code = load.wait()
    try:
        valid, reasons = finish(directory, settings)
    except KeyboardInterrupt:  # the directory says by itself that its books were not read back
        interrupted, reasons = True, ("the run was cut off while the shop's books were read back",)
    if interrupted:
        return Rehearsed(directory, EXIT_INTERRUPTED, reasons)
    if code in (EXIT_USAGE, EXIT_INTERNAL):
        sentence = f"{directory.path}: the load process could not begin; its own message stands above"
        raise RunDirectoryError(sentence) if code == EXIT_USAGE else RuntimeError(sentence)
    return Rehearsed(directory, 0 if valid else EXIT_CODES["INVALID"], reasons)


@contextmanager
def _load_process(directory: RunDirectory, workers: Workers) -> Iterator[subprocess.Popen[bytes]]:
    """The process that sends the load. It holds the other end of a pipe: when we die, however we die, so does it."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "doorbuster.swarm", str(directory.path), *workers.arguments()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        # A group of its own, because Ctrl-C in the terminal is ours to hand on, once; but the same session, because
        # Linux weighs processor time by session and a caller's `nice` must keep its meaning.
        process_group=0,
    ) as load:
        try:
            yield load
        finally:
            if load.poll() is None:
                load.kill()


def _watch(load: subprocess.Popen[bytes], watch: Callable[[dict[str, Any]], None]) -> None:
    assert load.stdout is not None
    for line in load.stdout:
        watch(json.loads(line))


def _stop(load: subprocess.Popen[bytes]) -> None:
    try:
        load.send_signal(signal.SIGINT)
        load.wait(_STOP_LIMIT_S)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        load.kill()
