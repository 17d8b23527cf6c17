"""What an adapter calls: one shopper's browser. Whatever the shop does becomes an answer or one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from doorbuster.storefronts.base import Response
from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.connect import connect
from doorbuster.swarm.transport.cookies import CookieJar
from doorbuster.swarm.transport.failures import Failed, PatienceRanOut, Unanswered
from doorbuster.swarm.transport.options import Origin, Place, TransportOptions, head_of, place_of
from doorbuster.swarm.transport.reply import unpack
from doorbuster.swarm.transport.wire import Wire

_MOST_REDIRECTS: Final = 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_response: Final[Callable[[tuple[Any, ...]], Response]] = partial(tuple.__new__, Response)  # past its Python maker
_BODIED: Final = frozenset({"POST", "PUT", "PATCH"})


class Browser:
    """One shopper's client (`storefronts.base.Client`): several requests at once use a connection each."""

    def __init__(self, options: TransportOptions, session: int | None = None) -> None:
        self._options = options
        run = f"doorbuster-run: {options.run}\r\n" if options.run else ""
        self._marks = (run if session is None else f"{run}doorbuster-session: {session}\r\n").encode()
        self._cookies = CookieJar()
        self._idle: dict[Origin, list[Wire]] = options.idle if options.reuse_connections else {}
        self._last: dict[Origin, Wire] = {}
        """Whose TLS session the next connection may resume."""
        self.patient_until_s = float("inf")
        """When a request ends with PatienceRanOut, by `time.monotonic`; one that is under way keeps its own."""
        self.watch: Callable[..., Response] | None = None
        """Called in place of `_exchange`, with it and what it takes: for each request, those of redirects too."""

    def request(
        self, method: str, url: str, *, json: Any = None, form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        """Send, follow redirects within the allowed hosts, return the whole answer. Raises PatienceRanOut only."""
        patient_until_s = self.patient_until_s
        until_s = min(patient_until_s, monotonic() + self._options.total_timeout_s)
        try:
            about, body = _content(method, json, form)
            place = place_of(self._options, url)
            home = place.origin
            for _ in range(_MOST_REDIRECTS + 1):
                # What an adapter adds for one host, a token perhaps, is not for the host that this one sends us to.
                own = headers if headers and place.origin is home else None
                head = _head(place.origin, about, own or {}) if about or own else place.origin.head
                response = self._exchange(place, method, head, body, until_s) if self.watch is None else self.watch(
                    self._exchange, place, method, head, body, until_s
                )  # fmt: skip
                location = response.headers.get("location") if response.status in _REDIRECTS else None
                if not location:
                    return response
                # Bytes beyond ASCII are UTF-8 nowadays; what is not stays what it was and is escaped on the way out.
                location = location.encode("latin-1").decode("utf-8", "replace")
                place = place_of(self._options, location, place.url)
                if (response.status == 303 and method != "HEAD") or (response.status < 303 and method == "POST"):
                    method, about, body = "GET", {}, b""
            raise Failed(failures.REDIRECT_LOOP)
        except (Failed, OSError) as failed:
            if monotonic() >= patient_until_s:
                raise PatienceRanOut from None
            return Response(0, {}, b"", failures.sentence(failed))

    def close(self) -> None:
        """The shopper goes home. Connections that everybody shares stay open."""
        if not self._options.reuse_connections:
            for wire in chain(*self._idle.values()):
                wire.close()

    def _exchange(self, place: Place, method: str, head: bytes, body: bytes, until_s: float) -> Response:
        """One request and its answer, on a kept connection where there is one."""
        url, origin, path, line = place
        carried = self._cookies.header(origin.host, path, origin.safe)
        message = b"".join((method.encode(), line, head, self._marks, carried, b"\r\n", body))
        options, head_only = self._options, method == "HEAD"
        reply = None
        if wire := self._kept(origin):
            try:
                reply = wire.ask(message, options.first_byte_timeout_s, until_s, head_only)
            except Unanswered:
                # Closed while idle, most likely. A request that may have bought something is never sent again.
                if method not in _REPEATABLE:
                    raise
        if wire is None or reply is None:
            last = self._last.get(origin)
            wire = self._last[origin] = connect(options, origin, last.session if last else None, until_s)
            reply = wire.ask(message, options.first_byte_timeout_s, until_s, head_only)
        if reply.keep_alive:
            self._idle.setdefault(origin, []).append(wire)
        else:
            wire.close()
        for cookie in reply.cookies:
            self._cookies.keep(cookie, origin.host, path, origin.safe)
        coding = reply.headers.get("content-encoding")
        content = unpack(reply.body, coding.lower(), options.body_limit_bytes) if coding else reply.body
        return _response((reply.status, reply.headers, content, None, url))

    def _kept(self, origin: Origin) -> Wire | None:
        """The connection used last, if it is still open."""
        idle = self._idle.get(origin)
        while idle:
            wire = idle.pop()
            if not wire.gone():
                return wire
            wire.close()
        return None


def _content(method: str, json: Any, form: Mapping[str, str] | None) -> tuple[dict[str, str], bytes]:
    """(headers about the body, body)."""
    if json is not None:
        body, kind = orjson.dumps(json), {"content-type": "application/json"}
    elif form is not None:
        body, kind = urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"}
    elif method in _BODIED:
        body, kind = b"", {}
    else:
        return {}, b""
    return {**kind, "content-length": str(len(body))}, body


def _head(origin: Origin, about: Mapping[str, str], own: Mapping[str, str]) -> bytes:
    """All header lines but marks and cookies: an adapter's own replace ours of the same name."""
    if not own:
        return origin.head + head_of(about)
    named = {**origin.headers, **about, **{name.lower(): value for name, value in own.items()}}
    head = head_of(named)
    # A value that the shop gave us earlier must not become a request of its own.
    if head.count(b"\n") != len(named) or head.count(b"\r") != len(named) or b"\0" in head:
        raise Failed(failures.BAD_HEADER)
    return head
