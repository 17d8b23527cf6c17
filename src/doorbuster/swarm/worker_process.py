"""The process behind `doorbuster worker` and each of `--workers N`: walks what a master deals, until told to go."""

from __future__ import annotations

import os
import signal
import sys

signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until there is a run to leave, Ctrl-C just ends us
import locust  # isort: skip  # first: it makes sockets and sleeps cooperative before anyone else imports them

import logging
import socket

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.exception import RPCError

from doorbuster.swarm.lifeline import when_let_go
from doorbuster.swarm.rehearser import Rehearser
from doorbuster.swarm.remote_worker import RemoteWorker
from doorbuster.vocabulary import EXIT_INTERRUPTED, EXIT_USAGE

_LINGER_S = 0.2


def main(master_host: str, master_port: int, has_lifeline: bool) -> int:
    """Serve one master. Returns the exit code: 0 told to go, 2 no master, 130 interrupted."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    if has_lifeline:
        gevent.spawn(when_let_go, lambda: os._exit(EXIT_INTERRUPTED))
    environment = Environment(user_classes=[Rehearser], events=locust.events, catch_exceptions=True)
    try:
        socket.getaddrinfo(master_host, master_port)
        if not has_lifeline:
            print(f"looking for a master at {master_host}:{master_port}", file=sys.stderr, flush=True)
        runner = environment.create_worker_runner(master_host, master_port)
    except (OSError, RPCError) as failed:
        reason = str(failed) or "it does not answer"
        print(f"doorbuster: no master at {master_host}:{master_port} ({reason}); start it first", file=sys.stderr)
        return EXIT_USAGE
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    RemoteWorker(environment, Rehearser)
    # An event, and not an exception: that would hit whichever shopper happens to be running.
    interrupted = Event()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(interrupt, interrupted.set)
    gevent.wait([gevent.spawn(runner.greenlet.join), interrupted], count=1)
    if interrupted.is_set():
        environment.events.quitting.fire(environment=environment, reverse=True)
        gevent.sleep(_LINGER_S)  # the line sends what was told last
        return EXIT_INTERRUPTED
    return int(environment.process_exit_code or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), "--lifeline" in sys.argv[3:]))
