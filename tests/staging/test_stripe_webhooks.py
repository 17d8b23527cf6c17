"""The shop hears of payments by signed webhooks, until it says that it has heard."""

from __future__ import annotations

import hashlib
import hmac
import json
import re

from listening_shop import Heard, ListeningShop, attempts_logged
from staging_mall import Mall
from stripe_client import StripeClient

ALL = {"enabled_events[]": "*"}


def is_signed(heard: Heard, secret: str) -> bool:
    """Stripe's check, from its description: HMAC-SHA256 over time, dot, body."""
    parts = dict(part.split("=", 1) for part in heard.headers["Stripe-Signature"].split(","))
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + heard.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"])


def one_bit_off(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:]


def test_signed_in_order_and_complete(stripe: StripeClient, listener: ListeningShop) -> None:
    url = f"{listener.url}/hooks"
    secret = stripe.post("webhook_endpoints", {"url": url, **ALL, "api_version": "2026-01-01"}).json()["secret"]
    sale = stripe.sell("told")
    heard = listener.wait_for(3)
    for one in heard:
        assert is_signed(one, secret)
        assert not is_signed(one, secret[:-1] + chr(ord(secret[-1]) ^ 1))
        assert not is_signed(Heard(one.path, one.headers, one_bit_off(one.body)), secret)
    events = {event["type"]: event for event in (json.loads(one.body) for one in heard)}
    assert set(events) == {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}
    assert events["payment_intent.succeeded"]["data"]["object"] == sale
    assert events["payment_intent.created"]["data"]["object"]["status"] == "requires_confirmation"
    assert {event["api_version"] for event in events.values()} == {"2026-01-01"}
    assert {one.path for one in heard} == {"/hooks"}
    assert re.fullmatch(r"t=\d{10},v1=[0-9a-f]{64}", heard[0].headers["Stripe-Signature"])


def test_only_what_was_asked_for_is_sent(stripe: StripeClient, listener: ListeningShop) -> None:
    form = {"url": listener.url, "enabled_events[]": "charge.refunded"}
    stripe.post("webhook_endpoints", form)
    sale = stripe.sell()
    stripe.post("refunds", {"payment_intent": sale["id"]}, "back-1")
    (heard,) = listener.wait_for(1)
    event = json.loads(heard.body)
    assert (event["type"], event["request"]["idempotency_key"]) == ("charge.refunded", "back-1")
    assert len(listener.heard) == 1


def test_a_shop_that_stumbles_hears_again_with_a_signature_of_then(
    stripe: StripeClient, listener: ListeningShop
) -> None:
    listener.answers = [500, 302]
    form = {"url": listener.url, "enabled_events[]": "payment_intent.succeeded"}
    secret = stripe.post("webhook_endpoints", form).json()["secret"]
    stripe.sell()
    heard = listener.wait_for(3)
    assert len({one.body for one in heard}) == 1 and all(is_signed(one, secret) for one in heard)
    assert len({one.headers["Stripe-Signature"] for one in heard}) > 1
    assert attempts_logged(stripe.http, 3) == ["HTTP 500", "HTTP 302", "HTTP 200"]


def test_an_endpoint_survives_a_reset_and_can_be_removed(
    stripe: StripeClient, listener: ListeningShop, mall: Mall
) -> None:
    made = stripe.post("webhook_endpoints", {"url": listener.url, **ALL}).json()
    mall.backstage.reset(7)
    stripe.sell()
    listener.wait_for(3)
    assert stripe.delete(f"webhook_endpoints/{made['id']}").json()["deleted"] is True
    assert stripe.get("webhook_endpoints").json()["data"] == []
    assert stripe.delete(f"webhook_endpoints/{made['id']}").status_code == 404
    assert stripe.post("webhook_endpoints", {"url": "ftp://x", **ALL}).json()["error"]["code"] == "url_invalid"
