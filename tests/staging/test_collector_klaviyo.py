"""Klaviyo's events: one a second for each profile and metric unless it has an id, and 350 a second in all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from collector_client import CollectorClient, placed_order
from jsonschema import Draft202012Validator

from doorbuster.staging.collector.book import EventBook
from doorbuster.staging.collector.klaviyo import Klaviyo
from doorbuster.staging.collector.windows import BURST, STEADY, Windows
from doorbuster.staging.web import Call, Refusal

AT = "2026-11-22T20:00:05+00:00"


def test_a_purchase(collector: CollectorClient) -> None:
    answer = collector.klaviyo(placed_order(time=AT, unique_id="1001"))
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["content-type"] == "application/vnd.api+json"
    assert int(answer.headers["ratelimit-limit"]) == 3500 and int(answer.headers["ratelimit-remaining"]) < 3500
    (row,) = collector.book()
    del row["at_unix_us"]
    assert row == {
        "protocol": "klaviyo", "account": "", "name": "purchase", "order_id": "1001", "value": 29.88, "currency": "EUR",
        "happened_unix_us": 1_795_377_605_000_000, "fate": "kept", "why": "",
    }  # fmt: skip


def test_an_id_is_good_once_for_a_profile_and_a_metric(collector: CollectorClient) -> None:
    for body in (
        placed_order(unique_id="1"),
        placed_order(unique_id="1", time="2026-11-22T21:00:00+00:00"),
        placed_order(unique_id="1", email="bob@example.com"),
        placed_order(unique_id="1", metric="Started Checkout"),
        placed_order(unique_id="2"),
    ):
        assert collector.klaviyo(body).status_code == 202
    assert [row["fate"] for row in collector.book()] == ["kept", "merged", "kept", "kept", "kept"]


def test_without_an_id_one_a_second_is_kept(collector: CollectorClient) -> None:
    for body in (
        placed_order(time=AT, properties={"OrderId": "1"}),
        placed_order(time="2026-11-22T20:00:05.900Z", properties={"OrderId": "2"}),
        placed_order(time="2026-11-22T20:00:06Z", properties={"OrderId": "3"}),
        placed_order(time=AT, properties={"OrderId": "4"}, email="bob@example.com"),
    ):
        collector.klaviyo(body)
    assert collector.fates() == [("1", "kept"), ("2", "merged"), ("3", "kept"), ("4", "kept")]
    assert "in this second" in collector.book()[1]["why"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "where"),
    [
        (placed_order(), {"Authorization": ""}, 401, {"pointer": "/data"}),
        (placed_order(), {"Authorization": "Bearer x"}, 401, {"pointer": "/data"}),
        (placed_order(), {"revision": ""}, 400, {"parameter": "revision"}),
        (placed_order(), {"revision": "latest"}, 400, {"parameter": "revision"}),
        ([], {}, 400, {"pointer": "/data"}),
        ({"data": {"type": "event"}}, {}, 400, {"pointer": "/data/attributes"}),
        (placed_order(metric=""), {}, 400, {"pointer": "/data/attributes/metric/data/attributes/name"}),
        (placed_order(value="29.88"), {}, 400, {"pointer": "/data/attributes/value"}),
        (placed_order(properties=None), {}, 400, {"pointer": "/data/attributes/properties"}),
        (placed_order(email=""), {}, 400, {"pointer": "/data/attributes/profile/data/attributes"}),
        (placed_order(time="yesterday"), {}, 400, {"pointer": "/data/attributes/time"}),
        (placed_order(time="1989-11-09T18:53:00Z"), {}, 400, {"pointer": "/data/attributes/time"}),
        (placed_order(time=(datetime.now(UTC) + timedelta(days=400)).isoformat()), {}, 400, {"pointer": "/data/attributes/time"}),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_refused(
    collector: CollectorClient, body: Any, headers: dict[str, str], status: int, where: dict[str, str]
) -> None:
    answer = collector.klaviyo(body, **headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["status"], error["source"]) == (status, status, where)
    assert [row["fate"] for row in collector.book()] == ["refused"]


def test_bodies_and_errors_are_as_the_published_description_has_them(collector: CollectorClient, shared: Path) -> None:
    described = json.loads((shared / "schemas/klaviyo/create_event.openapi.json").read_text())
    parts = {"components": described["components"]}
    body = Draft202012Validator({"$ref": "#/components/schemas/EventCreateQueryV2", **parts})
    refused = parts["components"]["responses"]["ClientError"]["content"]["application/vnd.api+json"]["schema"]
    Draft202012Validator(refused).validate(collector.klaviyo([]).json())
    good = [
        placed_order(),
        placed_order(time=AT, unique_id="1", backfill=True),
        placed_order(value=None, value_currency=None),
    ]
    bad = [
        placed_order(value="29.88"),
        placed_order(properties=None),
        placed_order(metric=7),
        {},
        {"data": {"type": "x"}},
    ]  # type: ignore[arg-type]  # on purpose
    for told in good:
        assert body.is_valid(told) and collector.klaviyo(told).status_code == 202
    for told in bad:
        assert not body.is_valid(told) and collector.klaviyo(told).status_code == 400


def test_350_a_second_and_no_more() -> None:
    windows = Windows()
    for _ in range(BURST):
        windows.admit("key", 1000.2)
    with pytest.raises(Refusal) as refused:
        windows.admit("key", 1000.9)
    assert (refused.value.status, refused.value.headers) == (429, ((b"retry-after", b"1"),))
    windows.admit("other key", 1000.9)
    windows.admit("key", 1001.0)


def test_3500_a_minute_and_no_more() -> None:
    windows = Windows()
    left = [dict(windows.admit("key", 600.0 + number / 100)) for number in range(STEADY)]
    assert (left[0][b"ratelimit-remaining"], left[-1][b"ratelimit-remaining"]) == (b"3499", b"0")
    with pytest.raises(Refusal) as refused:
        windows.admit("key", 640.0)
    assert refused.value.headers == ((b"retry-after", b"20"),)
    windows.admit("key", 660.0)


def test_what_was_too_fast_is_in_the_book_and_may_come_again() -> None:
    clock_us = [1_700_000_000_000_000]
    book = EventBook(lambda: clock_us[0])
    klaviyo = Klaviyo(book)
    headers = {b"authorization": b"Klaviyo-API-Key any", b"revision": b"2026-07-15"}

    def send(number: int) -> None:
        body = json.dumps(placed_order(properties={"OrderId": str(number)}, unique_id=str(number))).encode()
        klaviyo.take(Call({}, headers, "", body, b""))

    for number in range(BURST):
        send(number)
    with pytest.raises(Refusal, match="throttled"):
        send(BURST)
    clock_us[0] += 1_000_000
    send(BURST)
    rows = book.events(Call({}, {}, "", b"", b"")).body["events"]
    assert [(row["order_id"], row["fate"]) for row in rows[-2:]] == [(str(BURST), "refused"), (str(BURST), "kept")]
