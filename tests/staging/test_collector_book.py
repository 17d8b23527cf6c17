"""One book for all protocols: paged, emptied by a reset, told as facts; and plain webhooks, the simplest way into it."""

from __future__ import annotations

import time

from collector_client import STREAM, CollectorClient, conversion, placed_order, purchase
from staging_mall import Mall

BATCH = {"batch": "b-1", "events": [{"name": "purchase", "transaction_id": "1", "value": 5, "currency": "EUR"}]}


def test_a_batch_is_taken_once(collector: CollectorClient) -> None:
    for _ in range(2):
        assert collector.http.post("/events", json=BATCH).json() == {"taken": 1}
    collector.http.post("/events", json={"events": BATCH["events"]})
    assert collector.fates() == [("1", "kept"), ("1", "merged"), ("1", "kept")]


def test_a_batch_that_is_none_is_refused(collector: CollectorClient) -> None:
    for body in ({"events": {}}, {"events": [1]}, [], {}):
        assert collector.http.post("/events", json=body).status_code == 400
    assert collector.book() == []


def test_the_book_is_read_page_by_page(collector: CollectorClient) -> None:
    collector.measure({"name": "page_view"}, *(purchase(str(number)) for number in range(4)))
    first = collector.http.get("/admin/events", params={"limit": 3}).json()
    then = collector.http.get("/admin/events", params={"limit": 3, "after": first["next"]}).json()
    assert [row["order_id"] for row in (*first["events"], *then["events"])] == [None, "0", "1", "2", "3"]
    assert then["next"] is None
    sold = collector.http.get("/admin/purchases", params={"limit": 3}).json()
    assert ([row["order_id"] for row in sold["events"]], sold["next"]) == (["0", "1"], 3)


def test_a_reset_empties_the_book_and_forgets_what_came_before(mall: Mall, collector: CollectorClient) -> None:
    for _ in range(2):
        collector.convert(conversion(int(time.time())))
        collector.klaviyo(placed_order(unique_id="1"))
        assert {row["fate"] for row in collector.book()} == {"kept"}
        mall.backstage.reset(7)
        assert collector.book() == []


def test_every_protocol_becomes_facts(mall: Mall, collector: CollectorClient) -> None:
    for _ in range(2):
        collector.convert(conversion(int(time.time()), "1"))
    collector.klaviyo(placed_order(properties={"order_id": "1"}))
    collector.measure(purchase("1", value=980, currency="JPY"), {"name": "page_view"})
    collector.measure(purchase("1", value=1e300))
    collector.http.post("/mp/collect", params=STREAM, content=b"rubbish")
    rows = [row for row in mall.backstage.read_back().orders if row["witness"] == "analytics"]
    assert [(row["kind"], row["order_id"], row["amount_minor"]) for row in rows] == [
        ("purchase_event", "1", 2988), ("purchase_merged", "1", 2988), ("purchase_event", "1", 2988),
        ("purchase_event", "1", 980), ("purchase_event", "1", None), ("request_dropped", None, None),
        ("books_read", None, None),
    ]  # fmt: skip
    merged, nothing = (mall.facts("analytics", kind)[0] for kind in ("purchase_merged", "request_dropped"))
    assert (merged["detail"]["to"], merged["detail"]["why"]) == ("meta 42", "event_id purchase-1 came before")
    assert "JSON" in nothing["detail"]["why"]


def test_a_collector_that_is_down_is_down_in_every_protocol(mall: Mall, collector: CollectorClient) -> None:
    mall.switch_on("collector_down")
    answers = [
        collector.convert(),
        collector.klaviyo({}),
        collector.measure(),
        collector.hit(),
        collector.http.post("/events"),
    ]
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].json()["error"]["is_transient"] and answers[1].json()["errors"]
    assert collector.book() == []
