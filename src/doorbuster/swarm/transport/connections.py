"""Which connections are open, and how a new one is made: name, address, proxy, TLS."""

from __future__ import annotations

import socket
import ssl
from time import monotonic
from typing import Any

import gevent
from gevent import socket as cooperative

from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.deadlines import Sweeper
from doorbuster.swarm.transport.failures import Failed, TooLate
from doorbuster.swarm.transport.origin import Origin
from doorbuster.swarm.transport.reply import Reply
from doorbuster.swarm.transport.tls import TlsWire
from doorbuster.swarm.transport.wire import Wire

_ADDRESSES_GOOD_FOR_S = 60.0
"""What browsers keep a resolved name for: a shop that moves is followed within a minute."""
_LOOK_AFTER_S = 1.0
"""A connection that was idle for longer may have been closed: look before use."""


class Roads:
    """Ways to hosts: resolved names, trust and the sweeper, shared by all shoppers of a process."""

    def __init__(self, tls: ssl.SSLContext, connect_timeout_s: float) -> None:
        self.sweeper = Sweeper()
        self._tls = tls
        self._connect_timeout_s = connect_timeout_s
        self._addresses: dict[tuple[str, int], tuple[float, list[Any]]] = {}

    def connect(self, origin: Origin, last: TlsWire | None, until_s: float) -> Wire | TlsWire:
        """A new connection; `last` is one whose TLS session may be resumed. Raises Failed, OSError, TooLate."""
        until_s = min(until_s, monotonic() + self._connect_timeout_s)
        try:
            if origin.proxy is None:
                wire = self._dial(origin.host, origin.port, until_s)
            else:
                wire = self._dial(origin.proxy.host, origin.proxy.port, until_s)
                if origin.secure:
                    _tunnel(wire, origin, origin.proxy.line, until_s)
            if not origin.secure:
                return wire
            return TlsWire(wire, self._tls, origin.tls_name, last.session if last else None, until_s)
        except TooLate:
            raise Failed(failures.CONNECT_LATE) from None
        except ssl.SSLCertVerificationError:  # which is a ValueError too
            raise
        except ValueError:  # a name that is none: too long, empty labels
            raise Failed(failures.BAD_URL) from None

    def _dial(self, host: str, port: int, until_s: float) -> Wire:
        """The first of the host's addresses that answers; each gets its share of the time left."""
        addresses = self._resolve(host, port, until_s)
        for left in range(len(addresses), 0, -1):
            family, address = addresses[-left]
            now_s = monotonic()
            try:
                return Wire(family, address, self.sweeper, now_s + (until_s - now_s) / left)
            except (OSError, TooLate):
                if left == 1:
                    raise
        raise AssertionError("a resolved name has an address")

    def _resolve(self, host: str, port: int, until_s: float) -> list[Any]:
        good_until_s, addresses = self._addresses.get((host, port), (0.0, []))
        now_s = monotonic()
        if now_s >= good_until_s:
            # Whoever comes while we ask uses what was good so far.
            self._addresses[host, port] = (now_s + _ADDRESSES_GOOD_FOR_S if addresses else 0.0, addresses)
            with gevent.Timeout(max(0.001, until_s - now_s), TooLate):
                found = cooperative.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [(family, address) for family, _, _, _, address in found]
            self._addresses[host, port] = (monotonic() + _ADDRESSES_GOOD_FOR_S, addresses)
        return addresses


class Connections:
    """Open connections that wait for their next request: one shopper's, or everybody's where they are reused."""

    __slots__ = ("_idle", "_last_tls", "_roads")

    def __init__(self, roads: Roads) -> None:
        self._roads = roads
        self._idle: dict[Origin, list[tuple[float, Wire | TlsWire]]] = {}
        self._last_tls: dict[Origin, TlsWire] = {}

    def take(self, origin: Origin) -> Wire | TlsWire | None:
        """The one used last, if it is still open."""
        idle = self._idle.get(origin)
        while idle:
            since_s, wire = idle.pop()
            if monotonic() - since_s < _LOOK_AFTER_S or not wire.gone():
                return wire
            wire.close()
        return None

    def open(self, origin: Origin, until_s: float) -> Wire | TlsWire:
        """A new one. Raises Failed and OSError."""
        wire = self._roads.connect(origin, self._last_tls.get(origin), until_s)
        if isinstance(wire, TlsWire):
            self._last_tls[origin] = wire
        return wire

    def give_back(self, origin: Origin, wire: Wire | TlsWire) -> None:
        self._idle.setdefault(origin, []).append((monotonic(), wire))

    def close(self) -> None:
        for idle in self._idle.values():
            for _, wire in idle:
                wire.close()
        self._idle.clear()


def _tunnel(wire: Wire, origin: Origin, proxy_line: bytes, until_s: float) -> None:
    """Ask a proxy to pass everything on to a host unread."""
    authority = origin.authority
    authorization = b"proxy-authorization: %b\r\n" % proxy_line if proxy_line else b""
    try:
        wire.send(b"CONNECT %b HTTP/1.1\r\nhost: %b\r\n%b\r\n" % (authority, authority, authorization), until_s)
        reply = Reply(0, head_only=True)
        while not reply.done:
            reply.feed(wire.receive(until_s))
        if not 200 <= reply.status < 300:
            raise Failed(failures.PROXY_REFUSED)
    except BaseException:
        wire.close()
        raise
