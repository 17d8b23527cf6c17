"""What an adapter calls: one shopper's browser. Whatever the shop does becomes an answer or one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

import orjson

from doorbuster.storefronts.base import Response
from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.cookies import CookieJar
from doorbuster.swarm.transport.failures import Failed, PatienceRanOut, TooLate, Unanswered, sentence
from doorbuster.swarm.transport.options import TransportOptions
from doorbuster.swarm.transport.origin import Origin
from doorbuster.swarm.transport.reply import Headers, Reply
from doorbuster.swarm.transport.tls import TlsWire
from doorbuster.swarm.transport.wire import Wire

_MOST_REDIRECTS: Final = 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_BODIED: Final = frozenset({"POST", "PUT", "PATCH"})
_LINE_BREAK: Final = re.compile(r"[\r\n\0]")
_PLAIN_URL: Final = re.compile(r"(https?://[^/?#]+)(/[!\"$-~]*)?")
"""(origin, target) of a URL that needs no escaping, as nearly all do."""


class Browser:
    """One shopper's client (`storefronts.base.Client`): several requests at once use a connection each."""

    __slots__ = ("_connections", "_cookies", "_marks", "_options", "_patient_until_s")

    def __init__(self, options: TransportOptions, session: int | None = None) -> None:
        self._options = options
        self._connections = options.connections()
        self._cookies = CookieJar()
        self._marks = options.marks(session)
        self._patient_until_s = float("inf")

    def be_patient_for(self, seconds: float) -> None:
        """From now on requests end with PatienceRanOut after so long; one that is under way keeps its own limit."""
        self._patient_until_s = monotonic() + seconds

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send, follow redirects within the allowed hosts, return the whole answer. Raises PatienceRanOut only."""
        patient_until_s = self._patient_until_s
        until_s = min(patient_until_s, monotonic() + self._options.total_timeout_s)
        content = _content(method, json, form)
        try:
            return self._follow(method, url, content, headers or {}, until_s)
        except Failed as failed:
            said = str(failed)
        except OSError as failed:
            said = sentence(failed)
        if monotonic() >= patient_until_s:
            raise PatienceRanOut
        return Response(0, {}, b"", said)

    def close(self) -> None:
        """The shopper goes home. Connections that everybody shares stay open."""
        if not self._options.reuse_connections:
            self._connections.close()

    def _follow(
        self, method: str, url: str, content: tuple[bytes, bytes], headers: Mapping[str, str], until_s: float
    ) -> Response:
        first: Origin | None = None
        for _ in range(_MOST_REDIRECTS + 1):
            origin, target = self._locate(url)
            # What an adapter adds for one host, a token perhaps, is not for the host that this one sends us to.
            first = first or origin
            reply = self._exchange(origin, method, target, content, headers if origin is first else {}, until_s)
            location = reply.headers.get(b"location") if reply.status in _REDIRECTS else None
            if not location:
                return Response(reply.status, Headers(reply.headers), reply.body())
            url = _next_url(url, location)
            if (reply.status == 303 and method != "HEAD") or (reply.status in (301, 302) and method == "POST"):
                method, content = "GET", (b"", b"")
        raise Failed(failures.REDIRECT_LOOP)

    def _locate(self, url: str) -> tuple[Origin, str]:
        """Where a URL leads and what to ask for there."""
        plain = _PLAIN_URL.fullmatch(url)
        if plain:
            return self._options.origin(plain[1]), plain[2] or "/"
        try:
            parts = urlsplit(url)
        except ValueError:
            raise Failed(failures.BAD_URL) from None
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
        if parts.query:
            target += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]")
        return self._options.origin(f"{parts.scheme}://{parts.netloc}"), target

    def _exchange(
        self, origin: Origin, method: str, target: str, content: tuple[bytes, bytes], extra: Mapping[str, str],
        until_s: float,
    ) -> Reply:  # fmt: skip
        """One request and its answer, on a kept connection where there is one."""
        path = target.partition("?")[0]
        head, (about_body, body) = origin.head, content
        cookie = self._cookies.header(origin.host, path, origin.safe)
        if extra:
            head, about_body = _with_extra(extra, origin, about_body)
        message = b"%b %b%b HTTP/1.1\r\n%b%b%b%b\r\n%b" % (
            method.encode(), origin.target_prefix, target.encode(), head, self._marks, cookie, about_body, body,
        )  # fmt: skip
        wire = self._connections.take(origin)
        reply = None
        if wire is not None:
            try:
                reply = self._converse(origin, wire, message, method == "HEAD", until_s)
            except Unanswered:
                # Closed while idle, most likely. A request that may have bought something is never sent again.
                if method not in _REPEATABLE:
                    raise
        if reply is None:
            wire = self._connections.open(origin, until_s)
            reply = self._converse(origin, wire, message, method == "HEAD", until_s)
        for line in reply.set_cookies:
            self._cookies.keep(line, origin.host, path, origin.safe)
        return reply

    def _converse(self, origin: Origin, wire: Wire | TlsWire, message: bytes, head_only: bool, until_s: float) -> Reply:
        reply = Reply(self._options.body_limit_bytes, head_only=head_only)
        try:
            wire.send(message, until_s)
            reply.feed(wire.receive(min(until_s, monotonic() + self._options.first_byte_timeout_s)))
            while not reply.done:
                reply.feed(wire.receive(until_s))
        except TooLate:
            wire.close()
            raise Failed(failures.TOTAL_LATE if reply.received else failures.FIRST_BYTE_LATE) from None
        except ConnectionError as broken:
            wire.close()
            raise (Failed if reply.received else Unanswered)(sentence(broken)) from None
        except BaseException:  # also when the shopper is stopped in the middle
            wire.close()
            raise
        if reply.keep_alive:
            self._connections.give_back(origin, wire)
        else:
            wire.close()
        return reply


def _content(method: str, json: Any, form: Mapping[str, str] | None) -> tuple[bytes, bytes]:
    """(header lines about the body, body)."""
    if json is not None:
        body = orjson.dumps(json)
        return b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body), body
    if form is not None:
        body = urlencode(form).encode()
        return b"content-type: application/x-www-form-urlencoded\r\ncontent-length: %d\r\n" % len(body), body
    return (b"content-length: 0\r\n" if method in _BODIED else b""), b""


def _with_extra(extra: Mapping[str, str], origin: Origin, about_body: bytes) -> tuple[bytes, bytes]:
    """(the origin's lines, the request's own) with an adapter's headers, which replace ours of the same name."""
    own = {name.lower(): value for name, value in extra.items()}
    if any(_LINE_BREAK.search(name + value) for name, value in own.items()):
        raise Failed(failures.BAD_HEADER)  # a value that the shop gave us earlier must not become a request of its own
    head = origin.head
    if not own.keys().isdisjoint(origin.lines):
        head = b"".join(line for name, line in origin.lines.items() if name not in own)
    if "content-type" in own:
        about_body = about_body.partition(b"\r\n")[2]
    return head, about_body + "".join(f"{name}: {value}\r\n" for name, value in own.items()).encode()


def _next_url(url: str, location: bytes) -> str:
    try:
        # Bytes beyond ASCII are UTF-8 nowadays; what is not stays what it was and is escaped on the way out.
        return urljoin(url, location.decode("utf-8", "replace"))
    except ValueError:
        raise Failed(failures.BAD_URL) from None
