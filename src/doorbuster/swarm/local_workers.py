"""Worker processes on this machine; each holds a pipe of ours and goes when it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from doorbuster.errors import WorkerError

_GO_LIMIT_S = 5.0


@contextmanager
def local_workers(count: int, host: str, port: int) -> Iterator[Callable[[], None]]:
    """Start workers of the master at (host, port); gives a check that raises WorkerError when one has ended."""
    command = [sys.executable, "-m", "doorbuster.swarm.worker_process", host, str(port), "--lifeline"]
    # Standard output is the progress line's: what workers have to say goes where errors go.
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr.fileno()) for _ in range(count)]

    def check() -> None:
        for worker in workers:
            if worker.poll() is not None:
                raise WorkerError(f"a worker process ended with {worker.returncode} before the run began; see above")

    try:
        yield check
    finally:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.close()
        for worker in workers:
            try:
                worker.wait(_GO_LIMIT_S)
            except subprocess.TimeoutExpired:  # stopped with SIGSTOP, say
                worker.kill()
                worker.wait()
