"""Klaviyo's events: one a request, one a second for each profile and metric unless it has an id, and a strict limit.

Source: Klaviyo's OpenAPI description of create_event, revision 2026-07-15, and its page on rate limits.
"""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, Field, Strict, ValidationError
from starlette.routing import Route

from doorbuster.staging.collector.book import PURCHASE, UNREADABLE, EventBook, Told, as_text
from doorbuster.staging.collector.windows import Windows
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

PROTOCOL: Final = "klaviyo"
_JSON_API: Final = ((b"content-type", b"application/vnd.api+json"),)
_REVISION: Final = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?")
_IDENTIFIERS: Final = ("email", "phone_number", "external_id", "anonymous_id", "_kx")
_ORDER: Final = ("order_id", "OrderId", "OrderID", "Order ID", "$event_id")


class _MetricAttributes(BaseModel):
    name: str = Field(min_length=1, max_length=127)


class _MetricData(BaseModel):
    type: Literal["metric"]
    attributes: _MetricAttributes


class _Metric(BaseModel):
    data: _MetricData


class _ProfileData(BaseModel):
    type: Literal["profile"]
    id: str | None = None
    attributes: dict[str, Any]


class _Profile(BaseModel):
    data: _ProfileData


class _Attributes(BaseModel):
    properties: dict[str, Any] = Field(max_length=400)
    time: Annotated[AwareDatetime, Strict()] | None = None
    value: Annotated[float, Strict()] | None = None
    value_currency: str | None = None
    unique_id: str | None = None
    backfill: bool | None = False
    metric: _Metric
    profile: _Profile


class _EventData(BaseModel):
    type: Literal["event"]
    attributes: _Attributes


class _Create(BaseModel):
    """The body of a request, as the OpenAPI description has it."""

    data: _EventData


class Klaviyo:
    """Answers 202 to what it will look at later; what it then merges it tells nobody but the book."""

    def __init__(self, book: EventBook) -> None:
        self._book = book
        self._windows = Windows()

    def reset(self) -> None:
        self._windows = Windows()

    def take(self, call: Call) -> Reply:
        """POST /api/events, JSON:API. Raises Refusal 400, 401 and 429."""
        key = call.header("authorization").removeprefix("Klaviyo-API-Key ").strip()
        now = datetime.fromtimestamp(self._book.now_unix_us() / 1e6, UTC)
        try:
            limits = self._windows.admit(key, now.timestamp())
            if not key or not call.header("authorization").startswith("Klaviyo-API-Key "):
                raise Refusal(401, "not_authenticated", "Authorization must be: Klaviyo-API-Key, a blank, your key.")
            if not _REVISION.fullmatch(call.header("revision")):
                raise Refusal(400, "invalid", "A revision header such as 2026-07-15 is required.", param="revision")
            event = _checked(call.body, now).data.attributes
        except Refusal as refusal:
            self._book.write(PROTOCOL, "", _as_far_as_readable(call.body), "refused", refusal.message)
            raise
        metric, profile = event.metric.data.attributes.name, event.profile.data
        happened = (event.time or now).replace(microsecond=0)
        whose = next(as_text(one) or "" for one in (profile.id, *map(profile.attributes.get, _IDENTIFIERS)) if one)
        once = f"id {event.unique_id}" if event.unique_id else f"second {happened.timestamp():.0f}"
        told = _told(metric, event.properties, event.value, event.value_currency, event.unique_id)
        told = told._replace(happened_unix_us=round(happened.timestamp() * 1e6))
        if self._book.is_repeat((PROTOCOL, whose, metric, once)):
            why = "unique_id came before" if event.unique_id else "no unique_id, and one of this profile in this second"
            self._book.write(PROTOCOL, "", told, "merged", f"{why}, for the same profile and metric")
        else:
            self._book.write(PROTOCOL, "", told)
        return Reply(b"", 202, (*_JSON_API, *limits))

    def routes(self, counter: Counter) -> list[Route]:
        endpoint = Endpoint(counter, self.take, "collector.events", klaviyo_error)
        # Klaviyo's own libraries write the address with a slash at its end.
        return [Route(path, endpoint, methods=["POST"]) for path in ("/api/events", "/api/events/")]


def klaviyo_error(refusal: Refusal) -> dict[str, Any]:
    """The body of a refusal, as JSON:API shapes it."""
    where = {"parameter": refusal.param} if refusal.param == "revision" else {"pointer": refusal.param or "/data"}
    error = {"id": str(uuid.uuid4()), "status": refusal.status, "code": refusal.code, "title": refusal.message}
    return {"errors": [{**error, "detail": refusal.message, "source": where}]}


def _checked(body: bytes, now: datetime) -> _Create:
    """Raises Refusal 400 with a pointer to what is wrong."""
    try:
        create = _Create.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        pointer = "".join(f"/{part}" for part in first["loc"])
        raise Refusal(400, "invalid", f"{first['msg']}.", param=pointer or "/data") from None
    profile, time = create.data.attributes.profile.data, create.data.attributes.time
    if not profile.id and not any(profile.attributes.get(name) for name in _IDENTIFIERS):
        where = "/data/attributes/profile/data/attributes"
        raise Refusal(400, "invalid", f"A profile needs an id or one of {', '.join(_IDENTIFIERS)}.", param=where)
    if time is not None and not datetime(1990, 1, 1, tzinfo=UTC) < time < now + timedelta(days=366):
        message = "time must be after 1990 and at most a year ahead."
        raise Refusal(400, "invalid", message, param="/data/attributes/time")
    return create


def _told(metric: str, properties: dict[str, Any], value: float | None, currency: str | None, unique: Any) -> Told:
    name = PURCHASE if metric == "Placed Order" else metric
    order_id = next((as_text(properties[key]) for key in _ORDER if properties.get(key)), as_text(unique))
    return Told(name, order_id, value, currency)


def _as_far_as_readable(body: bytes) -> Told:
    """The event of a request that is refused."""
    try:
        event = _Create.model_validate_json(body).data.attributes
    except ValidationError:
        return Told(UNREADABLE)
    return _told(
        event.metric.data.attributes.name, event.properties, event.value, event.value_currency, event.unique_id
    )
