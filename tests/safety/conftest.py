"""A host that nobody may talk to: it listens, lets everybody in, and keeps every byte."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from doorbuster.staging.environment import staging_environment
from tests.transport.raw_shop import raw_shop


@dataclass
class Bystander:
    """Another machine on this one: 127.0.0.2 is not 127.0.0.1, and no scenario lists it."""

    host: str
    port: int
    visitors: int = 0
    heard: bytearray = field(default_factory=bytearray)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@pytest.fixture
def bystander() -> Iterator[Bystander]:
    with socket.create_server(("127.0.0.2", 0)) as door:
        one = Bystander(*door.getsockname())
        closed = threading.Event()

        def listen() -> None:
            while True:
                try:
                    visitor, _ = door.accept()
                except OSError:
                    return
                if closed.is_set():
                    visitor.close()
                    return
                one.visitors += 1
                with visitor:
                    one.heard += visitor.recv(65536)
                    visitor.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        yield one
        closed.set()
        with socket.create_connection((one.host, one.port)):
            pass
        listener.join(5)


@pytest.fixture
def redirecting_shop() -> Iterator[str]:
    """A shop that sends everybody where the request's header `x-to` says."""

    def answer(request: bytes) -> bytes:
        status = re.search(rb"status=(\d+)", request)
        to = re.search(rb"(?im)^x-to: (.+)\r$", request)
        assert status and to
        return b"HTTP/1.1 %b Found\r\nlocation: %b\r\ncontent-length: 0\r\n\r\n" % (status[1], to[1])

    with raw_shop(answer) as shop:
        yield shop.url


@pytest.fixture(scope="session")
def staging_shop() -> Iterator[str]:
    with staging_environment() as addresses:
        yield addresses.shop_url
