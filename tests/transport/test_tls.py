"""Certificates are verified, always; a shopper's second connection resumes the first one's session."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import gevent.ssl
import pytest
from gevent.server import StreamServer

from doorbuster.settings import Settings
from doorbuster.swarm.transport import Browser, transport_options
from tests.transport.raw_shop import answer, raw_shop

HOSTS = ("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority, a certificate for localhost and 127.0.0.1, and one for another shop."""
    folder = tmp_path_factory.mktemp("papers")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2")
    for name, names in (("shop", "DNS:localhost,IP:127.0.0.1"), ("other", "DNS:other.example")):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "names").write_text(f"subjectAltName={names}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-extfile", "names", "-out", f"{name}.pem", "-days", "2")  # fmt: skip
    return folder


def server_side(papers: Path, name: str = "shop") -> ssl.SSLContext:
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # the shop shares the test's event loop
    context.load_cert_chain(papers / f"{name}.pem", papers / f"{name}.key")
    return context


def shopper_for(url: str, papers: Path | None, **settings: str) -> Browser:
    return Browser(transport_options(Settings(ca_bundle=papers and papers / "ca.pem", **settings), url, HOSTS))  # type: ignore[arg-type]


def test_a_custom_authority_is_trusted_when_named(papers: Path) -> None:
    page = b"x" * 200_000
    with raw_shop(lambda _: answer(page), tls=server_side(papers)) as shop:
        shopper = shopper_for(shop.url, papers)
        for _ in range(3):
            response = shopper.request("POST", shop.url, json="y" * 100_000)
            assert (response.failure, response.body) == (None, page)
        shopper.close()
        assert shop.connections == 1


def test_strangers_are_not_trusted(papers: Path) -> None:
    with raw_shop(lambda _: answer(), tls=server_side(papers)) as shop:
        shopper = shopper_for(shop.url, None)
        failure = shopper.request("GET", shop.url).failure
        assert failure is not None and failure.startswith("TLS failed: ") and "certificate" in failure
        shopper.close()


def test_another_shops_certificate_is_refused_unless_it_is_the_name_asked_for(papers: Path) -> None:
    with raw_shop(lambda _: answer(b"hello"), tls=server_side(papers, "other")) as shop:
        shopper = shopper_for(shop.url, papers)
        assert "mismatch" in (shopper.request("GET", shop.url).failure or "")
        shopper.close()
        named = shopper_for(shop.url, papers, host_override="other.example")
        assert named.request("GET", shop.url).body == b"hello"
        named.close()


def test_a_second_connection_resumes_the_session(papers: Path) -> None:
    def close_after(_sock: object, _shop: object) -> None: ...

    with raw_shop(lambda _: answer(), tls=server_side(papers), then=close_after) as shop:
        shopper = shopper_for(shop.url, papers)
        for _ in range(2):
            assert shopper.request("GET", shop.url).status == 200
        assert shop.resumed == [False, True]
        shopper.close()


def test_a_shop_that_does_not_speak_tls(papers: Path) -> None:
    server = StreamServer(("127.0.0.1", 0), lambda sock, _: sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    server.start()
    shopper = shopper_for(f"https://127.0.0.1:{server.server_port}", papers)
    assert (
        shopper.request("GET", f"https://127.0.0.1:{server.server_port}").failure == "TLS failed: wrong version number"
    )
    shopper.close()
    server.stop()


def test_secrets_of_a_secure_shop_never_travel_in_the_clear(papers: Path) -> None:
    with raw_shop(lambda _: answer()) as plain:
        to_plain = answer(b"", f"Location: {plain.url}/", status="302 Found")
        with raw_shop(lambda _: to_plain, tls=server_side(papers)) as shop:
            shopper = shopper_for(shop.url, papers, basic_auth="u:p")
            assert shopper.request("GET", shop.url).status == 200
            shopper.close()
            assert b"authorization" in shop.requests[0] and b"authorization" not in plain.requests[0]


def test_a_name_that_tls_cannot_ask_for_is_said(papers: Path) -> None:
    with raw_shop(lambda _: answer(), tls=server_side(papers)) as shop:
        shopper = shopper_for(shop.url, papers, host_override=".example")
        assert shopper.request("GET", shop.url).failure == "the address is not a web address"
        shopper.close()
