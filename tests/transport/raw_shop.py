"""A shop on a loopback port that answers exactly the bytes a test wants, and remembers what it was asked."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gevent.pool import Pool
from gevent.server import StreamServer

from doorbuster.swarm.transport import Browser, TransportOptions

Answering = Callable[[bytes], "bytes | None"]
"""Request to answer; None closes the connection."""
_TLS = TransportOptions(frozenset()).tls  # one for all: loading the system's certificates takes longer than a test


@dataclass
class RawShop:
    """What a test sees of the server."""

    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    sent_bytes: int = 0
    resumed: list[bool] = field(default_factory=list)


@contextmanager
def raw_shop(
    answering: Answering,
    *,
    tls: ssl.SSLContext | None = None,
    then: Callable[[Any, RawShop], None] | None = None,
    address: str = "127.0.0.1",
) -> Iterator[RawShop]:
    """Answers every request on a connection with `answering`; `then` gets the socket after the first answer."""
    shop = RawShop()

    def serve(sock: Any, _address: Any) -> None:
        shop.connections += 1
        shop.resumed.append(getattr(sock, "session_reused", False))
        with sock:
            try:
                while (request := _read_request(sock)) is not None:
                    shop.requests.append(request)
                    answer = answering(request)
                    if answer is None:
                        return
                    sock.sendall(answer)
                    if then is not None:
                        then(sock, shop)
                        return
            except OSError:
                pass

    visitors = Pool()
    server = StreamServer((address, 0), serve, spawn=visitors, **({"ssl_context": tls} if tls else {}))
    server.start()
    host = f"[{address}]" if ":" in address else address
    shop.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}"
    try:
        yield shop
    finally:
        server.stop(timeout=0.1)
        visitors.kill()


def _read_request(sock: Any) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status}\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


def browser(**changes: Any) -> Browser:
    """A shopper with short limits who may go to this machine only."""
    session = changes.pop("session", None)
    limits: dict[str, Any] = {
        "tls": _TLS,
        "connect_timeout_s": 2.0,
        "first_byte_timeout_s": 0.2,
        "total_timeout_s": 0.4,
        "body_limit_bytes": 10_000,
    }
    allowed = changes.pop("allowed_hosts", frozenset({"127.0.0.1", "::1", "localhost"}))
    return Browser(TransportOptions(allowed, **{**limits, **changes}), session)
