"""Meta's Conversions API: events of many shoppers in one request, and one old event costs them all.

Source: developers.facebook.com/docs/marketing-api/conversions-api (parameters/server-event, using-the-api).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

import orjson
from pydantic import BaseModel, Field, Strict, TypeAdapter, ValidationError
from starlette.routing import Route

from doorbuster.staging.collector.book import PURCHASE, UNREADABLE, EventBook, Told, as_number_or_text, as_text
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

PROTOCOL: Final = "meta"
SAME_WITHIN_US: Final = 48 * 3600 * 1_000_000
OLDEST_S: Final = 7 * 86_400
_AHEAD_S: Final = 86_400
_TOO_OLD: Final = 2804003
_INVALID: Final = 100
_NO_TOKEN: Final = 190


class _Event(BaseModel):
    """What is read of a server event; the rest is taken as it comes."""

    event_name: str = Field(min_length=1)
    event_time: int
    action_source: str
    user_data: dict[str, Any]
    event_id: Annotated[str, Strict()] | None = None
    custom_data: dict[str, Any] | None = None


_EVENTS: Final = TypeAdapter(Annotated[list[_Event], Field(min_length=1, max_length=1000)])


class Conversions:
    """Merges what has the same name and id within 48 hours; refuses whole requests."""

    def __init__(self, book: EventBook) -> None:
        self._book = book

    def take(self, call: Call) -> Reply:
        """POST /v24.0/{pixel}/events {data: [...]}, with an access token in address, body or header."""
        pixel = call.path["pixel"]
        body = _body(call)
        said = body.get("data")
        try:
            if not (call.query("access_token") or body.get("access_token") or call.header("authorization")):
                raise _no("An access token is required.", _NO_TOKEN)
            events = self._checked(said)
        except Refusal as refusal:
            for told in _as_far_as_readable(said):
                self._book.write(PROTOCOL, pixel, told, "refused", refusal.message)
            raise
        for event in events:
            told = _told(event.event_name, event.event_time, event.custom_data)
            if event.event_id and self._book.is_repeat(
                (PROTOCOL, pixel, event.event_name, event.event_id), SAME_WITHIN_US
            ):
                self._book.write(PROTOCOL, pixel, told, "merged", f"event_id {event.event_id} came before")
            else:
                self._book.write(PROTOCOL, pixel, told)
        return Reply({"events_received": len(events), "messages": [], "fbtrace_id": secrets.token_hex(6)})

    def _checked(self, said: object) -> list[_Event]:
        """Raises Refusal 400 where one event is not as it should be: then none is taken."""
        try:
            events = _EVENTS.validate_python(said)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            where = "".join(f"[{part}]" for part in first["loc"])
            raise _no(f"Invalid parameter: data{where}: {first['msg']}") from None
        now_s = self._book.now_unix_us() // 1_000_000
        for index, event in enumerate(events):
            if event.event_time < now_s - OLDEST_S:
                raise _no(f"data[{index}]: event_time is more than 7 days ago; no event was processed.", code=_TOO_OLD)
            if event.event_time > now_s + _AHEAD_S:
                raise _no(f"data[{index}]: event_time is in the future; it is in seconds.")
        return events

    def routes(self, counter: Counter) -> list[Route]:
        endpoint = Endpoint(counter, self.take, "collector.events", meta_error)
        return [Route("/v{version}/{pixel}/events", endpoint, methods=["POST"])]


def meta_error(refusal: Refusal) -> dict[str, Any]:
    """The body of a refusal as the Graph API shapes it."""
    kind = "OAuthException" if refusal.status < 500 else "FacebookApiException"
    error: dict[str, Any] = {"message": refusal.message, "type": kind, "code": 2, "is_transient": refusal.status >= 500}
    if refusal.code.isdecimal():
        number = int(refusal.code)
        error |= {"code": _INVALID, "error_subcode": number} if number == _TOO_OLD else {"code": number}
    return {"error": {**error, "fbtrace_id": secrets.token_hex(6)}}


def _no(message: str, code: int = _INVALID) -> Refusal:
    return Refusal(400, str(code), message)


def _body(call: Call) -> Mapping[str, Any]:
    """JSON, or a form whose `data` is JSON, as Meta's own libraries send it. Raises Refusal 400."""
    try:
        if call.header("content-type").startswith("application/x-www-form-urlencoded"):
            form: dict[str, Any] = dict(parse_qsl(call.body.decode("utf-8", "replace")))
            return {**form, "data": orjson.loads(form.get("data", "null"))}
        body = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise _no("The body is not JSON.") from None
    return body if isinstance(body, dict) else {}


def _told(name: object, event_time: object, custom: object) -> Told:
    said = custom if isinstance(custom, dict) else {}
    happened_us = event_time * 1_000_000 if isinstance(event_time, int) else None
    value = as_number_or_text(said.get("value"))
    called = PURCHASE if name == "Purchase" else as_text(name) or UNREADABLE
    return Told(called, as_text(said.get("order_id")), value, as_text(said.get("currency")), happened_us)


def _as_far_as_readable(said: object) -> list[Told]:
    """The events of a request that is refused."""
    events = said if isinstance(said, list) else []
    told = [_told(one.get("event_name"), None, one.get("custom_data")) for one in events if isinstance(one, dict)]
    return told or [Told(UNREADABLE)]
