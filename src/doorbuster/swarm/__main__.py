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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import gevent
import orjson
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
from doorbuster.vocabulary import EXIT_INTERRUPTED, EXIT_USAGE

_PROGRESS_EVERY_S = 1.0
_LOOPBACK = "127.0.0.1"


def main(arguments: argparse.Namespace) -> int:
    """Rehearse a prepared run. Returns the exit code: 0 all shoppers came, 2 could not begin, 130 interrupted."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    directory = RunDirectory(Path(arguments.run_directory))
    ended: list[Conductor] = []
    environment = Environment(user_classes=[Rehearser], events=locust.events, catch_exceptions=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        runner = _runner(environment, arguments)
        hooks = RunHooks(environment, Rehearser, lambda: directory, ended.append)
        environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
        gevent.spawn(when_let_go, lambda: _die_with_parent(runner, hooks))
        gevent.spawn(_tell, hooks)
        with _workers(runner, arguments):
            _rehearse(environment, hooks)
    except WorkerError as missing:
        print(f"doorbuster: {missing}", file=sys.stderr, flush=True)
        return EXIT_USAGE
    except KeyboardInterrupt:
        pass
    if not ended:
        if environment.process_exit_code is None:
            directory.update_run(stopped_because="interrupted")
        return int(environment.process_exit_code or EXIT_INTERRUPTED)
    return EXIT_INTERRUPTED if ended[0].stopped_because == "interrupted" else 0


def _runner(environment: Any, arguments: argparse.Namespace) -> Any:
    """Locust's runner: of this process alone, or of workers here or elsewhere. Raises WorkerError."""
    if arguments.expect_workers:
        try:
            return environment.create_master_runner(arguments.bind, arguments.port)
        except (SystemExit, RPCError):  # Locust ends the process when the port is taken
            raise WorkerError(
                f"cannot listen on {arguments.bind}:{arguments.port}; give another address with --bind"
            ) from None
    if arguments.workers > 1:
        return environment.create_master_runner(_LOOPBACK, 0)
    return environment.create_local_runner()


@contextmanager
def _workers(runner: Any, arguments: argparse.Namespace) -> Iterator[None]:
    """As many workers as were asked for; those of ours go when we go."""
    if arguments.expect_workers:
        wait_for_workers(runner, arguments.expect_workers)
        yield
    elif arguments.workers > 1:
        with local_workers(arguments.workers, _LOOPBACK, runner.server.port) as check:
            wait_for_workers(runner, arguments.workers, check)
            yield
    else:
        yield


def _rehearse(environment: Any, hooks: RunHooks) -> None:
    runner = environment.runner
    try:
        runner.start_shape()
        runner.shape_greenlet.join()
    except KeyboardInterrupt:
        if hooks.conductor is not None:
            hooks.conductor.stopped_because = "interrupted"
    finally:
        runner.quit()


def _tell(hooks: RunHooks) -> NoReturn:
    """One line of JSON a second on standard output."""
    while True:
        if hooks.conductor is not None:
            sys.stdout.buffer.write(orjson.dumps(asdict(hooks.conductor.progress())) + b"\n")
            sys.stdout.flush()
        gevent.sleep(_PROGRESS_EVERY_S)


def _die_with_parent(runner: Any, hooks: RunHooks) -> None:
    if hooks.conductor is not None:
        hooks.conductor.stopped_because = "the doorbuster process that ran it died"
    runner.quit()  # which closes the run, and tells workers elsewhere that nothing more will come
    os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("run_directory")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--expect-workers", type=int, default=0)
    parser.add_argument("--bind", default=_LOOPBACK)
    parser.add_argument("--port", type=int, default=5557)
    sys.exit(main(parser.parse_args()))
