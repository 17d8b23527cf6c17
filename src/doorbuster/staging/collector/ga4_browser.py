"""Google Analytics 4 from a shopper's browser: what the tag on a page sends, one event a line."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.routing import Route

from doorbuster.staging.collector.book import PURCHASE, UNREADABLE, EventBook, Told, as_number_or_text
from doorbuster.staging.collector.ga4_measurement import PROTOCOL
from doorbuster.staging.web import Call, Counter, Endpoint, Reply

# The tag sends with fetch and sendBeacon from a page of another address, and asks for no more than this.
_CORS: Final = ((b"access-control-allow-origin", b"*"), (b"cross-origin-resource-policy", b"cross-origin"))


class Browser:
    """Hits of the tag: parameters in the address, those of several events in a body of lines."""

    def __init__(self, book: EventBook) -> None:
        self._book = book

    def collect(self, call: Call) -> Reply:
        """GET or POST /g/collect?v=2&tid=G-...&cid=...&en=purchase&ep.transaction_id=...&epn.value=...&cu=EUR."""
        shared = _fields(call.query_string.decode("latin-1"))
        lines = call.body.decode("utf-8", "replace").splitlines()
        for line in [line for line in lines if line] or [""]:
            self._take({**shared, **_fields(line)})
        return Reply(b"", 204, _CORS)

    def _take(self, hit: dict[str, str]) -> None:
        stream, order_id = hit.get("tid", ""), hit.get("ep.transaction_id")
        value = as_number_or_text(hit.get("epn.value", hit.get("ep.value")))
        told = Told(hit.get("en", UNREADABLE), order_id, value, hit.get("cu") or hit.get("ep.currency"))
        lacks = [name for name in ("v", "tid", "cid", "en") if not hit.get(name)]
        if lacks:
            self._book.write(PROTOCOL, stream, told, "dropped", f"the hit lacks {', '.join(lacks)}")
        elif told.name == PURCHASE and order_id is not None and self._book.is_repeat((PROTOCOL, stream, order_id)):
            why = f"transaction_id is {'empty,' if not order_id else 'the same'} as that of a purchase before it"
            self._book.write(PROTOCOL, stream, told, "merged", why)
        else:
            self._book.write(PROTOCOL, stream, told)

    def routes(self, counter: Counter) -> list[Route]:
        return [Route("/g/collect", Endpoint(counter, self.collect, "collector.events"), methods=["GET", "POST"])]


def _fields(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))
