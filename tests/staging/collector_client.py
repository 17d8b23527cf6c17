"""A merchant's shop as it tells Google, Meta and Klaviyo of its purchases; and the collector's book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

STREAM = {"measurement_id": "G-TEST", "api_secret": "any"}


@dataclass(frozen=True)
class CollectorClient:
    http: httpx.Client

    def book(self) -> list[dict[str, Any]]:
        return list(self.http.get("/admin/events").json()["events"])

    def fates(self) -> list[tuple[str | None, str]]:
        """(order, fate), in the order of arrival."""
        return [(row["order_id"], row["fate"]) for row in self.book()]

    def measure(self, *events: Any, query: dict[str, str] = STREAM, **body: Any) -> httpx.Response:
        return self.http.post("/mp/collect", params=query, json={"client_id": "7.8", **body, "events": list(events)})

    def validate(self, *events: Any, query: dict[str, str] = STREAM, **body: Any) -> list[dict[str, str]]:
        told = {"client_id": "7.8", "validation_behavior": "ENFORCE_RECOMMENDATIONS", **body, "events": list(events)}
        return list(self.http.post("/debug/mp/collect", params=query, json=told).json()["validationMessages"])

    def hit(self, body: str = "", **fields: str) -> httpx.Response:
        return self.http.post("/g/collect", params={"v": "2", "tid": "G-TEST", "cid": "7.8", **fields}, content=body)

    def convert(self, *events: Any, pixel: str = "42") -> httpx.Response:
        return self.http.post(f"/v24.0/{pixel}/events", params={"access_token": "any"}, json={"data": list(events)})

    def klaviyo(self, body: Any, **headers: str) -> httpx.Response:
        sent = {"revision": "2026-07-15", "Authorization": "Klaviyo-API-Key any", **headers}
        return self.http.post("/api/events", json=body, headers={name: value for name, value in sent.items() if value})


def purchase(order_id: str | None, **params: Any) -> dict[str, Any]:
    """A purchase for Google, with as many parameters changed, or left out by None."""
    said = {"transaction_id": order_id, "value": 29.88, "currency": "EUR", **params}
    return {"name": "purchase", "params": {name: value for name, value in said.items() if value is not None}}


def conversion(event_time: int, order_id: str = "1001", **changed: Any) -> dict[str, Any]:
    """A purchase for Meta."""
    return {
        "event_name": "Purchase",
        "event_time": event_time,
        "event_id": f"purchase-{order_id}",
        "action_source": "website",
        "user_data": {"em": ["f660ab912ec121d1b1e928a0bb4bc61b15f5ad44d5efdc4e1c92a25e99b8e44a"]},
        "custom_data": {"value": 29.88, "currency": "EUR", "order_id": order_id},
        **changed,
    }


def placed_order(email: str = "ann@example.com", metric: str = "Placed Order", **attributes: Any) -> dict[str, Any]:
    """A purchase for Klaviyo; an attribute of None is left out."""
    said = {
        "properties": {"OrderId": "1001"},
        "value": 29.88,
        "value_currency": "EUR",
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
        "profile": {"data": {"type": "profile", "attributes": {"email": email}}},
        **attributes,
    }
    kept = {name: value for name, value in said.items() if value is not None}
    return {"data": {"type": "event", "attributes": kept}}
