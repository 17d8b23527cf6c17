"""Stripe's events, and the signed webhooks that carry them to the shop."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import orjson

from doorbuster.staging.notifications import Notification, Outbox
from doorbuster.staging.stripe.objects import Object

RETRY_AFTER_S: Final = (0.5, 2.0, 8.0, 30.0)
"""Stripe takes hours over its retries (three days live); a rehearsal has minutes."""


def signature(secret: str, sent_unix_s: int, body: bytes) -> str:
    """The value of `Stripe-Signature`: HMAC-SHA256 over the time, a dot and the body as sent."""
    made = hmac.new(secret.encode(), b"%d.%s" % (sent_unix_s, body), hashlib.sha256).hexdigest()
    return f"t={sent_unix_s},v1={made}"


def secret_of(url: str) -> str:
    """The signing secret of an endpoint: the same for the same address, so that a shop can be told it beforehand."""
    return f"whsec_{hashlib.sha256(f'doorbuster:{url}'.encode()).hexdigest()[:32]}"


def endpoint(name: str, url: str, created_unix_s: int, events: list[str], more: Mapping[str, str]) -> Object:
    """A webhook endpoint. `more`: api_version and description, empty where not given."""
    return {
        "id": name,
        "object": "webhook_endpoint",
        "api_version": more["api_version"] or None,
        "application": None,
        "created": created_unix_s,
        "description": more["description"] or None,
        "enabled_events": events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }


def event(name: str, kind: str, about: Mapping[str, Any], created_unix_s: int, key: str) -> Object:
    """An event about an object as it is now. `key` is the Idempotency-Key of the request behind it, empty for none."""
    return {
        "id": name,
        "object": "event",
        "api_version": None,
        "created": created_unix_s,
        "data": {"object": orjson.loads(orjson.dumps(about))},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": f"req_{name.removeprefix('evt_')}", "idempotency_key": key or None},
        "type": kind,
    }


def send(outbox: Outbox, told: Object, to: Object, payment: str) -> None:
    """Send one event to one endpoint, if that wants to hear of it."""
    if told["type"] not in to["enabled_events"] and "*" not in to["enabled_events"]:
        return
    body = orjson.dumps({**told, "api_version": to["api_version"], "pending_webhooks": 1})
    secret = secret_of(to["url"])
    outbox.send(
        Notification(
            id=f"{told['id']}-{to['id']}",
            kind=told["type"],
            payment=payment,
            url=to["url"],
            body=body,
            headers=lambda now_unix_s: {
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": signature(secret, now_unix_s, body),
            },
            retry_after_s=RETRY_AFTER_S,
        )
    )
