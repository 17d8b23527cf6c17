"""The headers of an answer: names in lower case, lines of one name joined, and nobody else's among them."""

from __future__ import annotations

from doorbuster.swarm.transport.reply import Reply


def read(raw: bytes) -> Reply:
    reply = Reply(1_000)
    reply.feed(raw)
    assert reply.done
    return reply


def test_lines_of_one_name_are_one_value_and_cookies_stay_apart() -> None:
    reply = read(
        b"HTTP/1.1 200 OK\r\nNonce:  a1 \r\nVia: one\r\nX-Nonce: no\r\nVIA: two\r\nEmpty:\r\n"
        b"Set-Cookie: a=1; Expires=Tue, 01 Dec 2026 00:00:00 GMT\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n"
    )
    cookies = "a=1; Expires=Tue, 01 Dec 2026 00:00:00 GMT, b=2"
    assert reply.headers == {
        "nonce": "a1", "via": "one, two", "x-nonce": "no", "empty": "", "set-cookie": cookies, "content-length": "0",
    }  # fmt: skip
    assert reply.cookies == [b"a=1; Expires=Tue, 01 Dec 2026 00:00:00 GMT", b"b=2"]


def test_headers_of_a_please_wait_are_not_the_answers() -> None:
    reply = read(
        b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nset-cookie: early=1\r\n\r\n"
        b"HTTP/1.1 204 No Content\r\nnonce: a1\r\n\r\n"
    )
    assert (reply.status, reply.headers, reply.cookies) == (204, {"nonce": "a1"}, [])


def test_a_trailer_cannot_pose_as_a_header() -> None:
    reply = read(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
        b"location: /elsewhere\r\nset-cookie: late=1\r\n\r\n"
    )
    assert (reply.body, reply.headers, reply.cookies) == (b"ok", {"transfer-encoding": "chunked"}, [])


def test_a_second_answer_in_the_same_piece_changes_nothing() -> None:
    first = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nnonce: a1\r\n\r\nok"
    reply = read(first + b"HTTP/1.1 500 Oh\r\ncontent-length: 5\r\nnonce: b2\r\n\r\nwrong")
    assert (reply.status, reply.body, reply.headers["nonce"], reply.keep_alive) == (200, b"ok", "a1", False)
