"""The load process of `doorbuster run`: walks a prepared run directory, tells its parent how it goes, dies with it."""

from __future__ import annotations

import os
import signal
import sys

signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until there is a run to stop, Ctrl-C just ends us
import locust  # isort: skip  # first: it makes sockets and sleeps cooperative before anyone else imports them

import logging
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import gevent
import orjson
from gevent.fileobject import FileObjectPosix
from locust.env import Environment

from doorbuster.record.directory import RunDirectory
from doorbuster.swarm.conductor import Conductor
from doorbuster.swarm.locust_run import RunHooks
from doorbuster.swarm.user import ShopperUser
from doorbuster.vocabulary import EXIT_INTERRUPTED

_PROGRESS_EVERY_S = 1.0


class Rehearser(ShopperUser):
    """The shopper of a run without a locustfile."""

    abstract = False


def main(run_directory: str) -> int:
    """Rehearse a prepared run. Returns the exit code: 0 all shoppers came, 2 could not begin, 130 interrupted."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    ended: list[Conductor] = []
    environment = Environment(user_classes=[Rehearser], events=locust.events, catch_exceptions=True)
    runner = environment.create_local_runner()
    hooks = RunHooks(environment, Rehearser, lambda: RunDirectory(Path(run_directory)), ended.append)
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    gevent.spawn(_die_with_parent, hooks)
    gevent.spawn(_tell, hooks)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        runner.start_shape()
        runner.shape_greenlet.join()
    except KeyboardInterrupt:
        if hooks.conductor is not None:
            hooks.conductor.stopped_because = "interrupted"
    finally:
        runner.quit()
    if not ended:
        return int(environment.process_exit_code or EXIT_INTERRUPTED)
    return EXIT_INTERRUPTED if ended[0].stopped_because == "interrupted" else 0


def _tell(hooks: RunHooks) -> NoReturn:
    """One line of JSON a second on standard output."""
    while True:
        if hooks.conductor is not None:
            sys.stdout.buffer.write(orjson.dumps(asdict(hooks.conductor.progress())) + b"\n")
            sys.stdout.flush()
        gevent.sleep(_PROGRESS_EVERY_S)


def _die_with_parent(hooks: RunHooks) -> None:
    """Standard input is a pipe that only the parent holds: it ends when the parent does, however it died."""
    lifeline = FileObjectPosix(os.dup(sys.stdin.fileno()), "rb")
    while lifeline.read(1024):
        pass
    if hooks.conductor is not None:
        hooks.conductor.stopped_because = "the doorbuster process that ran it died"
        hooks.conductor.close()
    os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
