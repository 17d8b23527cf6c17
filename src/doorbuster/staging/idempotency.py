"""The wallet's promise that a repeated request changes nothing: same key and body give the same answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson

from doorbuster.staging.books import Books
from doorbuster.staging.web import JSON, Call, Headers, Refusal, Reply

API_VERSION: Final = "2026-04-17"


def protocol_error(refusal: Refusal) -> dict[str, Any]:
    """A refusal in the words of the Agentic Commerce Protocol."""
    kind = "invalid_request"
    if refusal.status == 503:
        kind = "service_unavailable"
    elif refusal.status >= 500:
        kind = "processing_error"
    param = {"param": refusal.param} if refusal.param else {}
    versions = {"supported_versions": [API_VERSION]} if refusal.code == "unsupported_api_version" else {}
    return {"type": kind, "code": refusal.code, "message": refusal.message, **param, **versions}


def check_headers(call: Call) -> None:
    """Raises Refusal unless the caller says who it is and which version it speaks."""
    scheme, _, token = call.header("authorization").partition(" ")
    # Any token will do: this double rehearses load, and has nothing to protect.
    if scheme.lower() != "bearer" or not token:
        raise Refusal(401, "unauthorized", "Authorization: Bearer is required.")
    if call.header("api-version") != API_VERSION:
        raise Refusal(400, "unsupported_api_version", f"API-Version must be {API_VERSION}.")


class Idempotency:
    """Answers given, by key. Server errors are not kept: their request may be tried again for real."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._in_flight: set[str] = set()

    def reset(self) -> None:
        """Forget what is under way; the answers kept go with the books."""
        self._in_flight = set()

    async def once(self, call: Call, endpoint: str, handle: Callable[[], Awaitable[Reply]]) -> Reply:
        """The answer of `handle`, or the one that this key was given before.

        Raises Refusal: 400 without a key, 409 while the first request is under way, 422 for another body.
        """
        check_headers(call)
        given = call.header("idempotency-key")
        if not 1 <= len(given) <= 255:
            raise Refusal(400, "idempotency_key_required", "Idempotency-Key header is required")
        echo: Headers = ((b"idempotency-key", given.encode("latin-1")),)
        key = f"{endpoint} {given}"
        fingerprint = hashlib.blake2b(call.body, digest_size=16).digest()
        row = self._books.query("SELECT fingerprint, status, body FROM answered WHERE key = ?", (key,)).fetchone()
        if row:
            if row[0] != fingerprint:
                raise Refusal(
                    422, "idempotency_conflict", "Idempotency-Key has already been used with a different request body"
                )
            replayed: Headers = (*echo, JSON, (b"idempotent-replayed", b"true"))
            return Reply(row[2], row[1], replayed)
        in_flight = self._in_flight
        if key in in_flight:
            raise Refusal(
                409,
                "idempotency_in_flight",
                "A request with this Idempotency-Key is currently being processed",
                headers=((b"retry-after", b"1"),),
            )
        in_flight.add(key)
        try:
            reply = await handle()
            content = orjson.dumps(reply.body)
            if in_flight is self._in_flight:  # else the shop was reset meanwhile, and this answer is of the old one
                self._books.query(
                    "INSERT OR IGNORE INTO answered VALUES (?, ?, ?, ?)", (key, fingerprint, reply.status, content)
                )
        finally:
            in_flight.discard(key)
        return Reply(content, reply.status, (*echo, JSON))
