"""What came back, read within limits: never more of a body than the limit, however it is packed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

import brotli  # type: ignore[import-untyped]  # ships no types
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.failures import Failed, Unanswered

_HEAD_LIMIT = 128 << 10
"""Bytes of headers, 1xx answers, chunk sizes and trailers together; a browser's limit is of that order."""
_MOST_LAYERS = 2


class Headers(Mapping[str, str]):
    """Header lines by lower-case name, decoded when somebody asks: hardly anybody does."""

    __slots__ = ("_raw",)

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        return self._raw[name.encode("latin-1", "replace")].decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class Reply:
    """One answer, as httptools' parser tells it by calling the `on_` methods."""

    __slots__ = ("_body", "_ends_with_close", "_head_only", "_in_body", "_limit", "_parser", "done", "headers",
                 "keep_alive", "received", "set_cookies", "status")  # fmt: skip

    def __init__(self, body_limit: int, *, head_only: bool = False) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.set_cookies: list[bytes] = []
        self.received = 0
        """Bytes off the wire so far."""
        self.done = False
        self.keep_alive = False
        self._body: list[bytes] = []
        self._in_body = self._ends_with_close = False
        self._limit = body_limit
        self._head_only = head_only
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what came in; nothing at all means that the other side has closed. Raises Failed."""
        if not data:
            if not self.received:
                raise Unanswered(failures.NO_ANSWER)
            if not (self._in_body and self._ends_with_close):
                raise Failed(failures.CUT_OFF)
            self._finish()
            return
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            if not self.done:
                raise Failed(failures.NOT_HTTP) from None
            self.keep_alive = False  # the answer is whole; what follows it is not
        if self.done:
            return
        if not self._in_body:
            if self.received > _HEAD_LIMIT:
                raise Failed(failures.HEAD_TOO_BIG)
        # By wire bytes: a packed or chunked body is held to the same limit as a plain one, and so is its framing.
        elif self.received > _HEAD_LIMIT + self._limit or int(self.headers.get(b"content-length", 0)) > self._limit:
            raise Failed(failures.TOO_BIG)

    def body(self) -> bytes:
        """The whole body, unpacked. Raises Failed."""
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        if len(body) > self._limit:
            raise Failed(failures.TOO_BIG)
        packed = self.headers.get(b"content-encoding")
        return unpack(body, packed, self._limit) if packed and body else body

    def on_message_begin(self) -> None:
        if self.done:
            self.keep_alive = False  # a second answer that nobody asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body or self.done:
            return  # a trailer
        name = name.lower()
        if name == b"set-cookie":
            self.set_cookies.append(value)
        else:
            earlier = self.headers.get(name)
            self.headers[name] = value if earlier is None else earlier + b", " + value

    def on_headers_complete(self) -> None:
        if self.done:
            return
        self._in_body = True
        if self._head_only and self._parser.get_status_code() >= 200:
            self._finish()
        elif b"content-length" not in self.headers:
            self._ends_with_close = b"chunked" not in self.headers.get(b"transfer-encoding", b"").lower()

    def on_body(self, data: bytes) -> None:
        if not self.done:
            self._body.append(data)

    def on_message_complete(self) -> None:
        if self.done:
            return
        if 100 <= self._parser.get_status_code() < 200:  # "please wait": the answer is still to come
            self.headers, self.set_cookies, self._in_body = {}, [], False
            return
        self.keep_alive = self._parser.should_keep_alive()
        self._finish()

    def _finish(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 200:
            raise Failed(failures.NOT_HTTP)
        self.done = True


def unpack(body: bytes, packed: bytes, limit: int) -> bytes:
    """Undo Content-Encoding, never making more than `limit` bytes. Raises Failed."""
    layers = [layer.strip().lower() for layer in packed.split(b",")]
    if len(layers) > _MOST_LAYERS:
        raise Failed(failures.UNASKED_ENCODING)
    for layer in reversed(layers):
        try:
            if layer in (b"gzip", b"x-gzip"):
                unzip = zlib.decompressobj(wbits=31)
                body, whole = unzip.decompress(body, limit + 1), unzip.eof
            elif layer == b"br":
                decoder = brotli.Decompressor()
                body = decoder.process(body, output_buffer_limit=limit + 1)
                whole = decoder.is_finished()
            elif layer in (b"", b"identity"):
                continue
            else:
                raise Failed(failures.UNASKED_ENCODING)
        except (zlib.error, brotli.error):
            raise Failed(failures.BROKEN_ENCODING) from None
        if len(body) > limit:
            raise Failed(failures.TOO_BIG)
        if not whole:
            raise Failed(failures.BROKEN_ENCODING)
    return body
