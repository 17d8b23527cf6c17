"""A shop that listens: the address a gateway notifies, which keeps what it was sent and can be waited for."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

WITHIN_S = 20.0


@dataclass(frozen=True)
class Heard:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class ListeningShop:
    """Answers 200, or the statuses in `answers` first."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    _heard: list[Heard] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def hear(self, heard: Heard) -> int:
        with self._news:
            self._heard.append(heard)
            self._news.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def wait_for(self, count: int) -> Sequence[Heard]:
        """Everything heard, once there are at least so many; fails when they do not come."""
        with self._news:
            if not self._news.wait_for(lambda: len(self._heard) >= count, WITHIN_S):
                pytest.fail(f"{len(self._heard)} of {count} notifications came within {WITHIN_S:g} s")
            return list(self._heard)

    @property
    def heard(self) -> Sequence[Heard]:
        """Everything heard up to now."""
        with self._news:
            return list(self._heard)


@contextlib.contextmanager
def listening_shop() -> Iterator[ListeningShop]:
    shop = ListeningShop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(shop.hear(Heard(self.path, dict(self.headers), body)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()


def attempts_logged(gateway: httpx.Client, count: int) -> list[str]:
    """Results of the gateway's attempts to notify, once there are so many: it writes them down after the answer."""
    deadline_s = time.monotonic() + WITHIN_S
    results: list[str] = []
    while len(results) < count:
        if time.monotonic() > deadline_s:
            pytest.fail(f"{len(results)} of {count} attempts were logged within {WITHIN_S:g} s")
        results = [row["result"] for row in gateway.get("/admin/notifications").json()["notifications"]]
    return results
