"""The process behind `doorbuster worker` and each of `--workers N`: walks what a master deals, until told to go."""

from __future__ import annotations

import os
import signal
import sys

signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until there is a run to leave, Ctrl-C just ends us
import locust  # isort: skip  # first: it makes sockets and sleeps cooperative before anyone else imports them

import logging

import gevent
from locust.env import Environment

from doorbuster.swarm.lifeline import when_let_go
from doorbuster.swarm.rehearser import Rehearser
from doorbuster.swarm.remote_worker import RemoteWorker
from doorbuster.vocabulary import EXIT_INTERRUPTED, EXIT_USAGE


def main(master_host: str, master_port: int, has_lifeline: bool) -> int:
    """Serve one master. Returns the exit code: 0 told to go, 2 no master, 130 interrupted."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    if has_lifeline:
        gevent.spawn(when_let_go, lambda: os._exit(EXIT_INTERRUPTED))
    environment = Environment(user_classes=[Rehearser], events=locust.events, catch_exceptions=True)
    try:
        runner = environment.create_worker_runner(master_host, master_port)
    except (OSError, locust.exception.RPCError) as failed:
        reason = str(failed) or "it does not answer"
        print(f"doorbuster: no master at {master_host}:{master_port} ({reason}); start it first", file=sys.stderr)
        return EXIT_USAGE
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    RemoteWorker(environment, Rehearser)
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.default_int_handler)
    try:
        runner.greenlet.join()
    except KeyboardInterrupt:
        environment.events.quitting.fire(environment=environment, reverse=True)
        gevent.sleep(0.2)  # the line sends what was told last
        return EXIT_INTERRUPTED
    return int(environment.process_exit_code or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), "--lifeline" in sys.argv[3:]))
