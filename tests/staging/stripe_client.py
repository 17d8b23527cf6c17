"""A merchant's server that speaks Stripe: forms with nested keys, a test key, an idempotency key where it gives one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

SALE = {"amount": 2599, "currency": "eur"}
VISA = {"payment_method": "pm_card_visa", "confirm": "true"}


@dataclass(frozen=True)
class StripeClient:
    http: httpx.Client
    key: str = "sk_test_any"

    def post(self, path: str, form: Mapping[str, Any] | None = None, idempotency: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", **({"Idempotency-Key": idempotency} if idempotency else {})}
        return self.http.post(f"/v1/{path}", data=dict(form or {}), headers=headers)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(f"/v1/{path}", params=query, headers={"Authorization": f"Bearer {self.key}"})

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(f"/v1/{path}", headers={"Authorization": f"Bearer {self.key}"})

    def sell(self, intent: str = "", **more: Any) -> dict[str, Any]:
        """A PaymentIntent, created and confirmed in one call; must go through."""
        marked = {"metadata[intent]": intent} if intent else {}
        answer = self.post("payment_intents", {**SALE, **VISA, **marked, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
