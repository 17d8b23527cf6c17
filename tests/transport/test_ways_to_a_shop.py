"""A name with several addresses, a proxy in between: the shopper arrives, or one sentence says why not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest
from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import create_connection

import doorbuster.swarm.transport.connect as connecting
from tests.transport.raw_shop import answer, browser, raw_shop
from tests.transport.test_tls import papers, server_side, shopper_for  # noqa: F401  (papers is a fixture)

HOSTS = frozenset({"shop.example", "127.0.0.1"})
REFUSED, LATE = "the proxy refused the connection", "connecting took too long"


@contextmanager
def black_hole() -> Iterator[int]:
    """A port whose queue is full: who connects hears nothing, as behind a firewall that drops packets."""
    with socket.create_server(("127.0.0.9", 0), backlog=0) as server:
        port = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.9", port))
        gevent.sleep(0.05)
        yield port
        for one in waiting:
            one.close()


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[str, int]]]:
    """Name to addresses, in the order in which they are tried."""
    names: dict[str, list[tuple[str, int]]] = {}

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", at) for at in names.get(host, [(host, port)])]

    monkeypatch.setattr(connecting, "getaddrinfo", look_up)
    return names


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_silent_address_leaves_time_for_the_next(resolve: dict[str, list[tuple[str, int]]]) -> None:
    with raw_shop(lambda _: answer(b"here")) as shop, black_hole() as hole, black_hole() as another:
        resolve["shop.example"] = [("127.0.0.9", hole), ("127.0.0.9", another), ("127.0.0.1", port_of(shop.url))]
        shopper = browser(allowed_hosts=HOSTS, connect_timeout_s=0.6, total_timeout_s=20.0, first_byte_timeout_s=20.0)
        response = shopper.request("GET", "http://shop.example/")
        assert (response.failure, response.body) == (None, b"here")
        shopper.close()


def test_a_refusing_address_is_passed_over_and_the_last_one_is_told_of(resolve: dict[str, list[Any]]) -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    nobody = closed.getsockname()
    closed.close()
    with raw_shop(lambda _: answer(b"here")) as shop, black_hole() as hole:
        resolve["shop.example"] = [nobody, ("127.0.0.1", port_of(shop.url))]
        shopper = browser(allowed_hosts=HOSTS, connect_timeout_s=0.2)
        assert shopper.request("GET", "http://shop.example/").body == b"here"
        shopper.close()
        for at, sentence in (
            ([nobody], "connection failed: connection refused"),
            ([nobody, ("127.0.0.9", hole)], LATE),
        ):
            resolve["shop.example"] = at
            stranded = browser(allowed_hosts=HOSTS, connect_timeout_s=0.2)
            assert stranded.request("GET", "http://shop.example/").failure == sentence
            stranded.close()


@contextmanager
def connect_proxy(status: bytes = b"200 Go ahead") -> Iterator[tuple[str, list[bytes]]]:
    """(address, heads of what it was asked): passes everything on when it says 200; without a status it says nothing."""
    asked: list[bytes] = []

    def pass_on(here: Any, there: Any) -> None:
        while data := here.recv(65536):
            there.sendall(data)

    def serve(sock: Any, _address: Any) -> None:
        head = b""
        with sock:
            while b"\r\n\r\n" not in head and (byte := sock.recv(1)):
                head += byte
            asked.append(head)
            if not status:
                gevent.sleep(5)
            sock.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")
            if status.startswith(b"200"):
                host, _, port = head.split(b" ")[1].decode().rpartition(":")
                with create_connection((host, int(port))) as there:
                    ways = [gevent.spawn(pass_on, sock, there), gevent.spawn(pass_on, there, sock)]
                    gevent.joinall(ways, count=1)
                    gevent.killall(ways)

    customers = Pool()
    server = StreamServer(("127.0.0.1", 0), serve, spawn=customers)
    server.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.stop(timeout=0.1)
        customers.kill()


def asked_through(address: str, url: str, papers: Any, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Any:  # noqa: F811
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", f"http://me:secret@{address}")
    trust = shopper_for(url, papers)._options.tls
    shopper = browser(proxies_from_environment=True, tls=trust, **changes)
    response = shopper.request("GET", url + "/a")
    shopper.close()
    return response


def test_https_goes_through_the_proxy_unread(papers: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    with raw_shop(lambda _: answer(b"hello"), tls=server_side(papers)) as shop, connect_proxy() as (address, asked):
        assert asked_through(address, shop.url, papers, monkeypatch).body == b"hello"
        (head,) = asked
        assert head.startswith(f"CONNECT 127.0.0.1:{port_of(shop.url)} HTTP/1.1\r\n".encode())
        assert b"proxy-authorization: Basic bWU6c2VjcmV0\r\n" in head and b"GET" not in head
        assert b"proxy-authorization" not in shop.requests[0] and shop.requests[0].startswith(b"GET /a ")


def test_a_proxy_cannot_stand_in_for_the_shop(papers: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    with raw_shop(lambda _: answer(), tls=server_side(papers, "other")) as other, connect_proxy() as (address, _):
        assert "mismatch" in asked_through(address, other.url, papers, monkeypatch).failure


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(b"407 Proxy Authentication Required", REFUSED), (b"nonsense", REFUSED), (b"", LATE)],
)
def test_a_proxy_that_does_not_let_us_through(
    papers: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    status: bytes,
    sentence: str,
) -> None:
    with raw_shop(lambda _: answer(), tls=server_side(papers)) as shop, connect_proxy(status) as (address, _):
        assert asked_through(address, shop.url, papers, monkeypatch, connect_timeout_s=0.2).failure == sentence
        assert not shop.requests
