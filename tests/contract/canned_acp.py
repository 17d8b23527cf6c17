"""A shop's checkout sessions by the Agentic Commerce Protocol, as its schema says they look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from doorbuster.storefronts.base import Product, Response
from tests.contract.exchange import BASE_URL, Request, json_response

SHIPPING_MINOR = 495
SESSION = "cs_1"
ORDER = "ORD-1001"


def total(kind: str, amount: int) -> dict[str, Any]:
    return {"type": kind, "display_text": kind.replace("_", " "), "amount": amount}


def message(code: str) -> dict[str, Any]:
    return {"type": "error", "code": code, "content_type": "plain", "content": "No.", "resolution": "recoverable"}


def error(code: str, kind: str = "invalid_request") -> dict[str, Any]:
    return {"type": kind, "code": code, "message": "No."}


def session(product: Product, status: str, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One item, shipped, no tax."""
    items, shipped = [total("items_base_amount", product.price_minor)], status != "not_ready_for_payment"
    shipping = [total("fulfillment", SHIPPING_MINOR)] if shipped else []
    whole = total("total", product.price_minor + SHIPPING_MINOR * shipped)
    config = {"merchant_id": "acme", "delegate_payment_url": f"{BASE_URL}/agentic_commerce/delegate_payment"}
    handler = {
        "id": "card_tokenized",
        "name": "dev.acp.tokenized.card",
        "version": "2026-04-17",
        "spec": f"{BASE_URL}/spec",
        "requires_delegate_payment": True,
        "requires_pci_compliance": False,
        "psp": "example",
        "config_schema": f"{BASE_URL}/config.json",
        "instrument_schemas": [f"{BASE_URL}/instrument.json"],
        "config": config,
    }
    said: dict[str, Any] = {
        "id": SESSION,
        "protocol": {"version": "2026-04-17"},
        "capabilities": {"payment": {"handlers": [handler]}},
        "status": status,
        "currency": product.currency.lower(),
        "line_items": [{"id": "li_1", "item": {"id": product.variant}, "quantity": 1, "totals": [*items, whole]}],
        "fulfillment_options": [
            {
                "type": "shipping",
                "id": "standard",
                "title": "Standard",
                "totals": [total("total", SHIPPING_MINOR)],
            }
        ],
        "totals": [*items, *shipping, whole],
        "messages": list(messages),
        "links": [],
        **more,
    }
    if status == "completed":
        permalink = f"{BASE_URL}/orders/{ORDER}"
        said["order"] = {"id": ORDER, "checkout_session_id": SESSION, "permalink_url": permalink}
    return said


@dataclass
class CannedAcp:
    """Answers what is the protocol's; None for any other request."""

    product: Product
    status: str = field(default="not_ready_for_payment", init=False)

    def answer(self, request: Request) -> Response | None:
        path = request.url.removeprefix(BASE_URL)
        if path == "/agentic_commerce/delegate_payment":
            return json_response({"id": "vt_1", "created": "2026-11-22T10:15:00Z", "metadata": {}}, 201)
        if not path.startswith("/checkout_sessions"):
            return None
        if request.method == "GET":
            return json_response(session(self.product, self.status))
        if path.endswith("/complete"):
            self.status = "completed"
        elif "selected_fulfillment_options" in request.json:
            self.status = "ready_for_payment"
        return json_response(session(self.product, self.status), 201 if path == "/checkout_sessions" else 200)
