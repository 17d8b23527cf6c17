"""The load process of `doorbuster run`: walks a prepared run directory, tells its parent how it goes, dies with it.

python -m doorbuster.swarm RUN_DIR [--workers N | --expect-workers N --bind HOST --port P]
"""

from __future__ import annotations

import os
import signal
import sys

signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until there is a run to stop, Ctrl-C just ends us
import locust  # isort: skip  # first: it makes sockets and sleeps cooperative before anyone else imports them

import argparse
import logging
import socket
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import gevent
import orjson
from gevent.event import Event
from locust.env import Environment
from locust.exception import RPCError

from doorbuster.errors import WorkerError
from doorbuster.record.directory import RunDirectory
from doorbuster.swarm.conductor import Conductor
from doorbuster.swarm.lifeline import when_let_go
from doorbuster.swarm.local_workers import local_workers
from doorbuster.swarm.locust_run import RunHooks
from doorbuster.swarm.rehearser import Rehearser
from doorbuster.swarm.remote_team import wait_for_workers
from doorbuster.vocabulary import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_USAGE

_PROGRESS_EVERY_S = 1.0
_LOOPBACK = "127.0.0.1"


def main(arguments: argparse.Namespace) -> int:
    """Rehearse a prepared run.

    Returns the exit code: 0 it was conducted to its end, 2 could not begin, 70 a bug of ours, 130 interrupted.
    """
    # Standard output carries the progress alone: what libraries print goes where errors go.
    progress = os.dup(1)
    os.dup2(2, 1)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    directory = RunDirectory(Path(arguments.run_directory))
    ended: list[Conductor] = []
    environment = Environment(user_classes=[Rehearser], events=locust.events, catch_exceptions=True)
    # An event, and not an exception: that would hit whichever shopper happens to be running.
    interrupted = Event()
    gevent.signal_handler(signal.SIGINT, interrupted.set)
    try:
        runner = _runner(environment, arguments)
        hooks = RunHooks(environment, Rehearser, lambda: directory, ended.append)
        environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
        gevent.spawn(when_let_go, lambda: _die_with_parent(runner, hooks))
        gevent.spawn(_tell, hooks, progress)
        with _workers(runner, arguments, interrupted):
            _rehearse(environment, hooks, interrupted)
    except WorkerError as missing:
        directory.update_run(stopped_because=str(missing))
        print(f"doorbuster: {missing}", file=sys.stderr, flush=True)
        return EXIT_USAGE
    except Exception:  # noqa: BLE001  (a bug of ours must not come out as 1)
        traceback.print_exc()
        return EXIT_INTERNAL
    if ended:
        return EXIT_INTERRUPTED if ended[0].stopped_because == "interrupted" else 0
    if interrupted.is_set():
        directory.update_run(stopped_because="interrupted")
        return EXIT_INTERRUPTED
    return int(environment.process_exit_code or EXIT_INTERNAL)


def _runner(environment: Any, arguments: argparse.Namespace) -> Any:
    """Locust's runner: of this process alone, or of workers here or elsewhere. Raises WorkerError."""
    if arguments.expect_workers:
        try:
            socket.getaddrinfo(arguments.bind, arguments.port)
            return environment.create_master_runner(arguments.bind, arguments.port)
        except (OSError, SystemExit, RPCError):  # Locust ends the process when the port is taken
            raise WorkerError(
                f"cannot listen on {arguments.bind}:{arguments.port}; give another address of this machine with --bind"
            ) from None
    if arguments.workers > 1:
        return environment.create_master_runner(_LOOPBACK, 0)
    return environment.create_local_runner()


@contextmanager
def _workers(runner: Any, arguments: argparse.Namespace, interrupted: Event) -> Iterator[None]:
    """As many workers as were asked for; those of ours go when we go."""
    if arguments.expect_workers:
        where = f"--master-host {arguments.bind} --master-port {arguments.port}"
        print(f"waiting for {arguments.expect_workers} times: doorbuster worker {where}", file=sys.stderr, flush=True)
        wait_for_workers(runner, arguments.expect_workers, interrupted)
        yield
    elif arguments.workers > 1:
        with local_workers(arguments.workers, _LOOPBACK, runner.server.port) as check:
            wait_for_workers(runner, arguments.workers, interrupted, check)
            yield
    else:
        yield


def _rehearse(environment: Any, hooks: RunHooks, interrupted: Event) -> None:
    runner = environment.runner
    if not interrupted.is_set():
        runner.start_shape()
        gevent.wait([runner.shape_greenlet, interrupted], count=1)
        if interrupted.is_set() and hooks.conductor is not None:
            hooks.conductor.stopped_because = "interrupted"
    runner.quit()


def _tell(hooks: RunHooks, progress: int) -> NoReturn:
    """One line of JSON a second for our parent, on that descriptor."""
    while True:
        if hooks.conductor is not None:
            os.write(progress, orjson.dumps(asdict(hooks.conductor.progress())) + b"\n")
        gevent.sleep(_PROGRESS_EVERY_S)


def _die_with_parent(runner: Any, hooks: RunHooks) -> None:
    try:
        if hooks.conductor is not None:
            hooks.conductor.stopped_because = "the doorbuster process that ran it died"
        runner.quit()  # which closes the run, and tells workers elsewhere that nothing more will come
    finally:
        os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("run_directory")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--expect-workers", type=int, default=0)
    parser.add_argument("--bind", default=_LOOPBACK)
    parser.add_argument("--port", type=int, default=5557)
    sys.exit(main(parser.parse_args()))
