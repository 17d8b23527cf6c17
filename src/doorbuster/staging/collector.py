"""The analytics collector: takes purchase events in batches and shows what it has."""

from __future__ import annotations

import time
from typing import Any

from starlette.routing import Route

from doorbuster.staging.web import PAGE, Call, Counter, Endpoint, Refusal, Reply


class Collector:
    """All events since the last reset. Deliberately forgiving: it stores what it is sent, as real ones do."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.reset()

    def reset(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._batches: set[str] = set()

    def take(self, call: Call) -> Reply:
        """POST /events: a batch; one that was taken before is not taken again."""
        body = call.json()
        batch, events = str(body.get("batch", "")), body.get("events")
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise Refusal(400, "invalid_events", "events must be a list of objects.")
        if not batch or batch not in self._batches:
            self._batches.add(batch)
            at_unix_us = time.time_ns() // 1000
            self._events += [{**event, "at_unix_us": at_unix_us} for event in events]
        return Reply({"taken": len(events)}, 202)

    def page_of_events(self, call: Call) -> Reply:
        """GET /admin/events?after=N&limit=N: oldest first."""
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        page = self._events[after : after + limit]
        return Reply({"events": page, "next": after + len(page) if len(page) == limit else None})


def routes(collector: Collector) -> list[Route]:
    counter = collector.counter
    return [
        Route("/events", Endpoint(counter, collector.take, "collector.events"), methods=["POST"]),
        Route("/admin/events", Endpoint(counter, collector.page_of_events), methods=["GET"]),
    ]
