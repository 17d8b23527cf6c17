"""The Universal Commerce Protocol's side of the contract: every body that travels, held against its schemas."""

from __future__ import annotations

import uuid
from typing import Any

from doorbuster.storefronts.base import Product, Response, Shop
from doorbuster.storefronts.ucp import PLATFORM
from doorbuster.storefronts.ucp_options import UcpOptions
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response
from tests.contract.ucp_schemas import wrong_with

PRODUCT = Product("runner", "runner-42", "SKU-42", 12000, "EUR", None)
OPTIONS = {"api": "/ucp", "tokenize_url": f"{BASE_URL}/pay/tokenize", "identity": "shop-1"}
SHOP = Shop(BASE_URL, UcpOptions.model_validate(OPTIONS).model_dump(), "oauth-1")
SHIPPING_MINOR = 500
ORDER = "ORD-9"
CHECKOUTS = {"": "create", "/chk_1": "update", "/chk_1/complete": "complete"}


def check(request: Request) -> None:
    path = request.url.removeprefix(f"{BASE_URL}/ucp")
    if request.url == f"{BASE_URL}/pay/tokenize":
        assert wrong_with(request.json["credential"], "shopping/types/card_credential.json") == []
        assert wrong_with(request.json["binding"], "shopping/types/binding.json") == []
        assert request.json["binding"]["checkout_id"] == "chk_1"
    if path == request.url:
        return
    assert request.headers["ucp-agent"] == 'profile="https://doorbuster.example/.well-known/ucp"'
    assert request.headers["authorization"] == "Bearer oauth-1"
    uuid.UUID(request.headers["request-id"])
    if request.method == "GET":
        assert request.json is None
    elif path.startswith("/catalog"):
        kind = (
            "catalog_lookup.json#/$defs/get_product"
            if path == "/catalog/product"
            else "catalog_search.json#/$defs/search"
        )
        assert wrong_with(request.json, f"shopping/{kind}_request") == []
    else:
        uuid.UUID(request.headers["idempotency-key"])
        if path.startswith("/carts"):
            operation = "create" if path == "/carts" else "update"
            assert wrong_with(request.json, "shopping/discount.json#/$defs/dev.ucp.shopping.cart", operation) == []
            return
        operation = CHECKOUTS[path.removeprefix("/checkout-sessions")]
        for extension in ("discount", "fulfillment"):
            schema = f"shopping/{extension}.json#/$defs/dev.ucp.shopping.checkout"
            assert wrong_with(request.json, schema, operation) == []


def error(code: str, severity: str = "recoverable") -> dict[str, Any]:
    return {"type": "error", "code": code, "content": "No.", "severity": severity}


def refusal(code: str, severity: str = "unrecoverable") -> dict[str, Any]:
    """No resource at all."""
    return {"ucp": {"version": "2026-04-08", "status": "error"}, "messages": [error(code, severity)]}


def line(quantity: int) -> dict[str, Any]:
    item = {"id": PRODUCT.variant, "title": "Runner", "price": PRODUCT.price_minor}
    amounts = [{"type": "subtotal", "amount": PRODUCT.price_minor * quantity}]
    return {"id": "li_1", "item": item, "quantity": quantity, "totals": amounts}


def cart(quantity: int, *codes: str, messages: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    amount = PRODUCT.price_minor * quantity
    return {
        "ucp": {"version": "2026-04-08"},
        "id": "cart_1",
        "line_items": [line(quantity)],
        "currency": "EUR",
        "totals": [{"type": "subtotal", "amount": amount}, {"type": "total", "amount": amount}],
        "discounts": {"codes": list(codes), "applied": [{"code": code, "title": code, "amount": 0} for code in codes]},
        "messages": list(messages),
    }


def checkout(status: str, *messages: dict[str, Any], shipping: bool = True) -> dict[str, Any]:
    amount = PRODUCT.price_minor
    option = {"id": "standard", "title": "Standard", "totals": [{"type": "total", "amount": SHIPPING_MINOR}]}
    group = {"id": "parcel_1", "line_item_ids": ["li_1"], "options": [option] if shipping else []}
    method = {"id": "m_1", "type": "shipping", "line_item_ids": ["li_1"], "groups": [group]}
    handler = {"id": "tokens", "version": "2026-04-08", "config": {"environment": "TEST"}}
    said = {
        "ucp": {"version": "2026-04-08", "payment_handlers": {"com.example.tokens": [handler]}},
        "id": "chk_1",
        "line_items": [line(1)],
        "status": status,
        "currency": "EUR",
        "totals": [
            {"type": "subtotal", "amount": amount},
            {"type": "fulfillment", "amount": SHIPPING_MINOR},
            {"type": "total", "amount": amount + SHIPPING_MINOR},
        ],
        "links": [],
        "messages": list(messages),
        "fulfillment": {"methods": [method]},
    }
    if status == "completed":
        said["order"] = {"id": ORDER, "permalink_url": f"{BASE_URL}/orders/{ORDER}"}
    return said


def products() -> list[dict[str, Any]]:
    price = {"amount": PRODUCT.price_minor, "currency": "EUR"}
    words = {"plain": "Runs."}
    variant = {"id": PRODUCT.variant, "sku": PRODUCT.sku, "title": "42", "description": words, "price": price}
    range_of = {"min": price, "max": price}
    return [
        {"id": PRODUCT.product, "title": "Runner", "description": words, "price_range": range_of, "variants": [variant]}
    ]


def shop() -> Any:
    status, held = "incomplete", 0
    catalogue = {"ucp": {"version": "2026-04-08"}}

    def answer(request: Request) -> Response:
        nonlocal status, held
        path, sent = request.url.removeprefix(BASE_URL), request.json or {}
        if path == "/":
            return Response(200, {"content-type": "text/html"}, b"<html><h1>Runners</h1></html>")
        if path == "/pay/tokenize":
            return json_response({"token": "tok_1"})
        if path == "/ucp/catalog/search":
            return json_response({**catalogue, "products": products(), "pagination": {"has_next_page": False}})
        if path == "/ucp/catalog/product":
            return json_response({**catalogue, "product": products()[0]})
        if path.startswith("/ucp/carts"):
            held = sent["line_items"][0]["quantity"] if sent else held
            codes = sent.get("discounts", {}).get("codes", ())
            return json_response(cart(held, *codes), 201 if path == "/ucp/carts" else 200)
        if path.endswith("/complete"):
            status = "completed"
        elif "fulfillment" in sent and "groups" in sent["fulfillment"]["methods"][0]:
            status = "ready_for_complete"
        return json_response(checkout(status), 201 if path == "/ucp/checkout-sessions" else 200)

    return answer


def back_at(status: str, code: str, severity: str = "recoverable") -> Response:
    return json_response(checkout(status, error(code, severity)))


ORDERLESS = checkout("completed")
del ORDERLESS["order"]
INPUT, REVIEW = "requires_buyer_input", "requires_buyer_review"
FAILURES = (
    Failure("declined", "wallet.complete", back_at("ready_for_complete", "payment_failed"), "rejected"),
    Failure("sold out at last", "wallet.complete", back_at("incomplete", "out_of_stock"), "rejected"),
    Failure("buyer wanted", "wallet.complete", back_at("requires_escalation", "challenge", INPUT), "rejected"),
    Failure("review wanted", "wallet.complete", back_at("requires_escalation", "terms", REVIEW), "rejected"),
    Failure("escalated", "wallet.complete", json_response(checkout("requires_escalation")), "rejected"),
    Failure("canceled", "wallet.complete", json_response(checkout("canceled")), "rejected"),
    Failure("for good", "wallet.complete", json_response(refusal("not_found")), "rejected"),
    Failure("back without a word", "wallet.complete", json_response(checkout("ready_for_complete")), "error"),
    Failure("without its order", "wallet.complete", json_response(ORDERLESS), "unknown"),
    Failure("twice at once", "wallet.complete", json_response({}, 409, {"retry-after": "1"}), "conflict", 1.0),
    Failure("another first", "wallet.complete", json_response({}, 409), "conflict"),
    Failure("wrong token", "wallet.start", json_response({}, 401), "error"),
    Failure("not allowed", "wallet.start", json_response({}, 403), "error"),
    Failure("busy", "wallet.complete", json_response({}, 429, {"retry-after": "3"}), "throttled", 3.0),
    Failure("closed for now", "wallet.complete", json_response({}, 503, {"retry-after": "5"}), "throttled", 5.0),
    Failure("broken", "wallet.complete", json_response({}, 503), "unknown"),
    Failure("overrun", "wallet.start", json_response({}, 503), "throttled"),
    Failure("sold out at first", "wallet.start", json_response(refusal("out_of_stock"), 200), "rejected"),
    Failure("sold out meanwhile", "wallet.update", back_at("incomplete", "out_of_stock"), "rejected"),
    Failure("not there", "wallet.update", back_at("incomplete", "address_undeliverable"), "rejected"),
    Failure("not ready", "wallet.update", json_response(checkout("incomplete", shipping=False)), "error"),
    Failure("card refused", "wallet.token", json_response({"error": "bad card"}, 400), "error"),
    Failure("no token", "wallet.token", json_response({"id": "x"}), "error"),
    Failure("code refused", "cart.discount", json_response(cart(1)), "rejected"),
    Failure("code unknown", "cart.discount", json_response(cart(1, messages=(error("no_such_code"),))), "rejected"),
    Failure("sold out", "cart.add", json_response(refusal("out_of_stock")), "rejected"),
    Failure("sold out in the cart", "cart.add", json_response(cart(1, messages=(error("out_of_stock"),))), "rejected"),
    Failure("another's cart", "cart.update", json_response(cart(7)), "error"),
    Failure("no such product", "product", json_response(refusal("not_found")), "rejected"),
    Failure("empty shelves", "collection", json_response({"ucp": {"version": "2026-04-08"}, "products": []}), "error"),
    Failure("no answer to it", "search", json_response({"ucp": {"version": "2026-04-08"}}), "error"),
)
EXCHANGE = Exchange(
    "ucp",
    lambda client, visit: PLATFORM.storefront(client, SHOP, visit),
    shop,
    PRODUCT,
    "BF25",
    FAILURES,
    journeys=("browse", "cart", "express_wallet"),
    check=check,
    idempotency_header="idempotency-key",
)
