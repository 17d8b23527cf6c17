"""A shop in trouble answers anything at all: one outcome, one sentence, no hang, nothing left open."""

from __future__ import annotations

import gzip
import socket
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import gevent
import pytest

from tests.transport.raw_shop import RawShop, answer, browser, raw_shop

LIMIT = 10_000
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
BIG = "the answer is bigger than the limit"
HEADERS = "the answer's headers are bigger than the limit"
INVALID = "the answer is not valid HTTP"
BROKEN = "the answer cannot be unpacked"
CUT = "the answer broke off in the middle"
SLOW = "the answer took too long to arrive"


def packed(body: bytes, coding: str = "gzip") -> bytes:
    return answer(body, f"content-encoding: {coding}")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (answer(b"x" * (LIMIT + 1)), BIG),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", BIG),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n", INVALID),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde", INVALID),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", INVALID),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", INVALID),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nabcde", CUT),
        (CHUNKED + b"5\r\nabc", CUT),
        (CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n", INVALID),
        (CHUNKED + b"ffffffffffffffffff\r\nabc\r\n0\r\n\r\n", INVALID),
        (OK + b"x: " + b"y" * 300_000, HEADERS),
        (OK + b"x: y\r\n" * 60_000, HEADERS),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10_000, HEADERS),
        (CHUNKED + b"1;" + b"x" * 400_000, BIG),
        (CHUNKED + b"1\r\nx\r\n" * 60_000, BIG),
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", INVALID),
        (b"\x16\x03\x01\x02\x00garbage" * 10, INVALID),
        (b"<html>no HTTP at all</html>", INVALID),
        (b"SSH-2.0-OpenSSH_9.2\r\n", INVALID),
        (b"HTTP/9.9 200 OK\r\n\r\n", INVALID),
        (b"HTTP/1.1 200 OK\r\n", CUT),
        (packed(b"not gzip at all"), BROKEN),
        (packed(gzip.compress(b"x" * 500)[:-9]), BROKEN),
        (packed(b"not brotli", "br"), BROKEN),
        (packed(brotli.compress(b"x" * 500)[:-2], "br"), BROKEN),
        (packed(gzip.compress(b"\0" * 30_000_000)[:9_999]), BIG),
        (packed(brotli.compress(b"\0" * 30_000_000), "br"), BIG),
        (
            packed(gzip.compress(gzip.compress(b"x")), "gzip, gzip"),
            "the answer is packed in a way that nobody asked for",
        ),
        (packed(zlib.compress(b"x"), "zstd"), "the answer is packed in a way that nobody asked for"),
    ],
)
def test_one_sentence_for_each_broken_answer(raw: bytes, sentence: str) -> None:
    with raw_shop(lambda _: raw, then=lambda sock, shop: None) as shop:
        shopper = browser(body_limit_bytes=LIMIT)
        response = shopper.request("GET", shop.url + "/")
        shopper.close()
        assert (response.status, response.body, response.failure) == (0, b"", sentence)


def drip(piece: bytes) -> Callable[[Any, RawShop], None]:
    def send(sock: Any, shop: RawShop) -> None:
        while True:
            sock.sendall(piece)
            shop.sent_bytes += len(piece)
            gevent.sleep(0.005)

    return send


def silence(_sock: Any, _shop: RawShop) -> None:
    gevent.sleep(5)


def reset(sock: Any, _shop: RawShop) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("raw", "then", "sentence"),
    [
        (b"", silence, "no answer in time"),
        (OK, silence, SLOW),
        (OK + b"content-length: 10\r\n\r\nabc", silence, SLOW),
        (OK, drip(b"a: b\r\n"), SLOW),
        (CHUNKED, drip(b"1\r\nx\r\n"), SLOW),
        (b"HTTP/1.0 200 OK\r\n\r\n", drip(b"x" * 50_000), BIG),
        (CHUNKED, drip(b"8000\r\n" + b"x" * 0x8000 + b"\r\n"), BIG),
        (OK + b"content-length: 10\r\n\r\nabc", reset, "connection failed: connection reset by peer"),
    ],
)
def test_no_shop_can_hold_a_shopper(raw: bytes, then: Callable[[Any, RawShop], None], sentence: str) -> None:
    with raw_shop(lambda _: raw, then=then) as shop:
        shopper = browser(body_limit_bytes=LIMIT)
        began = time.monotonic()
        assert shopper.request("GET", shop.url + "/").failure == sentence
        assert time.monotonic() - began < 5
        shopper.close()
        assert shop.sent_bytes < 1_000_000


def test_closing_without_an_answer() -> None:
    with raw_shop(lambda _: None) as shop:
        shopper = browser()
        assert shopper.request("GET", shop.url).failure == "the connection closed without an answer"
        shopper.close()


def test_nobody_listens_and_names_that_are_none() -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    shopper = browser(allowed_hosts=frozenset({"127.0.0.1", "no-such-host.invalid", "a" * 80, "x..y"}))
    said = [
        shopper.request("GET", url).failure
        for url in (
            f"http://127.0.0.1:{port}/", "http://no-such-host.invalid/", f"http://{'a' * 80}/", "http://x..y/",
            "http://[broken/", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "nonsense", "",
        )
    ]  # fmt: skip
    shopper.close()
    assert said[0] == "connection failed: connection refused"
    assert all(said) and not any(str(port) in sentence for sentence in said if sentence)


def test_bytes_after_the_answer_are_not_the_next_answer() -> None:
    evil = answer(b"first") + answer(b"smuggled")
    answers = iter([evil, answer(b"second")])
    with raw_shop(lambda _: next(answers)) as shop:
        shopper = browser()
        assert shopper.request("GET", shop.url).body == b"first"
        assert shopper.request("GET", shop.url).body == b"second"
        assert shop.connections == 2
        shopper.close()
