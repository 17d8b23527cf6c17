"""One staging service as a process of its own, which never outlives the process that started it."""

from __future__ import annotations

import gc
import os
import select
import shutil
import socket
import sys
import threading
from typing import Any, Final

import orjson
import uvicorn

from doorbuster.staging.backstage import Start
from doorbuster.staging.services import ROUTERS

READY: Final = b"ready\n"
_LOOK_AROUND_S: Final = 1.0


class _Server(uvicorn.Server):
    """Says on standard output that it is ready, once it is."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            os.write(sys.stdout.fileno(), READY)


def _die_with_parent(parent_pid: int, folder: str) -> None:
    """Wait for standard input to close, which happens however the parent ends, then be gone at once.

    The parent's pid is looked at as well: a process that the parent forked meanwhile holds the pipe open.
    """
    while True:
        readable, _, _ = select.select([sys.stdin.fileno()], [], [], _LOOK_AROUND_S)
        closed = bool(readable) and not os.read(sys.stdin.fileno(), 1)
        if closed or os.getppid() != parent_pid:
            shutil.rmtree(folder, ignore_errors=True)  # nobody else is left to do it
            os._exit(0)


def main() -> None:
    """Read the start from standard input (one line of JSON), serve on the socket passed on, end with the parent."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)  # unbuffered: what follows belongs to the lifeline
        if not byte:
            return
        line += byte
    told: dict[str, Any] = orjson.loads(line)
    listener = socket.socket(fileno=told.pop("socket_fd"))
    parent_pid = told.pop("parent_pid")
    start = Start(**{**told, "faults": tuple(told["faults"])})
    lifeline = threading.Thread(target=_die_with_parent, args=(parent_pid, start.folder), daemon=True)
    lifeline.start()
    config = uvicorn.Config(
        ROUTERS[start.service](start),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=120,  # longer than any think time: a shop that hangs up on shoppers is not what we rehearse
        timeout_graceful_shutdown=2,
    )
    # What was made so far lives as long as the process; leaving it out keeps collections, and so stalls, short.
    gc.freeze()
    _Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
