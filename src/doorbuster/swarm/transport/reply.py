"""What came back, read within limits: never more of a body than the limit, however it is packed."""

from __future__ import annotations

import zlib
from collections import UserDict
from functools import cached_property, lru_cache
from typing import Any

import brotli  # type: ignore[import-untyped]  # ships no types
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.failures import Failed, Unanswered

_HEAD_LIMIT = 128 << 10
"""Bytes of headers, 1xx answers, chunk sizes and trailers together; a browser's limit is of that order."""


SET_COOKIE, CONTENT_ENCODING = b"\r\nset-cookie:", b"\r\ncontent-encoding:"


class Headers(UserDict[str, str]):
    """Header lines by lower-case name, taken apart when somebody asks: hardly anybody does."""

    def __init__(self, head: bytes) -> None:  # not the parent's, which would fill `data`
        self._head = head
        self.lower = head.lower()

    @cached_property
    def data(self) -> dict[str, str]:  # type: ignore[override]  # UserDict keeps its dict here
        found: dict[str, str] = {}
        for line in self._head.decode("latin-1").split("\r\n")[1:-1]:
            name, _, value = line.partition(":")
            earlier = f"{found[name.lower()]}, " if name.lower() in found else ""
            found[name.lower()] = earlier + value.strip()
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """One header, its lines joined; the others stay as they are."""
        name = _line(key)
        at = self.lower.find(name)
        if at < 0:
            return default
        begins = at + len(name)
        ends = self._head.index(b"\r\n", begins)
        if self.lower.find(name, ends) < 0:
            return self._head[begins:ends].strip().decode("latin-1")
        return b", ".join(self.every(name)).decode("latin-1")

    def every(self, name: bytes) -> list[bytes]:
        """The values of a header, in the order of its lines; `name` as SET_COOKIE is written."""
        values = []
        at = self.lower.find(name)
        while at >= 0:
            at += len(name)
            end = self._head.index(b"\r\n", at)
            values.append(self._head[at:end].strip())
            at = self.lower.find(name, end)
        return values


@lru_cache(maxsize=256)
def _line(name: str) -> bytes:
    """How a header's line begins, as SET_COOKIE is written."""
    return f"\r\n{name}:".encode("latin-1")


_NONE = Headers(b"")


class Reply:
    """The answers on one connection, one after the other, as httptools' parser tells them to the `on_` methods."""

    status: int
    body: bytes  # still packed

    def __init__(self, body_limit: int) -> None:
        self.limit = body_limit
        # It would tell each header too, at the cost of all the rest of it, and few of them are ever looked at.
        self._parser: Any = HttpResponseParser(self)
        self.expect()

    def expect(self, head_only: bool = False) -> None:
        """What comes from now on answers the request that is being sent."""
        self.headers = _NONE
        self.received = 0
        """Bytes off the wire so far."""
        self.done = self.keep_alive = False
        self._head_only = head_only
        self._raw = b""
        self._parts: list[bytes] = []

    def hang_up(self) -> None:
        """Nothing more will be fed. Reply and parser hold each other, and whole collections went into letting go."""
        self._parser = None

    def feed(self, data: bytes) -> None:
        """Take what came in; nothing at all means that the other side has closed. Raises Failed."""
        self.received += len(data)
        if self.headers is _NONE:
            self._raw = self._raw + data if self._raw else data
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            if not self.done:
                raise Failed(failures.NOT_HTTP) from None
            self.keep_alive = False  # the answer is whole; what follows it is not
        if not self.done:
            self._check(closed=not data)
        if self.done and len(self.body) > self.limit:
            raise Failed(failures.TOO_BIG)

    def _check(self, *, closed: bool) -> None:
        """By wire bytes: a packed or chunked body is held to the same limit as a plain one, and so is its framing."""
        announced = self.headers.get("content-length")
        if closed and not self.received:
            raise Unanswered(failures.NO_ANSWER)
        framed = announced or "chunked" in self.headers.get("transfer-encoding", "").lower()
        if closed and (framed or self.headers is _NONE):
            raise Failed(failures.CUT_OFF)
        if self.headers is _NONE and self.received > _HEAD_LIMIT:
            raise Failed(failures.HEAD_TOO_BIG)
        if self.received > _HEAD_LIMIT + self.limit or int(announced or 0) > self.limit:
            raise Failed(failures.TOO_BIG)
        if closed:
            self._finish()

    def on_message_begin(self) -> None:
        self.keep_alive = False  # and stays so when it is a second answer, which nobody asked for

    def on_headers_complete(self) -> None:
        if self.done:
            return
        raw = self._raw.lstrip(b"\r\n")
        end = raw.index(b"\r\n\r\n") + 2
        if self._parser.get_status_code() < 200:  # "please wait": the answer is still to come
            self._raw = raw[end + 2 :]
            return
        self.headers = Headers(raw[:end])
        if self._head_only:
            self._finish()

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)

    def on_message_complete(self) -> None:
        if self.headers is not _NONE and not self.done:
            self.keep_alive = self._parser.should_keep_alive()
            self._finish()

    def _finish(self) -> None:
        self.status = self._parser.get_status_code()
        self.body = b"".join(self._parts)
        self.done = True


def unpack(body: bytes, coding: bytes, limit: int) -> bytes:
    """Undo Content-Encoding, never making more than `limit` bytes. Raises Failed."""
    try:
        if coding in (b"gzip", b"x-gzip"):
            gzip = zlib.decompressobj(wbits=31)
            body, whole = gzip.decompress(body, limit + 1), gzip.eof
        elif coding == b"br":
            br = brotli.Decompressor()
            body, whole = br.process(body, output_buffer_limit=limit + 1), br.is_finished()
        elif coding == b"identity":
            whole = True
        else:
            raise Failed(failures.UNASKED_ENCODING)
    except (zlib.error, brotli.error):
        raise Failed(failures.BROKEN_ENCODING) from None
    if len(body) > limit:
        raise Failed(failures.TOO_BIG)
    if not whole:
        raise Failed(failures.BROKEN_ENCODING)
    return body
