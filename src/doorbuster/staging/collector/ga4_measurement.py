"""Google Analytics 4 from a shop's server: the Measurement Protocol, which says "fine" to everything."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.routing import Route

from doorbuster.staging.collector.book import PURCHASE, UNREADABLE, EventBook, Fate, Told, as_number, as_text
from doorbuster.staging.collector.ga4_rules import BACK_US, STRICT, complaints, timestamp_us
from doorbuster.staging.web import Call, Counter, Endpoint, Reply

PROTOCOL: Final = "ga4"


class Measurement:
    """Keeps what the real one keeps, and answers 204 whatever it was sent."""

    def __init__(self, book: EventBook) -> None:
        self._book = book

    def collect(self, call: Call) -> Reply:
        """POST /mp/collect?measurement_id=G-...&api_secret=...: the events of one client."""
        query, body = _read(call)
        account = query.get("measurement_id") or query.get("firebase_app_id") or ""
        events = body.get("events") if isinstance(body, dict) else None
        wrong = [one for one in complaints(query, body, self._book.now_unix_us()) if one.fatal or _strict(body)]
        whole = next((one.description for one in wrong if one.event is None or _strict(body)), "")
        if not whole and not query.get("api_secret"):
            whole = "api_secret must be in the address."
        one_by_one = {one.event: one.description for one in reversed(wrong)}
        if not isinstance(events, list) or not events:
            self._book.write(PROTOCOL, account, Told(UNREADABLE), "dropped", whole)
            return Reply(b"", 204)
        for index, event in enumerate(events):
            told = _told(event, body)
            why = whole or one_by_one.get(index, "")
            fate: Fate = "dropped" if why else "kept"
            if not why:
                told, fate, why = self._as_analytics_has_it(told, account, bool(query.get("measurement_id")))
            self._book.write(PROTOCOL, account, told, fate, why)
        return Reply(b"", 204)

    def _as_analytics_has_it(self, told: Told, account: str, web: bool) -> tuple[Told, Fate, str]:
        """A purchase with an empty id is one with all the others; an old event is moved to 72 hours ago."""
        if web and told.name == PURCHASE and told.order_id == "" and self._book.is_repeat((PROTOCOL, account, "")):
            return told, "merged", "transaction_id is empty, as that of a purchase before it"
        earliest_us = self._book.now_unix_us() - BACK_US
        if told.happened_unix_us is not None and told.happened_unix_us < earliest_us:
            return told._replace(happened_unix_us=earliest_us), "kept", "its time was moved to 72 hours ago"
        return told, "kept", ""

    def validate(self, call: Call) -> Reply:
        """POST /debug/mp/collect: the same request, not kept; the answer says what is wrong with it."""
        query, body = _read(call)
        found = complaints(query, body, self._book.now_unix_us())
        return Reply({"validationMessages": [one.message() for one in found if one.fatal or _strict(body)]})

    def routes(self, counter: Counter) -> list[Route]:
        return [
            Route("/mp/collect", Endpoint(counter, self.collect, "collector.events"), methods=["POST"]),
            Route("/debug/mp/collect", Endpoint(counter, self.validate, "collector.events"), methods=["POST"]),
        ]


def _read(call: Call) -> tuple[dict[str, str], Any]:
    query = dict(parse_qsl(call.query_string.decode("latin-1")))
    try:
        return query, orjson.loads(call.body)
    except orjson.JSONDecodeError:
        return query, None


def _strict(body: Any) -> bool:
    return isinstance(body, dict) and body.get("validation_behavior") == STRICT


def _told(event: Any, body: Any) -> Told:
    if not isinstance(event, dict):
        return Told(UNREADABLE)
    params = event.get("params")
    said = params if isinstance(params, dict) else {}
    return Told(
        as_text(event.get("name")) or UNREADABLE,
        as_text(said.get("transaction_id")),
        as_number(said.get("value")),
        as_text(said.get("currency")),
        timestamp_us(event, body),
    )
