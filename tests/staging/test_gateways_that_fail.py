"""Stripe and Redsys on a bad day: down, saying no, silent after taking the money, and notifications gone astray."""

from __future__ import annotations

import json
import time
from collections import Counter

import httpx
import pytest
from listening_shop import ListeningShop, attempts_logged
from redsys_client import RedsysClient, read_form, signed_fields
from staging_mall import Mall
from stripe_client import SALE, VISA, StripeClient

SUCCEEDED = {"enabled_events[]": "payment_intent.succeeded"}


@pytest.fixture
def redsys(gateway: httpx.Client) -> RedsysClient:
    return RedsysClient(gateway)


def pay_and_tell(redsys: RedsysClient, listener: ListeningShop, *orders: str) -> None:
    """Orders paid, each told to the shop."""
    for order in orders:
        assert redsys.rest(signed_fields(order, MERCHANTURL=listener.url))["Ds_Response"] == "0000"


def told(listener: ListeningShop, count: int) -> list[str]:
    return [read_form(heard.body)["Ds_Order"] for heard in listener.wait_for(count)]


def test_down_on_the_timetable_in_each_protocols_own_words(
    stripe: StripeClient, redsys: RedsysClient, mall: Mall
) -> None:
    now = time.time()
    mall.backstage.steer([{"name": "gateway_down", "from_unix_s": now - 60, "until_unix_s": now - 1}])
    stripe.sell("before")
    mall.backstage.steer([{"name": "gateway_down", "from_unix_s": now - 60, "until_unix_s": now + 600}])
    down = stripe.post("payment_intents", {**SALE, **VISA}, "k")
    assert (down.status_code, down.json()["error"]["type"]) == (503, "api_error")
    assert stripe.get("payment_intents").status_code == 503
    for path in ("/sis/realizarPago", "/sis/rest/trataPeticionREST", "/apl02/services/SerClsWSConsulta"):
        assert redsys.http.post(path, data=signed_fields("5000")).status_code == 503
    mall.all_off()
    # Nothing was done while it was down, and neither the key nor the order number is spent.
    assert "idempotent-replayed" not in stripe.post("payment_intents", {**SALE, **VISA}, "k").headers
    assert redsys.rest(signed_fields("5000"))["Ds_Response"] == "0000"
    assert len(mall.facts("gateway", "captured")) == 3


def test_the_bank_says_no_to_a_share(stripe: StripeClient, redsys: RedsysClient, mall: Mall) -> None:
    mall.switch_on("declines", 0.5)
    by_stripe = Counter(stripe.post("payment_intents", {**SALE, **VISA}).status_code for _ in range(40))
    by_redsys = Counter(redsys.rest(signed_fields(f"{5000 + n}"))["Ds_Response"] for n in range(40))
    assert set(by_stripe) == {200, 402} and set(by_redsys) == {"0000", "0190"}
    assert len(mall.facts("gateway", "declined")) == by_stripe[402] + by_redsys["0190"]
    mall.switch_on("declines", 1)
    intent = stripe.post("payment_intents", {**SALE, **VISA}).json()["error"]["payment_intent"]
    mall.all_off()
    again = stripe.post(f"payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"})
    assert again.json()["status"] == "succeeded"


def test_the_money_is_taken_and_nobody_told_by_stripe(stripe: StripeClient, mall: Mall) -> None:
    mall.switch_on("timeout_after_capture", 1)
    stripe.http.timeout = httpx.Timeout(0.5)
    with pytest.raises(httpx.ReadTimeout):
        stripe.post("payment_intents", {**SALE, **VISA}, "once")
    assert len(mall.facts("gateway", "captured")) == 1
    again = stripe.post("payment_intents", {**SALE, **VISA}, "once")
    assert again.json()["status"] == "succeeded" and again.headers["idempotent-replayed"] == "true"
    assert stripe.post("payment_intents", SALE).status_code == 200  # nothing captured, nothing held back
    assert len(mall.facts("gateway", "captured")) == 1


def test_the_money_is_taken_and_nobody_told_by_redsys(redsys: RedsysClient, mall: Mall) -> None:
    mall.switch_on("timeout_after_capture", 1)
    redsys.http.timeout = httpx.Timeout(0.5)
    with pytest.raises(httpx.ReadTimeout):
        redsys.rest(signed_fields("5000"))
    assert "Ds_Response&gt;0000&lt;" in redsys.ask("5000")
    assert redsys.rest(signed_fields("5000")) == {"errorCode": "SIS0051"}
    assert len(mall.facts("gateway", "captured")) == 1


def test_the_staging_shop_finds_out_and_nobody_pays_twice(mall: Mall) -> None:
    shopper = mall.ready_to_place("silence", mall.line("doorbuster-deal-one"))
    mall.switch_on("timeout_after_capture", 1)
    assert shopper.checkout_complete().outcome == "unknown"
    mall.all_off()
    assert len(mall.facts("shop", "order")) == len(mall.facts("gateway", "captured")) == 1


def test_lost_notifications(redsys: RedsysClient, mall: Mall, listener: ListeningShop) -> None:
    mall.switch_on("lost_notifications", 0.5)
    orders = [f"{5000 + number}" for number in range(20)]
    pay_and_tell(redsys, listener, *orders)
    results = Counter(attempts_logged(redsys.http, 20))
    assert set(results) == {"HTTP 200", "lost"}
    heard = told(listener, results["HTTP 200"])
    assert set(heard) < set(orders) and len(heard) == results["HTTP 200"]
    assert len(mall.facts("gateway", "captured")) == 20


def test_a_lost_webhook_is_not_sent_again(stripe: StripeClient, mall: Mall, listener: ListeningShop) -> None:
    stripe.post("webhook_endpoints", {"url": listener.url, **SUCCEEDED})
    mall.switch_on("lost_notifications", 1)
    sale = stripe.sell()
    mall.all_off()
    stripe.sell()
    (heard,) = listener.wait_for(1)
    assert json.loads(heard.body)["data"]["object"]["id"] != sale["id"]
    assert sale["id"] in {event["data"]["object"]["id"] for event in stripe.get("events").json()["data"]}


def test_doubled_notifications(redsys: RedsysClient, stripe: StripeClient, mall: Mall, listener: ListeningShop) -> None:
    mall.switch_on("doubled_notifications", 1)
    pay_and_tell(redsys, listener, "5000", "5001", "5002")
    assert Counter(told(listener, 6)) == dict.fromkeys(("5000", "5001", "5002"), 2)
    stripe.post("webhook_endpoints", {"url": listener.url, **SUCCEEDED})
    stripe.sell()
    first, again = listener.wait_for(8)[-2:]
    assert first.body == again.body


@pytest.mark.parametrize(("fault", "value"), [("late_notifications", 1500), ("reordered_notifications", 1)])
def test_a_later_notification_arrives_first(
    redsys: RedsysClient, mall: Mall, listener: ListeningShop, fault: str, value: float
) -> None:
    mall.switch_on(fault, value)
    pay_and_tell(redsys, listener, "5000")
    mall.all_off()
    pay_and_tell(redsys, listener, "5001")
    assert told(listener, 2) == ["5001", "5000"]


def test_what_nothing_follows_is_told_all_the_same(redsys: RedsysClient, mall: Mall, listener: ListeningShop) -> None:
    mall.switch_on("reordered_notifications", 1)
    pay_and_tell(redsys, listener, "5000")
    assert told(listener, 1) == ["5000"]


def test_a_shop_that_is_not_there_harms_nobody(redsys: RedsysClient, mall: Mall) -> None:
    for order, url in (("5000", "http://127.0.0.1:1/"), ("5001", "no address")):
        assert redsys.rest(signed_fields(order, MERCHANTURL=url))["Ds_Response"] == "0000"
    assert attempts_logged(redsys.http, 2) == ["no answer", "no answer"]
    assert len(mall.facts("gateway", "captured")) == 2


def test_a_reset_stops_what_is_under_way(redsys: RedsysClient, mall: Mall, listener: ListeningShop) -> None:
    mall.switch_on("late_notifications", 500)
    pay_and_tell(redsys, listener, "5000")
    mall.backstage.reset(7)
    mall.switch_on("late_notifications", 1500)
    pay_and_tell(redsys, listener, "5001")
    assert told(listener, 1) == ["5001"]
    assert attempts_logged(redsys.http, 1) == ["HTTP 200"]
