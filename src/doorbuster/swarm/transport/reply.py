"""What came back, read within limits: never more of a body than the limit, however it is packed."""

from __future__ import annotations

import zlib
from typing import Any, Final

import brotli  # type: ignore[import-untyped]  # ships no types
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.failures import Failed, Unanswered

_HEAD_LIMIT: Final = 128 << 10
"""Bytes of headers, 1xx answers, chunk sizes and trailers together; a browser's limit is of that order."""

_USUAL = "Server Date Content-Type Content-Length Connection Set-Cookie Cache-Control Vary ETag Last-Modified"
_NAMES: Final = {name.encode(): name.lower() for usual in _USUAL.split() for name in (usual, usual.lower())}
"""Names of headers that nearly every answer has: lowering them takes longer than all else about a header."""


class Reply:
    """The answers on one connection, one after the other, as httptools' parser tells them to the `on_` methods."""

    def __init__(self, body_limit: int) -> None:
        self.limit = body_limit
        self._parser: Any = HttpResponseParser(self)
        self.expect()

    def expect(self, head_only: bool = False) -> None:
        """What comes from now on answers the request that is being sent."""
        self.status = 0
        self.headers: dict[str, str] = {}
        """By lower-case name, the lines of one name joined; without trailers."""
        self.cookies: list[bytes] = []
        """Set-Cookie lines, which cannot be told apart once joined."""
        self.body = b""
        """Still packed."""
        self.received = 0
        """Bytes off the wire so far."""
        self.done = self.keep_alive = self._headed = False
        self._head_only = head_only
        self._parts: list[bytes] = []

    def hang_up(self) -> None:
        """Nothing more will be fed. Reply and parser hold each other, and whole collections went into letting go."""
        self._parser = None

    def feed(self, data: bytes | memoryview) -> None:
        """Take what came in; nothing at all means that the other side has closed. Raises Failed."""
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            if not self.done:
                raise Failed(failures.NOT_HTTP) from None
            self.keep_alive = False  # the answer is whole; what follows it is not
        if not self.done:
            self._check(not data)
        if self.done and len(self.body) > self.limit:
            raise Failed(failures.TOO_BIG)

    def _check(self, closed: bool) -> None:
        """By wire bytes: a packed or chunked body is held to the same limit as a plain one, and so is its framing."""
        announced = self.headers.get("content-length")
        if closed and not self.received:
            raise Unanswered(failures.NO_ANSWER)
        if closed and (announced or not self._headed or "chunked" in self.headers.get("transfer-encoding", "").lower()):
            raise Failed(failures.CUT_OFF)
        if not self._headed and self.received > _HEAD_LIMIT:
            raise Failed(failures.HEAD_TOO_BIG)
        if self.received > _HEAD_LIMIT + self.limit or (self._headed and int(announced or 0) > self.limit):
            raise Failed(failures.TOO_BIG)
        if closed:
            self._finish()

    def on_message_begin(self) -> None:
        self.keep_alive = False  # and stays so when it is a second answer, which nobody asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._headed:
            return
        key, text = _NAMES.get(name) or name.decode("latin-1").lower(), value.decode("latin-1").strip()
        if key == "set-cookie":
            self.cookies.append(value)
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        if self._headed:
            return
        if self._parser.get_status_code() < 200:  # "please wait": the answer is still to come
            self.headers, self.cookies = {}, []
            return
        self._headed = True
        if self._head_only:
            self._finish()

    def on_body(self, data: bytes) -> None:
        if not self.done:
            self._parts.append(data)

    def on_message_complete(self) -> None:
        if self._headed and not self.done:
            self.keep_alive = self._parser.should_keep_alive()
            self._finish()

    def _finish(self) -> None:
        self.status = self._parser.get_status_code()
        self.body = b"".join(self._parts)
        self.done = True


def unpack(body: bytes, coding: str, limit: int) -> bytes:
    """Undo Content-Encoding, never making more than `limit` bytes. Raises Failed."""
    try:
        if coding in ("gzip", "x-gzip"):
            gzip = zlib.decompressobj(wbits=31)
            body, whole = gzip.decompress(body, limit + 1), gzip.eof
        elif coding == "br":
            br = brotli.Decompressor()
            body, whole = br.process(body, output_buffer_limit=limit + 1), br.is_finished()
        elif coding == "identity":
            whole = True
        else:
            raise Failed(failures.UNASKED_ENCODING)
    except (zlib.error, brotli.error):
        raise Failed(failures.BROKEN_ENCODING) from None
    if len(body) > limit or not whole:
        raise Failed(failures.TOO_BIG if len(body) > limit else failures.BROKEN_ENCODING)
    return body
