"""One connection to the shop: connect, send, receive, close.

A plain non-blocking socket with gevent's public `loop.io` and `hub.wait`. It waits until there is something to read
and then reads: gevent's own sockets try first, and between a request and its answer that try always fails. Of a bare
request that is 12 microseconds instead of 14, all by public means (`bench/transport.py waits`).
"""

from __future__ import annotations

import os
import socket
from typing import Any

from gevent import get_hub, monkey

from doorbuster.swarm.transport.deadlines import Sweeper

_READ, _WRITE = 1, 2  # what `loop.io` watches a descriptor for
_CHUNK = 1 << 16
_plain_socket = monkey.get_original("socket", "socket")  # Locust puts gevent's in its place


class Wire:
    """A TCP connection. Waits raise TooLate, breakage raises OSError."""

    __slots__ = ("_readable", "_socket", "_sweeper")

    def __init__(self, family: int, address: Any, sweeper: Sweeper, until_s: float) -> None:
        """Connect. Raises OSError and TooLate."""
        self._sweeper = sweeper
        self._socket = _plain_socket(family, socket.SOCK_STREAM)
        self._readable: Any = None
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.connect_ex(address)  # its result is asked for below, when it is known
            self._wait_writable(until_s)
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            self._readable = get_hub().loop.io(self._socket.fileno(), _READ)
        except BaseException:
            self.close()
            raise

    def send(self, data: bytes, until_s: float) -> None:
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        while sent < len(data):
            self._wait_writable(until_s)
            sent += self._socket.send(memoryview(data)[sent : sent + _CHUNK])

    def receive(self, until_s: float) -> bytes:
        """What has come in, at most 64 KiB; empty when the other side has closed."""
        while True:
            self._sweeper.wait(self._readable, until_s)
            try:
                data: bytes = self._socket.recv(_CHUNK)
            except BlockingIOError:
                continue
            return data

    def gone(self) -> bool:
        """Whether an idle connection was closed or holds bytes that nobody asked for. Never waits."""
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        if self._readable is not None:
            self._readable.close()
        self._socket.close()

    def _wait_writable(self, until_s: float) -> None:
        watcher = get_hub().loop.io(self._socket.fileno(), _WRITE)
        try:
            self._sweeper.wait(watcher, until_s)
        finally:
            watcher.close()
