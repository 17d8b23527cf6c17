"""Plain webhooks: a batch of events in one JSON body. The simplest thing a shop can send."""

from __future__ import annotations

from starlette.routing import Route

from doorbuster.staging.collector.book import EventBook, Told, as_number, as_text
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

PROTOCOL = "webhook"


class Webhook:
    """Takes `{batch, events: [{name, transaction_id, value, currency}]}`; a batch taken before is not taken again."""

    def __init__(self, book: EventBook) -> None:
        self._book = book

    def take(self, call: Call) -> Reply:
        """POST /events. Raises Refusal 400 for what is no list of objects."""
        body = call.json()
        batch, events = as_text(body.get("batch")), body.get("events")
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise Refusal(400, "invalid_events", "events must be a list of objects.")
        repeated = bool(batch) and self._book.is_repeat((PROTOCOL, batch or ""))
        for event in events:
            told = Told(
                as_text(event.get("name")) or "unnamed",
                as_text(event.get("transaction_id")),
                as_number(event.get("value")),
                as_text(event.get("currency")),
            )
            if repeated:
                self._book.write(PROTOCOL, "", told, "merged", "this batch was taken before")
            else:
                self._book.write(PROTOCOL, "", told)
        return Reply({"taken": len(events)}, 202)

    def routes(self, counter: Counter) -> list[Route]:
        return [Route("/events", Endpoint(counter, self.take, "collector.events"), methods=["POST"])]
