"""The load processes of one lane of bench/proof.py: each a fork of this one, whose libraries are loaded already.

To start `python -m doorbuster.swarm` takes longer than the load of a run does. This process imports the same module
once, then forks for every run directory that it is told, one a line on standard input; the child calls the same `main`.
Standard input is the lifeline of both: it ends when the lane does, however. Each run's exit code is one line of output.
"""

from __future__ import annotations

import doorbuster.swarm.__main__ as swarm  # isort: skip  # first: Locust makes sockets cooperative

import argparse
import gc
import os

from gevent.monkey import get_original

fork, wait = get_original("os", "fork"), get_original("os", "waitpid")  # gevent's own would start an event loop here


def main() -> None:
    gc.freeze()
    heard = b""
    while True:
        # Unbuffered and nothing ahead of time: while a run is on, the input is its own.
        byte = os.read(0, 1)
        if not byte:
            return
        heard += byte
        if byte == b"\n":
            child = fork()
            if not child:
                walk(heard.decode().strip())
            code = os.waitstatus_to_exitcode(wait(child, 0)[1])
            os.set_blocking(0, True)  # the child shares it, and its event loop had it otherwise
            os.write(1, b"%d\n" % code)
            heard = b""


def walk(run_directory: str) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody watches the progress
    code = 70
    try:
        code = swarm.main(argparse.Namespace(run_directory=run_directory, workers=1, expect_workers=0))
    finally:
        os._exit(code)


main()
