"""The Agentic Commerce Protocol's side of the contract: every body that travels, held against its schemas."""

from __future__ import annotations

import re
from typing import Any

from doorbuster.storefronts.acp import PLATFORM
from doorbuster.storefronts.acp_options import AcpOptions
from doorbuster.storefronts.base import Product, Response, Shop
from tests.contract.canned_acp import SESSION, CannedAcp, error, message, session, total
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response
from tests.contract.schemas import faults_in, folder, registry

SCHEMAS = "https://acp.example/"
PRODUCT = Product("denim-jacket", "item_123", "item_123", 4000, "EUR", None)
PAGES = {"collection": "/c?with={product}", "search": "/s?q={query}", "product": "/p/{product}?item={variant}"}
SHOP = Shop(BASE_URL, AcpOptions.model_validate(PAGES).model_dump(), "api_key_123")
REQUESTS = (
    ("/checkout_sessions", "agentic_checkout", "CheckoutSessionCreateRequest"),
    (f"/checkout_sessions/{SESSION}", "agentic_checkout", "CheckoutSessionUpdateRequest"),
    (f"/checkout_sessions/{SESSION}/complete", "agentic_checkout", "CheckoutSessionCompleteRequest"),
    ("/agentic_commerce/delegate_payment", "delegate_payment", "DelegatePaymentRequest"),
    ("/carts", "cart", "CartCreateRequest"),
    ("/carts/cart_1", "cart", "CartUpdateRequest"),
)


def wrong_with(body: Any, bundle: str, kind: str) -> list[str]:
    """What the schema of that kind says against a body; nothing where the schemas are absent."""
    schemas = folder("acp/spec/2026-04-17/json-schema")
    return (
        faults_in(body, f"{SCHEMAS}schema.{bundle}.json#/$defs/{kind}", registry(schemas, SCHEMAS)) if schemas else []
    )


def check(request: Request) -> None:
    path = request.url.removeprefix(BASE_URL)
    if not path.startswith(("/checkout_sessions", "/carts", "/agentic_commerce")):
        return
    headers = request.headers
    assert headers["authorization"] == "Bearer api_key_123"
    assert headers["api-version"] == "2026-04-17"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", headers["timestamp"])
    assert headers["request-id"]
    if request.method == "GET":
        assert request.json is None
        return
    assert 1 <= len(headers["idempotency-key"]) <= 255
    [(bundle, kind)] = [(bundle, kind) for at, bundle, kind in REQUESTS if at == path]
    assert wrong_with(request.json, bundle, kind) == []


def cart(quantity: int, *messages: dict[str, Any]) -> dict[str, Any]:
    amounts = [total("subtotal", PRODUCT.price_minor * quantity), total("total", PRODUCT.price_minor * quantity)]
    line = {"id": "li_1", "item": {"id": PRODUCT.variant}, "quantity": quantity, "totals": amounts}
    return {"id": "cart_1", "line_items": [line], "currency": "eur", "totals": amounts, "messages": list(messages)}


def shop() -> Any:
    acp, quantity = CannedAcp(PRODUCT), 0

    def answer(request: Request) -> Response:
        nonlocal quantity
        path = request.url.removeprefix(BASE_URL)
        if path.startswith("/carts"):
            if request.json:
                quantity = len(request.json["line_items"])
            return json_response(cart(quantity), 201 if path == "/carts" else 200)
        return acp.answer(request) or Response(200, {"content-type": "text/html"}, b"<html><h1>Jacket</h1></HTML>")

    return answer


def back_at(status: str, *codes: str) -> Response:
    return json_response(session(PRODUCT, status, *map(message, codes)))


def refused(status: int, code: str, **headers: str) -> Response:
    return json_response(error(code), status, headers)


RATE_LIMITED = json_response(error("too_many_requests", "rate_limit_exceeded"), 429, {"retry-after": "3"})
NOBODY_HOME = json_response(error("service_unavailable", "service_unavailable"), 503, {"retry-after": "5"})
NO_MESSAGES = session(PRODUCT, "completed")
del NO_MESSAGES["order"]
FAILURES = (
    Failure("declined", "wallet.complete", back_at("ready_for_payment", "payment_declined"), "rejected"),
    Failure("sold out at last", "wallet.complete", back_at("ready_for_payment", "out_of_stock"), "rejected"),
    Failure("back without a word", "wallet.complete", back_at("ready_for_payment"), "error"),
    Failure("3-D Secure", "wallet.complete", refused(400, "requires_3ds"), "rejected"),
    Failure("authentication", "wallet.complete", back_at("authentication_required"), "rejected"),
    Failure("escalation", "wallet.complete", back_at("requires_escalation"), "rejected"),
    Failure("approval", "wallet.complete", back_at("pending_approval"), "rejected"),
    Failure("canceled", "wallet.complete", back_at("canceled"), "rejected"),
    Failure("expired", "wallet.complete", back_at("expired"), "rejected"),
    Failure("without its order", "wallet.complete", json_response(NO_MESSAGES), "unknown"),
    Failure(
        "twice at once",
        "wallet.complete",
        refused(409, "idempotency_in_flight", **{"retry-after": "1"}),
        "conflict",
        1.0,
    ),
    Failure("in flight, no time", "wallet.complete", refused(409, "idempotency_in_flight"), "conflict"),
    Failure("another body", "wallet.complete", refused(422, "idempotency_conflict"), "error"),
    Failure("no key", "wallet.start", refused(400, "idempotency_key_required"), "error"),
    Failure("no such item", "wallet.start", refused(400, "invalid_item_id"), "error"),
    Failure("wrong token", "wallet.start", refused(401, "unauthorized"), "error"),
    Failure("sold out at first", "wallet.start", back_at("not_ready_for_payment", "out_of_stock"), "rejected"),
    Failure("busy by message", "wallet.start", back_at("not_ready_for_payment", "rate_limited"), "throttled"),
    Failure("other agent first", "wallet.update", back_at("not_ready_for_payment", "conflict"), "conflict"),
    Failure("not ready", "wallet.update", back_at("incomplete", "missing"), "error"),
    Failure("not delivered there", "wallet.update", back_at("not_ready_for_payment", "region_restricted"), "rejected"),
    Failure("no such session", "wallet.update", refused(404, "not_found"), "error"),
    Failure("final", "wallet.update", refused(405, "not_allowed"), "error"),
    Failure("card refused", "wallet.token", refused(422, "invalid_card"), "rejected"),
    Failure("payment service busy", "wallet.token", RATE_LIMITED, "throttled", 3.0),
    Failure("payment service away", "wallet.token", Response(502, {}, b"<html>"), "error"),
    Failure("busy", "wallet.complete", RATE_LIMITED, "throttled", 3.0),
    Failure("closed for now", "wallet.complete", NOBODY_HOME, "throttled", 5.0),
    Failure("broken", "wallet.complete", json_response(error("processing_error", "processing_error"), 500), "unknown"),
    Failure("all sold out", "cart.add", refused(422, "out_of_stock"), "rejected"),
    Failure("sold out in the cart", "cart.add", json_response(cart(1, message("out_of_stock"))), "rejected"),
    Failure("another's cart", "cart.update", json_response(cart(7)), "error"),
    Failure("cart gone", "cart.view", refused(404, "not_found"), "error"),
    Failure("no page", "product", Response(404, {}, b"<html>gone</html>"), "error"),
    Failure("half a page", "product", Response(200, {}, b"<html><h1>Jac"), "error"),
)
EXCHANGE = Exchange(
    "acp",
    lambda client, visit: PLATFORM.storefront(client, SHOP, visit),
    shop,
    PRODUCT,
    "",  # carts of the protocol take no codes; test_agents.py tries them with the wallet
    FAILURES,
    journeys=("browse", "cart", "express_wallet"),
    check=check,
    idempotency_header="idempotency-key",
)
