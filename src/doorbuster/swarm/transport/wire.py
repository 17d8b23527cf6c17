"""One connection to the shop: asks and reads the answer, and nothing outlasts its time.

A plain non-blocking socket that gevent's public `loop.io` watches for as long as it is open. What comes in is read and
parsed by the event loop itself, and the shopper is woken once the answer is whole. Of a bare request that is 14
microseconds; with gevent's own sockets, which try to receive before they wait, it is 20 (`bench/transport.py waits`).
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from time import monotonic
from typing import Any

from gevent import Timeout, get_hub, getcurrent, monkey

from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.failures import Failed, TooLate, Unanswered
from doorbuster.swarm.transport.reply import Reply

_READ, _WRITE = 1, 2  # what `loop.io` watches a descriptor for
_buffer = memoryview(bytearray(1 << 16))
"""What came in last, on whichever connection: it is parsed before anything else comes in."""
_SWEEP_EVERY_S = 0.02
"""A time-out is late by no more than this; patience is counted in seconds."""
_LOOK_AFTER_S = 1.0
"""A connection that was idle for longer may have been closed unheard: look before use."""
_plain_socket = monkey.get_original("socket", "socket")  # Locust puts gevent's in their place
_poll = monkey.get_original("select", "poll")


class Sweeper:
    """Looks at all that wait, so that no request needs a timer of its own."""

    def __init__(self) -> None:
        self.until_s: dict[Any, float] = {}
        """Who waits, to the instant of `time.monotonic` at which they are thrown TooLate."""
        self._hub = get_hub()
        self._timer = self._hub.loop.timer(_SWEEP_EVERY_S, _SWEEP_EVERY_S)

    def wait(self, shopper: Any, until_s: float) -> None:
        """Wait until somebody switches back to `shopper`, who is the caller. Raises TooLate."""
        if not self._timer.active:
            self._timer.start(self._sweep)
        self.until_s[shopper] = until_s
        try:
            self._hub.switch()
        finally:
            del self.until_s[shopper]

    def _sweep(self) -> None:
        now_s = monotonic()
        for shopper in [shopper for shopper, until_s in self.until_s.items() if until_s <= now_s]:
            shopper.throw(TooLate)
        if not self.until_s:
            self._timer.stop()


class Wire:
    """A TCP connection, under TLS once hands are shaken."""

    def __init__(self, family: int, address: Any, until_s: float, sweeper: Sweeper, body_limit: int) -> None:
        """Connect. Raises TooLate and OSError."""
        self._socket: Any = _plain_socket(family, socket.SOCK_STREAM)
        self._watcher = get_hub().loop.io(self._socket.fileno(), _READ)
        self._shopper: Any = None
        """Who waits for an answer; nobody while the connection is idle."""
        self._until_s = self._idle_since_s = 0.0
        self._tls: Any = None
        self._sweeper = sweeper
        self._reply = Reply(body_limit)
        self.session: ssl.SSLSession | None = None
        """What the next connection may resume; known once this one is closed."""
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.connect_ex(address)
            # Asked again, it says how it went: nearby that is known by now, and waiting costs as much as a request.
            while (code := self._socket.connect_ex(address)) == errno.EALREADY:
                self._wait_writable(until_s)
            if code not in (0, errno.EISCONN):
                raise OSError(code, os.strerror(code))
        except BaseException:
            self.close()
            raise

    def shake_hands(self, tls: ssl.SSLContext, name: str, session: ssl.SSLSession | None, until_s: float) -> None:
        """Go on under TLS, resuming `session` if there is one; closed when the other side is not `name`."""
        self._watcher.stop()
        self._reply.hang_up()
        self._reply = Reply(self._reply.limit)  # what came so far came from a proxy
        try:
            self._socket = secure = tls.wrap_socket(
                self._socket, server_hostname=name, session=session, do_handshake_on_connect=False
            )
            secure.setblocking(True)  # gevent's own waiting: a handshake takes as long as fifty requests
            with Timeout(max(0.001, until_s - monotonic()), TooLate):
                secure.do_handshake()
            secure.setblocking(False)
            self._tls = secure
        except BaseException:
            self.close()
            raise

    def ask(self, message: bytes, first_byte_s: float, until_s: float, head_only: bool = False) -> Reply:
        """The answer, good until the next question. Raises Failed and OSError, and is closed then."""
        reply = self._reply
        reply.expect(head_only)
        try:
            self._send(message, until_s)
            self._shopper, self._until_s = getcurrent(), until_s
            if not self._watcher.active:
                self._watcher.start(self._take)
            self._sweeper.wait(self._shopper, min(until_s, monotonic() + first_byte_s))
        except BaseException as stopped:  # also when the shopper is stopped in the middle
            self.close()
            if isinstance(stopped, TooLate):
                raise Failed(failures.TOTAL_LATE if reply.received else failures.FIRST_BYTE_LATE) from None
            if isinstance(stopped, ConnectionError) and not reply.received:
                raise Unanswered(failures.sentence(stopped)) from None
            raise
        self._idle_since_s = monotonic()
        return reply

    def gone(self) -> bool:
        """Whether an idle connection was closed or holds bytes that nobody asked for. Never waits."""
        if not self._watcher.active or monotonic() - self._idle_since_s < _LOOK_AFTER_S:
            return not self._watcher.active
        look = _poll()
        look.register(self._socket, _READ)
        return bool(look.poll(0))

    def close(self) -> None:
        self._shopper = None
        if self._tls is not None:
            self.session = self._tls.session or self.session
        self._watcher.close()
        self._socket.close()
        self._reply.hang_up()

    def _take(self) -> None:
        """Called by the event loop when something has come in, or the other side has closed."""
        shopper, reply = self._shopper, self._reply
        if shopper is None:
            self._watcher.stop()  # nobody asked; whoever wants to ask next looks first
            return
        try:
            while not reply.done:
                reply.feed(_buffer[: self._socket.recv_into(_buffer)])
                if self._tls is None or not self._tls.pending():
                    break
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except (Failed, OSError) as failed:
            self._shopper = None
            shopper.throw(failed)
            return
        if reply.done:
            self._shopper = None
            shopper.switch()
        else:
            self._sweeper.until_s[shopper] = self._until_s  # the first byte is here

    def _send(self, data: bytes, until_s: float) -> None:
        while data:
            try:
                data = data[self._socket.send(data) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait_writable(until_s)

    def _wait_writable(self, until_s: float) -> None:
        shopper = getcurrent()
        with get_hub().loop.io(self._socket.fileno(), _WRITE) as watcher:
            watcher.start(shopper.switch)
            self._sweeper.wait(shopper, until_s)
