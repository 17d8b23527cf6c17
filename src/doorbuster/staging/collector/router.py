"""The collector put together: one book, and five ways into it."""

from __future__ import annotations

from starlette.routing import Router

from doorbuster.staging.backstage import Backstage, Start
from doorbuster.staging.collector.book import EventBook
from doorbuster.staging.collector.ga4_browser import Browser
from doorbuster.staging.collector.ga4_measurement import Measurement
from doorbuster.staging.collector.klaviyo import Klaviyo
from doorbuster.staging.collector.meta import Conversions
from doorbuster.staging.collector.webhook import Webhook
from doorbuster.staging.web import Counter


def collector_router(start: Start, counter: Counter) -> Router:
    """All routes of the analytics collector."""
    book = EventBook()
    klaviyo = Klaviyo(book)

    def reset(seed: int) -> None:
        book.reset()
        klaviyo.reset()

    return Router(
        [
            *Conversions(book).routes(counter),
            *Measurement(book).routes(counter),
            *Browser(book).routes(counter),
            *klaviyo.routes(counter),
            *Webhook(book).routes(counter),
            *book.routes(counter),
            *Backstage(start, counter, reset).routes(),
        ]
    )
