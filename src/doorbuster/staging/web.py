"""How a staging service takes one request and answers it: its wait, its faults, its handler, one reply."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope, Send

from doorbuster.staging.access_log import AccessLog
from doorbuster.staging.faults.few_workers import FAULT as FEW_WORKERS
from doorbuster.staging.service_times import ServiceTimes
from doorbuster.staging.switchboard import Switchboard

COOKIE: Final = "doorbuster_session"
PAGE: Final = 20_000
"""Rows in one page of a read-back: some megabytes, a fraction of a second."""
JSON: Final = (b"content-type", b"application/json")
Headers = tuple[tuple[bytes, bytes], ...]


class Refusal(Exception):
    """The service says no: an HTTP status, a code for programs, a sentence for people."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Headers = (),
        param: str | None = None,
        offer: str | None = None,
    ) -> None:
        super().__init__(message)
        self.offer = offer
        self.status, self.code, self.message, self.headers, self.param = status, code, message, headers, param


class HangUp(Exception):
    """The connection is cut, and nothing is answered."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `body` is bytes as they are, or anything that JSON can say."""

    body: Any
    status: int = 200
    headers: Headers = ()
    late_ms: float = 0.0
    """Waited before it is sent, as if it had been lost on its way: what was done is done."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a handler sees it."""

    path: Mapping[str, str]
    headers: Mapping[bytes, bytes]
    session: str
    body: bytes
    query_string: bytes
    url_path: str = ""

    def header(self, name: str) -> str:
        """A request header, empty when absent; `name` in lower case."""
        return self.headers.get(name.encode(), b"").decode("latin-1")

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises Refusal 400."""
        try:
            content = orjson.loads(self.body or b"{}")
        except orjson.JSONDecodeError:
            raise Refusal(400, "invalid_json", "The body is not JSON.") from None
        if not isinstance(content, dict):
            raise Refusal(400, "invalid_json", "The body is not a JSON object.")
        return content

    def query(self, name: str, default: str = "") -> str:
        values = parse_qs(self.query_string.decode("latin-1")).get(name)
        return values[0] if values else default

    def query_number(self, name: str, default: int) -> int:
        """A whole number from the query string. Raises Refusal 400."""
        try:
            return int(self.query(name, str(default)))
        except ValueError:
            raise Refusal(400, "invalid_number", f"{name} must be a whole number.") from None


Handler = Callable[[Call], "Reply | Awaitable[Reply]"]
Around = Callable[[Call, Callable[[], Awaitable[Reply]]], Awaitable[Reply]]


def plain_error(refusal: Refusal) -> dict[str, Any]:
    """The body of a refusal everywhere but in the Agentic Commerce Protocol."""
    offer = {"offer": refusal.offer} if refusal.offer else {}
    return {"error": {"code": refusal.code, "message": refusal.message, **offer}}


@dataclass
class Counter:
    """What all endpoints of one service share: its waits, its faults, its log, and whether it hands out cookies."""

    times: ServiceTimes
    faults: Switchboard
    cookies: bool = False
    log: AccessLog | None = None
    under_way: int = 0
    """Pages being made at this moment, those that nobody waits for any more included."""
    _lines: dict[int, asyncio.Semaphore] = field(default_factory=dict)

    def worker(self) -> AbstractAsyncContextManager[None]:
        """Whoever makes a page: at once, or in turn where the service has few workers."""
        few = self.faults.value(FEW_WORKERS) if self.faults.any else None
        return nullcontext() if few is None else self._lines.setdefault(int(few), asyncio.Semaphore(int(few)))


@dataclass
class Endpoint:
    """One route as an ASGI application: Starlette finds it, and nothing else stands between socket and handler."""

    counter: Counter
    handle: Handler
    step: str = ""
    """Name of the step, which decides waits and faults; empty for backstage calls, which have neither."""
    shape: Callable[[Refusal], Any] = field(default=plain_error)
    """Body of a refusal: bytes, or anything that JSON can say."""
    around: Around | None = None
    """Sees the call before its wait and its reply after it, e.g. to answer a repeated request from memory."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_s = time.monotonic()
        headers = dict(scope["headers"])
        body = b""
        if scope["method"] != "GET":
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                body += message.get("body", b"")
                more = message.get("more_body", False)
        session, set_cookie = _session_of(headers) if self.counter.cookies else ("", ())
        call = Call(scope.get("path_params", {}), headers, session, body, scope["query_string"], scope["path"])
        try:
            reply = await (self.around(call, partial(self._answer, call)) if self.around else self._answer(call))
            if reply.late_ms:
                await asyncio.sleep(reply.late_ms / 1e3)
        except Refusal as refusal:
            reply = Reply(self.shape(refusal), refusal.status, refusal.headers)
        except HangUp:
            await _hang_up(receive, send)
            return
        content = reply.body if isinstance(reply.body, bytes) else orjson.dumps(reply.body)
        length = (b"content-length", b"%d" % len(content))
        kind = () if any(name == b"content-type" for name, _ in reply.headers) else (JSON,)
        sent = [*reply.headers, *kind, *set_cookie, length]
        await send({"type": "http.response.start", "status": reply.status, "headers": sent})
        await send({"type": "http.response.body", "body": content})
        if self.counter.log is not None:
            self.counter.log.write(scope, headers, reply.status, len(content), time.monotonic() - began_s)

    async def _answer(self, call: Call) -> Reply:
        if not self.step:
            return await self._made(call)
        self.counter.under_way += 1
        try:
            async with self.counter.worker():
                return await self._made(call)
        finally:
            self.counter.under_way -= 1

    async def _made(self, call: Call) -> Reply:
        late_ms = 0.0
        if self.step:
            wait_ms = self.counter.times.draw_ms(self.step)
            if self.counter.faults.any:
                effect = await self.counter.faults.effect_on(self.step)
                if effect.hang_up:
                    raise HangUp
                if effect.status:
                    raise Refusal(effect.status, effect.code, effect.message, headers=effect.headers)
                wait_ms += effect.wait_ms
                late_ms = effect.late_ms
            if wait_ms:
                await asyncio.sleep(wait_ms / 1e3)
        handled = self.handle(call)
        reply = handled if isinstance(handled, Reply) else await handled
        if late_ms:
            await asyncio.sleep(late_ms / 1e3)
        return reply


async def _hang_up(receive: Receive, send: Send) -> None:
    """Cut the connection. ASGI has no word for it, so this goes to uvicorn's own end of the line."""
    cycle: Any = getattr(send, "__self__", None)
    cycle.transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def _session_of(headers: Mapping[bytes, bytes]) -> tuple[str, Headers]:
    """The shopper's session, and the cookie to set where there was none."""
    for pair in headers.get(b"cookie", b"").split(b";"):
        name, _, value = pair.strip().partition(b"=")
        if name == COOKIE.encode() and value:
            return value.decode("latin-1"), ()
    session = secrets.token_hex(8)
    cookie = f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax"
    return session, ((b"set-cookie", cookie.encode()),)
