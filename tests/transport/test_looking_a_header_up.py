"""One header of an answer, found without taking the others apart."""

from __future__ import annotations

from doorbuster.swarm.transport.reply import Headers

HEAD = b"HTTP/1.1 200 OK\r\nNonce:  a1 \r\nVia: one\r\nX-Nonce: no\r\nVIA: two\r\nEmpty:\r\n"


def test_a_header_is_found_as_the_whole_table_has_it() -> None:
    headers = Headers(HEAD)
    one_by_one = {name: headers.get(name) for name in ("nonce", "via", "x-nonce", "empty")}
    assert one_by_one == {"nonce": "a1", "via": "one, two", "x-nonce": "no", "empty": ""}
    assert one_by_one == dict(headers)
    assert headers.get("once") is None
    assert headers.get("http/1.1 200 ok", "-") == "-"
