"""Valid answers, mutated without mercy: an answer or one sentence every time, never a traceback, never a hang.

Set DOORBUSTER_FUZZ=20000 for the long run (`make fuzz`).
"""

from __future__ import annotations

import gzip
import os
import random
import time
from typing import Any

import brotli
import gevent
from gevent.pool import Pool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.failures import Failed
from doorbuster.swarm.transport.reply import Reply, unpack
from tests.transport.raw_shop import RawShop, answer, browser, raw_shop

HOW_MANY = int(os.environ.get("DOORBUSTER_FUZZ", "1500"))
LIMIT = 2_000
SEED = 2026
VALID = (
    answer(b'{"cart": 1}', "set-cookie: a=1; Path=/; Max-Age=5", "content-type: application/json"),
    answer(gzip.compress(b"sale " * 100), "content-encoding: gzip"),
    answer(brotli.compress(b"sale " * 100), "content-encoding: br"),
    answer(gzip.compress(b"\0" * 500_000), "content-encoding: gzip"),
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n8;x=y\r\n01234567\r\n0\r\nt: 1\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nserver: old\r\n\r\nuntil the end",
    b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"ok"),
    answer(b"", "location: /next", status="302 Found"),
    answer(b"", "location: http://elsewhere.example/", status="307 Temporary Redirect"),
    answer(b"x" * 3_000),
    b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
)
SPICE = (b"\r\n", b"\n", b"\0", b":", b"\xff" * 9, b"content-length: 7\r\n", b"transfer-encoding: chunked\r\n",
         b"0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"location: //\xe9[\r\n", b"set-cookie: ;=;;\r\n",
         b"content-encoding: gzip\r\n", b"content-encoding: br, gzip\r\n", b"x" * 5_000,
         b"99999999999999999999", b"-1", b"connection: upgrade\r\n")  # fmt: skip
SENTENCES = {value for name, value in vars(failures).items() if name.isupper()}


def mutated(chance: random.Random) -> bytes:
    raw = bytearray(chance.choice(VALID))
    for _ in range(chance.choice((0, 1, 1, 2, 5, 20))):
        at = chance.randrange(len(raw) + 1)
        match chance.randrange(5):
            case 0 if raw:
                raw[at % len(raw)] = chance.randrange(256)
            case 1:
                del raw[at : at + chance.randrange(1, 30)]
            case 2:
                raw[at:at] = chance.choice(SPICE)
            case 3:
                raw[at:at] = raw[at : at + chance.randrange(1, 200)]
            case _:
                del raw[at:]
    return bytes(raw)


def known(sentence: str | None) -> bool:
    return sentence in SENTENCES or (sentence or "").startswith(("connection failed: ", "TLS failed")) or (
        sentence or ""
    ).endswith("is not among limits.allowed_hosts")  # fmt: skip


def test_fuzzed_over_the_wire() -> None:
    def answering(request: bytes) -> bytes:
        return mutated(random.Random(f"{SEED}:{request.split(b' ', 2)[1].decode(errors='replace')}"))

    def perhaps_hold(sock: Any, shop: RawShop) -> None:
        shop.sent_bytes += 1
        if shop.sent_bytes % 50 == 0:
            gevent.sleep(0.6)

    outcomes: dict[str, int] = {}
    longest_s = 0.0

    def visit(number: int) -> None:
        nonlocal longest_s
        shopper = browser(body_limit_bytes=LIMIT, first_byte_timeout_s=0.2, total_timeout_s=0.4)
        began = time.monotonic()
        response = shopper.request("GET" if number % 3 else "POST", f"{shop.url}/{number}")
        longest_s = max(longest_s, time.monotonic() - began)
        shopper.close()
        assert len(response.body) <= LIMIT
        assert (response.status == 0) == (response.failure is not None)
        assert response.failure is None or known(response.failure), response.failure
        dict(response.headers)
        outcomes[response.failure or "answered"] = outcomes.get(response.failure or "answered", 0) + 1

    with raw_shop(answering, then=perhaps_hold) as shop:
        pool = Pool(20)
        visits = [pool.spawn(visit, number) for number in range(HOW_MANY)]
        pool.join()
        broken = [visit.exception for visit in visits if visit.exception is not None]
    assert not broken, broken[:3]
    assert sum(outcomes.values()) == HOW_MANY and outcomes["answered"] > HOW_MANY / 20 and len(outcomes) > 5
    assert longest_s < 5


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    raw=st.one_of(
        st.binary(max_size=400),
        st.integers(0, 1 << 32).map(lambda seed: mutated(random.Random(seed))),
        st.binary(max_size=200).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail),
    ),
    cut=st.integers(1, 400),
)
def test_however_an_answer_is_cut_it_reads_the_same(raw: bytes, cut: int) -> None:
    def read(pieces: list[bytes]) -> tuple[object, ...]:
        reply = Reply(LIMIT)
        try:
            for piece in [*pieces, b""]:
                reply.feed(piece)
                if reply.done:
                    packed = reply.headers.get("content-encoding")
                    body = unpack(reply.body, packed.lower(), LIMIT) if packed else reply.body
                    assert len(body) <= LIMIT
                    return reply.status, reply.headers, reply.cookies, body
        except Failed as failed:
            return (str(failed),)
        raise AssertionError("an answer that ended is neither done nor failed")

    whole = read([raw] if raw else [])
    in_pieces = read([raw[at : at + cut] for at in range(0, len(raw), cut)])
    # A piece may break what follows a whole answer, which is not looked at; before that the reading is the same.
    assert in_pieces == whole
