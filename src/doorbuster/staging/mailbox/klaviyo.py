"""Klaviyo as a shop calls it for its messages: an event that a flow answers with one message to one profile."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from starlette.routing import Route

from doorbuster.staging.mailbox.book import Book
from doorbuster.staging.mailbox.rate_limit import RateLimit
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

# https://developers.klaviyo.com/en/reference/create_event: 350 a second, 3,500 a minute.
MOST_A_SECOND: Final = 350
MOST_A_MINUTE: Final = 3500
METRICS: Final = {"order confirmation": "confirmation", "cart reminder": "reminder"}
"""Names of metrics whose flow sends such a message; the property `kind` says it for any other."""


def _error(refusal: Refusal) -> dict[str, Any]:
    source = {"pointer": refusal.param} if refusal.param else {}
    title = {400: "Invalid input.", 401: "Not allowed.", 429: "Throttled."}.get(refusal.status, "Error.")
    told = {"status": refusal.status, "code": refusal.code, "title": title, "detail": refusal.message}
    return {"errors": [{"id": "00000000-0000-4000-8000-000000000000", **told, "source": source, "links": {}}]}


def _within(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at a path into the body. Raises Refusal 400 with the pointer to what is missing."""
    walked = ""
    for name in path:
        value = value.get(name)
        walked += f"/{name}"
        if not isinstance(value, dict):
            raise Refusal(400, "invalid", f"{name} must be an object.", param=walked)
    return dict(value)


class Klaviyo:
    """One account, whatever key it is called with."""

    def __init__(
        self, book: Book, a_second: RateLimit, a_minute: RateLimit, now_s: Callable[[], float] = time.time
    ) -> None:
        self._book, self._limits, self._now_s = book, (a_second, a_minute), now_s
        self.reset()

    def reset(self) -> None:
        self._known: set[tuple[str, str, str]] = set()

    def event(self, call: Call) -> Reply:
        """POST /api/events"""
        if not call.header("authorization").startswith("Klaviyo-API-Key "):
            raise Refusal(401, "not_authenticated", "A key is needed: Authorization: Klaviyo-API-Key ...")
        if not call.header("revision"):
            raise Refusal(400, "invalid", "The header revision is missing.")
        after_s = max(limit.take() for limit in self._limits)
        if after_s:
            raise Refusal(429, "throttled", "Too many calls.", headers=((b"retry-after", b"%d" % after_s),))
        attributes = _within(call.json(), "data", "attributes")
        metric = _within(attributes, "metric", "data", "attributes").get("name")
        profile = _within(attributes, "profile", "data", "attributes")
        to = profile.get("email") or profile.get("phone_number")
        if not isinstance(metric, str) or not isinstance(to, str):
            raise Refusal(400, "invalid", "The metric's name and the profile's email or phone_number are needed.")
        told = _within(attributes, "properties")
        # One event for each unique_id of a profile and a metric; the second is the id of those that bring none.
        unique = str(attributes.get("unique_id") or int(self._now_s()))
        if (to, metric, unique) not in self._known:
            self._known.add((to, metric, unique))
            self._book.take("klaviyo", to, {"kind": METRICS.get(metric.lower(), ""), **told})
        return Reply(orjson.dumps(None), 202)

    def routes(self, counter: Counter) -> list[Route]:
        return [Route("/api/events", Endpoint(counter, self.event, "mailbox.send", _error), methods=["POST"])]
