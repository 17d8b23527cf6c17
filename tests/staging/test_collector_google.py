"""Google Analytics 4, from the server and from the browser: it says "fine" to everything, and keeps what it likes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from collector_client import STREAM, CollectorClient, purchase

HOUR_US = 3600 * 1_000_000


def test_a_purchase_from_the_server(collector: CollectorClient) -> None:
    then_us = time.time_ns() // 1000 - HOUR_US
    assert collector.measure(purchase("1001"), timestamp_micros=then_us).status_code == 204
    (row,) = collector.book()
    arrived_us = row.pop("at_unix_us")
    assert arrived_us > then_us
    assert row == {
        "protocol": "ga4", "account": "G-TEST", "name": "purchase", "order_id": "1001", "value": 29.88, "currency": "EUR",
        "happened_unix_us": then_us, "fate": "kept", "why": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "content", "why"),
    [
        (STREAM, b"not JSON", "must be a JSON object"),
        (STREAM, b"", "must be a JSON object"),
        (STREAM, b'{"client_id": "1", "events": []}', "one event or more"),
        (STREAM, b'{"events": [{"name": "purchase"}]}', "client_id must be"),
        (STREAM, b'{"client_id": "1", "events": [7]}', "is no object"),
        (STREAM, b'{"client_id": "1", "events": [{"name": "_bad"}]}', "must begin with a letter"),
        (STREAM, b'{"client_id": "1", "events": [{"name": "session_start"}]}', "reserved name"),
        ({"api_secret": "any"}, b'{"client_id": "1", "events": [{"name": "a"}]}', "measurement_id or firebase_app_id"),
        ({"measurement_id": "G-1"}, b'{"client_id": "1", "events": [{"name": "a"}]}', "api_secret"),
    ],
)
def test_rubbish_is_answered_with_2xx_and_gone(
    collector: CollectorClient, query: dict[str, str], content: bytes, why: str
) -> None:
    answer = collector.http.post("/mp/collect", params=query, content=content)
    assert (answer.status_code, answer.content) == (204, b"")
    (row,) = collector.book()
    assert row["fate"] == "dropped" and why in row["why"]


def test_one_event_too_many_costs_the_request(collector: CollectorClient) -> None:
    collector.measure(*(purchase(str(number)) for number in range(26)))
    assert {row["fate"] for row in collector.book()} == {"dropped"}
    collector.measure(*(purchase(str(number)) for number in range(25)))
    assert [fate for _, fate in collector.fates()] == ["dropped"] * 26 + ["kept"] * 25


def test_a_bad_event_costs_itself_alone(collector: CollectorClient) -> None:
    collector.measure(purchase("1"), {"name": "0bad"}, purchase("2"))
    assert [row["fate"] for row in collector.book()] == ["kept", "dropped", "kept"]


def test_what_is_too_old_is_moved_or_refused(collector: CollectorClient) -> None:
    long_ago_us = time.time_ns() // 1000 - 80 * HOUR_US
    collector.measure(purchase("1"), timestamp_micros=long_ago_us)
    collector.measure(purchase("2"), timestamp_micros=long_ago_us, validation_behavior="ENFORCE_RECOMMENDATIONS")
    moved, dropped = collector.book()
    assert moved["fate"] == "kept" and moved["at_unix_us"] - moved["happened_unix_us"] == pytest.approx(
        72 * HOUR_US, abs=1e7
    )
    assert dropped["fate"] == "dropped" and "72 hours" in dropped["why"]


def test_the_server_is_not_deduplicated_but_the_browser_is(collector: CollectorClient) -> None:
    for _ in range(2):
        collector.measure(purchase("1"))
        assert collector.hit(en="purchase", **{"ep.transaction_id": "1", "epn.value": "5"}).status_code == 204
        collector.hit(en="purchase", cid="9.9", **{"ep.transaction_id": "2"})
    assert collector.fates() == [
        ("1", "kept"), ("1", "kept"), ("2", "kept"), ("1", "kept"), ("1", "merged"), ("2", "merged"),
    ]  # fmt: skip


def test_an_empty_transaction_id_merges_all_of_a_web_stream(collector: CollectorClient) -> None:
    collector.measure(purchase(""), purchase(""), purchase(None))
    collector.hit(en="purchase", **{"ep.transaction_id": ""})
    collector.hit(en="purchase")
    app = {"firebase_app_id": "1:2:android:3", "api_secret": "any"}
    collector.measure(purchase(""), purchase(""), query=app, app_instance_id="abc")
    assert collector.fates() == [
        ("", "kept"), ("", "merged"), (None, "kept"), ("", "merged"), (None, "kept"), ("", "kept"), ("", "kept"),
    ]  # fmt: skip
    assert collector.book()[1]["why"].startswith("transaction_id is empty")


def test_another_stream_is_another_story(collector: CollectorClient) -> None:
    for stream in ("G-ONE", "G-TWO"):
        collector.hit(en="purchase", tid=stream, **{"ep.transaction_id": "1"})
    assert [(row["account"], row["fate"]) for row in collector.book()] == [("G-ONE", "kept"), ("G-TWO", "kept")]


def test_a_hit_of_several_lines(collector: CollectorClient) -> None:
    collector.hit("en=page_view\r\nen=purchase&ep.transaction_id=7&epn.value=12.5&cu=EUR\r\n")
    view, sold = collector.book()
    assert (view["name"], sold["name"], sold["order_id"], sold["value"], sold["currency"]) == (
        "page_view", "purchase", "7", 12.5, "EUR",
    )  # fmt: skip


def test_a_hit_by_get_and_hits_that_lack_something(collector: CollectorClient) -> None:
    query = {"v": "2", "tid": "G-1", "cid": "1", "en": "purchase", "ep.transaction_id": "1", "epn.value": "nan"}
    assert collector.http.get("/g/collect", params=query).status_code == 204
    assert collector.http.get("/g/collect", params={"en": "purchase"}).status_code == 204
    kept, dropped = collector.book()
    assert (kept["fate"], kept["value"]) == ("kept", None)
    assert (dropped["fate"], dropped["why"]) == ("dropped", "the hit lacks v, tid, cid")


@pytest.mark.parametrize(
    ("event", "code", "field"),
    [
        (purchase("1"), None, ""),
        (purchase(""), "VALUE_REQUIRED", "events.params.transaction_id"),
        (purchase("1", value="29.88"), "VALUE_INVALID", "events.params.value"),
        (purchase("1", currency=None), "VALUE_REQUIRED", "events.params.currency"),
        (purchase("1", affiliation="x" * 101), "VALUE_OUT_OF_BOUNDS", "events.params.affiliation"),
        (purchase("1", **{f"p{number}": 1 for number in range(23)}), "EXCEEDED_MAX_ENTITIES", "events.params"),
        (purchase("1", ga_x="y"), "NAME_RESERVED", "events.params.ga_x"),
        ({"name": "_badEventName", "params": {}}, "NAME_INVALID", "events"),
        ({"name": "first_visit"}, "NAME_RESERVED", "events"),
        ({"params": {}}, "VALUE_REQUIRED", "events.name"),
        ({"name": "a", "params": []}, "VALUE_INVALID", "events.params"),
    ],
)
def test_the_validation_server_says_what_is_wrong(
    collector: CollectorClient, event: Any, code: str | None, field: str
) -> None:
    messages = collector.validate(event)
    assert [(one["validationCode"], one["fieldPath"]) for one in messages] == ([(code, field)] if code else [])
    assert all(one["description"] for one in messages)
    assert collector.book() == []


def test_without_being_asked_to_be_strict_it_says_less(collector: CollectorClient) -> None:
    assert collector.validate(purchase(""), validation_behavior="RELAXED") == []
    assert (
        collector.validate(*[purchase("1")] * 26, validation_behavior="RELAXED")[0]["validationCode"]
        == "EXCEEDED_MAX_ENTITIES"
    )
