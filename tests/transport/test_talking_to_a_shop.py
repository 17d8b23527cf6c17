"""A shopper's browser talks to a shop that behaves."""

from __future__ import annotations

import gc
import gzip
import socket
import time
from typing import Any

import brotli
import gevent
import orjson
import pytest
from pydantic import SecretStr

from doorbuster.settings import Settings
from doorbuster.swarm.transport import Browser, PatienceRanOut, transport_options
from tests.transport.raw_shop import answer, browser, raw_shop


def path_of(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode()


def header(request: bytes, name: str) -> str | None:
    for line in request.decode().split("\r\n")[1:]:
        key, _, value = line.partition(": ")
        if key.lower() == name:
            return value
    return None


def test_one_connection_serves_a_whole_visit() -> None:
    with raw_shop(lambda _: answer(b'{"a": 1}')) as shop:
        shopper = browser()
        for _ in range(5):
            response = shopper.request("GET", shop.url + "/")
            assert (response.status, response.body, response.failure) == (200, b'{"a": 1}', None)
            assert response.headers["content-length"] == "8"
            assert "CONTENT-LENGTH".lower() in response.headers and response.headers.get("nothing") is None
        shopper.close()
        assert shop.connections == 1


def test_shoppers_leave_nothing_for_the_garbage_collector() -> None:
    with raw_shop(lambda _: answer()) as shop:
        options = browser()._options
        Browser(options).request("GET", shop.url)  # what is made once, for all
        gc.collect()
        gc.disable()
        try:
            for session in range(50):
                shopper = Browser(options, session)
                shopper.request("GET", shop.url)
                shopper.close()
            del shopper
            assert gc.collect() < 50
        finally:
            gc.enable()


def test_every_shopper_brings_a_new_connection_unless_reuse_is_asked_for() -> None:
    with raw_shop(lambda _: answer()) as shop:
        for _ in range(3):
            shopper = browser()
            shopper.request("GET", shop.url)
            shopper.close()
        assert shop.connections == 3
        options = browser(reuse_connections=True)._options
        for _ in range(3):
            shopper = Browser(options)
            shopper.request("GET", shop.url)
            shopper.close()
        assert shop.connections == 4
        for wire in next(iter(options.idle.values())):
            wire.close()


def test_the_shops_logs_can_be_joined_with_the_run() -> None:
    with raw_shop(lambda _: answer()) as shop:
        shopper = browser(run="run-1", session=17)
        shopper.request("GET", shop.url)
        shopper.close()
        assert header(shop.requests[0], "doorbuster-run") == "run-1"
        assert header(shop.requests[0], "doorbuster-session") == "17"


def test_json_and_forms_are_sent_in_one_piece_without_expect() -> None:
    with raw_shop(lambda _: answer()) as shop:
        shopper = browser()
        shopper.request("POST", shop.url + "/j", json={"quantity": 2})
        shopper.request("POST", shop.url + "/f", form={"a": "x y", "b": "é"})
        shopper.request("POST", shop.url + "/e", headers={"X-One": "1"})
        big = "x" * 3_000_000
        shopper.request("POST", shop.url + "/big", json=big)
        shopper.close()
        as_json, as_form, empty, large = shop.requests
        assert orjson.loads(as_json.partition(b"\r\n\r\n")[2]) == {"quantity": 2}
        assert header(as_json, "content-type") == "application/json"
        assert as_form.endswith(b"a=x+y&b=%C3%A9")
        assert header(empty, "content-length") == "0" and header(empty, "x-one") == "1"
        assert len(large) > len(big)
        assert not any(header(request, "expect") for request in shop.requests)


def test_an_adapters_header_replaces_ours_and_cannot_smuggle_a_request() -> None:
    with raw_shop(lambda _: answer()) as shop:
        shopper = browser(headers={"authorization": "Basic secret"}, shop_host="127.0.0.1")
        shopper.request("GET", shop.url, headers={"Authorization": "Bearer token"})
        smuggled = shopper.request("GET", shop.url, headers={"x-cart": "1\r\nGET /admin HTTP/1.1"})
        shopper.close()
        assert shop.requests[0].lower().count(b"authorization") == 1
        assert header(shop.requests[0], "authorization") == "Bearer token"
        assert smuggled.failure == "a header would hold a line break" and len(shop.requests) == 1


def test_addresses_are_escaped_as_browsers_do() -> None:
    with raw_shop(lambda _: answer()) as shop:
        shopper = browser()
        for url in ("/a b/é?q=x y#part", "?q=1", "/a%20b?x=%2F"):
            shopper.request("GET", shop.url + url)
        shopper.close()
        assert [path_of(request) for request in shop.requests] == ["/a%20b/%C3%A9?q=x%20y", "/?q=1", "/a%20b?x=%2F"]


@pytest.mark.parametrize("coding", ["gzip", "br", "x-gzip", "identity"])
def test_packed_answers_are_unpacked(coding: str) -> None:
    page = b"<html>" + b"sale " * 500 + b"</html>"
    packed = gzip.compress(page) if "gzip" in coding else brotli.compress(page) if coding == "br" else page
    with raw_shop(lambda _: answer(packed, f"Content-Encoding: {coding}")) as shop:
        shopper = browser()
        assert shopper.request("GET", shop.url).body == page
        shopper.close()
        assert header(shop.requests[0], "accept-encoding") == "gzip, br"


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nx-t: 1\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + answer(b"abc"), b"abc"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n", b""),
    ],
)
def test_answers_of_every_shape(raw: bytes, body: bytes) -> None:
    for cut in (1, 7, len(raw)):
        pieces = [raw[at : at + cut] for at in range(0, len(raw), cut)]

        def rest(sock: Any, _: Any, pieces: list[bytes] = pieces) -> None:
            for piece in pieces[1:]:
                sock.sendall(piece)
                gevent.sleep(0)

        with raw_shop(lambda _, pieces=pieces: pieces[0], then=rest) as shop:  # type: ignore[misc]
            shopper = browser()
            response = shopper.request("GET", shop.url)
            shopper.close()
            assert (response.failure, response.body) == (None, body)
            assert "link" not in response.headers


def test_head_has_no_body_to_wait_for() -> None:
    with raw_shop(lambda _: b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n") as shop:
        shopper = browser()
        assert shopper.request("HEAD", shop.url).status == 200
        shopper.close()


def test_redirects_are_followed_within_the_allowed_hosts_only() -> None:
    def answering(request: bytes) -> bytes:
        path = path_of(request)
        if path in ("/303", "/301", "/302", "/307", "/308"):
            return answer(b"", "Location: ../thanks?a=1", status=f"{path[1:]} Moved")
        if path == "/abroad":
            return answer(b"", "Location: http://evil.example/steal", status="302 Found")
        if path == "/file":
            return answer(b"", "Location: file:///etc/passwd", status="302 Found")
        if path == "/loop":
            return answer(b"", "Location: /loop", status="302 Found")
        return answer(b"ok")

    with raw_shop(answering) as shop:
        shopper = browser()
        for status, method in ((303, "GET"), (301, "GET"), (302, "GET"), (307, "POST"), (308, "POST")):
            assert shopper.request("POST", f"{shop.url}/{status}", json={"a": 1}).body == b"ok"
            assert shop.requests[-1].startswith(f"{method} /thanks?a=1 ".encode())
            assert (b'{"a":1}' in shop.requests[-1]) == (method == "POST")
        assert shopper.request("PUT", f"{shop.url}/302", json=1).body == b"ok"
        assert shop.requests[-1].startswith(b"PUT ")
        assert shopper.request("GET", f"{shop.url}/abroad").failure == "evil.example is not among limits.allowed_hosts"
        assert shopper.request("GET", f"{shop.url}/file").failure == "the address is not a web address"
        before = len(shop.requests)
        assert shopper.request("GET", f"{shop.url}/loop").failure == "the shop redirects in circles"
        assert len(shop.requests) - before < 20
        shopper.close()


def test_secrets_go_to_the_shop_and_to_nobody_else() -> None:
    settings = Settings(
        basic_auth=SecretStr("u:p"), storefront_password=SecretStr("door"), extra_header="X-Let-In",
        extra_header_value=SecretStr("key"),
    )  # fmt: skip
    with raw_shop(lambda _: answer(), address="127.0.0.2") as gateway:  # noqa: SIM117  (the second needs the first)
        with raw_shop(lambda _: answer(b"", f"Location: {gateway.url}/", status="307 Go")) as shop:
            options = transport_options(settings, shop.url, ("127.0.0.1", "127.0.0.2"))
            assert "key" not in repr(options) and "door" not in repr(options)
            shopper = Browser(options)
            assert shopper.request("POST", shop.url, json={}, headers={"X-Token": "of the shop"}).status == 200
            shopper.close()
            for secret in ("authorization", "x-storefront-password", "x-let-in", "x-token"):
                assert header(shop.requests[0], secret) is not None
                assert header(gateway.requests[0], secret) is None


def test_the_shop_answers_to_another_name() -> None:
    with raw_shop(lambda _: answer()) as shop:
        shopper = browser(shop_host="127.0.0.1", host_override="shop.example")
        shopper.request("GET", shop.url)
        shopper.close()
        assert header(shop.requests[0], "host") == "shop.example"


def test_two_clicks_at_once_use_a_connection_each() -> None:
    def slowly(_: bytes) -> bytes:
        gevent.sleep(0.05)
        return answer()

    with raw_shop(slowly) as shop:
        shopper = browser()
        clicks = [gevent.spawn(shopper.request, "POST", shop.url + "/buy", json={}) for _ in range(3)]
        assert [click.get().status for click in clicks] == [200, 200, 200]
        assert shop.connections == 3
        shopper.close()


def test_patience_ends_a_request_and_nothing_else() -> None:
    def slowly(_: bytes) -> bytes:
        gevent.sleep(0.3)
        return answer()

    with raw_shop(slowly) as shop:
        shopper = browser(first_byte_timeout_s=5.0, total_timeout_s=5.0)
        shopper.patient_until_s = time.monotonic() + 0.05
        with pytest.raises(PatienceRanOut):
            shopper.request("GET", shop.url)
        with pytest.raises(PatienceRanOut):  # it is out: a second request of the same step gets no more
            shopper.request("GET", shop.url)
        shopper.patient_until_s = time.monotonic() + 2.0
        assert shopper.request("GET", shop.url).status == 200
        shopper.close()


def test_a_shopper_who_is_stopped_leaves_nothing_behind() -> None:
    with raw_shop(lambda _: gevent.sleep(5)) as shop:
        shopper = browser(first_byte_timeout_s=5.0)
        visit = gevent.spawn(shopper.request, "GET", shop.url)
        gevent.sleep(0.01)
        visit.kill()
        shopper.close()


def test_a_connection_closed_meanwhile_is_noticed_and_no_purchase_is_sent_twice() -> None:
    alive = iter([answer(), None, answer(), answer(), None, answer()])
    with raw_shop(lambda _: next(alive)) as shop:
        shopper = browser()
        assert shopper.request("GET", shop.url).status == 200
        assert shopper.request("GET", shop.url).status == 200  # the shop closed instead; asked again
        assert len(shop.requests) == 3
        assert shopper.request("POST", shop.url, json={}).status == 200
        assert shopper.request("POST", shop.url, json={}).failure == "the connection closed without an answer"
        assert len(shop.requests) == 5
        shopper.close()


def test_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with raw_shop(lambda _: answer(), address="::1") as shop:
        shopper = browser()
        assert shopper.request("GET", shop.url).status == 200
        assert (header(shop.requests[0], "host") or "").startswith("[::1]:")
        shopper.close()


def test_proxies_from_the_environment_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_shop(lambda _: answer(b"proxy")) as proxy, raw_shop(lambda _: answer(b"shop")) as shop:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://me:secret@"))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        shopper = browser()
        assert shopper.request("GET", shop.url + "/a").body == b"shop"
        shopper.close()
        asked = browser(proxies_from_environment=True)
        assert asked.request("GET", shop.url + "/a").body == b"proxy"
        asked.close()
        assert path_of(proxy.requests[0]) == shop.url + "/a"
        assert header(proxy.requests[0], "proxy-authorization") == "Basic bWU6c2VjcmV0"
