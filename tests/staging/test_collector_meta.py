"""Meta's Conversions API: merged by name and id, and one event that is too old refuses the request."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from collector_client import CollectorClient, conversion

from doorbuster.staging.collector.book import EventBook
from doorbuster.staging.collector.meta import SAME_WITHIN_US

DAY_S = 86_400


def now_s() -> int:
    return int(time.time())


def test_purchases_of_several_shoppers(collector: CollectorClient) -> None:
    answer = collector.convert(conversion(now_s(), "1"), conversion(now_s() - DAY_S, "2"))
    assert answer.status_code == 200
    assert answer.json() == {"events_received": 2, "messages": [], "fbtrace_id": answer.json()["fbtrace_id"]}
    rows = collector.book()
    assert [(row["protocol"], row["account"], row["name"]) for row in rows] == [("meta", "42", "purchase")] * 2
    assert [(row["order_id"], row["value"], row["currency"]) for row in rows] == [
        ("1", 29.88, "EUR"),
        ("2", 29.88, "EUR"),
    ]


def test_the_same_name_and_id_is_one_event(collector: CollectorClient) -> None:
    first = conversion(now_s(), "1")
    collector.convert(first, {**first, "event_name": "Lead"})
    assert collector.convert(first).json()["events_received"] == 1
    collector.convert(first, pixel="43")
    assert [row["fate"] for row in collector.book()] == ["kept", "kept", "merged", "kept"]


def test_without_an_id_nothing_is_merged(collector: CollectorClient) -> None:
    for _ in range(2):
        collector.convert(conversion(now_s(), event_id=None), conversion(now_s(), event_id=""))
    assert [row["fate"] for row in collector.book()] == ["kept"] * 4


def test_after_48_hours_it_is_another_event() -> None:
    clock_us = [0]
    book = EventBook(lambda: clock_us[0])
    assert not book.is_repeat(("a",), SAME_WITHIN_US)
    clock_us[0] = SAME_WITHIN_US
    assert book.is_repeat(("a",), SAME_WITHIN_US)
    clock_us[0] += 1
    assert not book.is_repeat(("a",), SAME_WITHIN_US)
    assert book.is_repeat(("a",), SAME_WITHIN_US)


def test_one_event_of_eight_days_ago_refuses_them_all(collector: CollectorClient) -> None:
    answer = collector.convert(conversion(now_s(), "1"), conversion(now_s() - 8 * DAY_S, "2"))
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"], error["error_subcode"]) == (
        400,
        "OAuthException",
        100,
        2804003,
    )
    assert collector.fates() == [("1", "refused"), ("2", "refused")]
    assert "7 days" in collector.book()[0]["why"]
    collector.convert(conversion(now_s(), "1"))
    assert collector.fates()[-1] == ("1", "kept")


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({}, "event_name"),
        (conversion(0) | {"event_time": "yesterday"}, "event_time"),
        (conversion(now_s() * 1000), "it is in seconds"),
        ({name: said for name, said in conversion(now_s()).items() if name != "user_data"}, "user_data"),
        ({name: said for name, said in conversion(now_s()).items() if name != "action_source"}, "action_source"),
        (7, "data"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(collector: CollectorClient, event: Any, why: str) -> None:
    answer = collector.convert(conversion(now_s(), "1"), event)
    assert answer.status_code == 400 and why in answer.json()["error"]["message"]
    assert {row["fate"] for row in collector.book()} == {"refused"}


def test_no_token_no_events_and_no_json(collector: CollectorClient) -> None:
    url = "/v24.0/42/events"
    assert collector.http.post(url, json={"data": [conversion(now_s())]}).json()["error"]["code"] == 190
    assert collector.http.post(url, params={"access_token": "a"}, json={"data": []}).status_code == 400
    assert collector.http.post(url, params={"access_token": "a"}, content=b"{").status_code == 400
    assert collector.http.post(url, params={"access_token": "a"}, json=[1]).status_code == 400
    assert {row["fate"] for row in collector.book()} == {"refused"}


def test_a_form_as_metas_own_libraries_send_it(collector: CollectorClient) -> None:
    event = conversion(now_s(), custom_data={"value": "29.88", "currency": "EUR", "order_id": 1001})
    form = {"access_token": "any", "data": json.dumps([event])}
    assert collector.http.post("/v19.0/42/events", data=form).json()["events_received"] == 1
    (row,) = collector.book()
    assert (row["order_id"], row["value"]) == ("1001", 29.88)
