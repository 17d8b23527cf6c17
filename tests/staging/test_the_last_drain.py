"""The books are read whatever is still under way, and within any client's patience."""

from __future__ import annotations

from typing import Any

import orjson

from doorbuster.rehearsal.plain_http import _TIMEOUT
from doorbuster.storefronts.base import Response, Shop
from doorbuster.storefronts.staging_backstage import StagingBackstage


class AlwaysBusy:
    """A shop that never has everything settled, and no books worth reading."""

    def __init__(self) -> None:
        self.drains_ms: list[int] = []

    def request(self, method: str, url: str, *, json: Any = None, **_: Any) -> Response:
        path = url.partition("/admin/")[2].partition("?")[0]
        if path == "drain":
            self.drains_ms.append(json["within_ms"])
        answers: dict[str, Any] = {
            "drain": {"orders_pending": 1},
            "info": {"name": "doorbuster-staging", "addresses": dict.fromkeys(SERVICES, "http://shop")},
            "faults": {"history": []},
            "clock": {"now_unix_us": 0},
        }
        empty = {name: [] for name in BOOKS} | {"next": None}
        return Response(200, {}, orjson.dumps(answers.get(path, empty)))


SERVICES = ("gateway", "collector", "mailbox", "back_office")
BOOKS = (
    *("orders", "stock", "coupons", "tax", "held", "payments", "events", "purchases"),
    *("contacts", "messages", "sales", "receipts", "catalogue"),
)


def test_a_shop_that_is_never_done_is_read_all_the_same() -> None:
    client = AlwaysBusy()
    read = StagingBackstage(client, Shop("http://shop")).read_back()
    assert {row["witness"] for row in read.orders if row["kind"] == "books_read"} >= {"shop", "gateway", "erp"}
    assert _TIMEOUT.read is not None
    assert all(within_ms / 1000 < _TIMEOUT.read for within_ms in client.drains_ms)
    assert sum(client.drains_ms) >= 20_000
