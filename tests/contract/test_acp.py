"""The Agentic Commerce Protocol beyond what every adapter owes: its states, its schemas, its discovery, its feed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from doorbuster.errors import TargetError
from doorbuster.storefronts.acp import PLATFORM, AcpStorefront
from doorbuster.storefronts.acp_options import AcpOptions
from doorbuster.storefronts.base import Line, Response, Shop, Visit
from tests.contract.acp_exchange import EXCHANGE, FAILURES, PRODUCT, SHOP, cart, error, wrong_with
from tests.contract.canned_acp import message, session
from tests.contract.exchange import BASE_URL, CannedClient, Request, json_response, visit_of, walk

STATES = ("not_ready_for_payment", "ready_for_payment", "complete_in_progress", "completed", "expired")
DISCOVERY = {
    "protocol": {"name": "acp", "version": "2026-04-17", "supported_versions": ["2026-04-17"]},
    "api_base_url": BASE_URL,
    "transports": ["rest"],
    "capabilities": {"services": ["checkout", "carts"]},
}


def test_what_the_canned_shop_says_is_what_the_schema_allows(shared: Path) -> None:
    for state in STATES:
        kind = "CheckoutSessionWithOrder" if state == "completed" else "CheckoutSession"
        assert wrong_with(session(PRODUCT, state, message("out_of_stock")), "agentic_checkout", kind) == []
    assert wrong_with(error("not_found"), "agentic_checkout", "Error") == []
    assert wrong_with(cart(2, message("low_stock")), "cart", "Cart") == []
    assert wrong_with(DISCOVERY, "agentic_checkout", "DiscoveryResponse") == []
    for failure in FAILURES:
        if failure.response.body.startswith(b"{") and failure.name != "without its order":
            body = json.loads(failure.response.body)
            kinds = {"checkout_session_id": "Error", "code": "Error", "status": "CheckoutSession"}
            kind = next((kind for name, kind in kinds.items() if name in body), "Cart")
            paid = failure.step == "wallet.token" or body.get("type") == "rate_limit_exceeded"
            bundle = "cart" if kind == "Cart" else "delegate_payment" if paid else "agentic_checkout"
            assert wrong_with(body, bundle, kind) == [], failure.name


def test_the_protocols_own_examples_hold_and_a_broken_one_does_not(shared: Path) -> None:
    examples = json.loads(
        (shared / "schemas/acp/examples/2026-04-17/examples.agentic_checkout.json").read_text("utf-8")
    )
    kinds = {
        "create_checkout_session_request": "CheckoutSessionCreateRequest",
        "create_checkout_session_response": "CheckoutSession",
        "update_checkout_session_request": "CheckoutSessionUpdateRequest",
        "update_checkout_session_response": "CheckoutSession",
        "complete_checkout_session_request": "CheckoutSessionCompleteRequest",
        "complete_checkout_session_response": "CheckoutSessionWithOrder",
        "get_checkout_session_response": "CheckoutSession",
        "cancel_checkout_session_response": "CheckoutSession",
        "checkout_session_authentication_required": "CheckoutSession",
        "checkout_session_with_out_of_stock": "CheckoutSession",
        "checkout_session_with_payment_declined": "CheckoutSession",
        "error_400_requires_3ds": "Error",
        "error_409_idempotency_in_flight": "Error",
        "error_422_idempotency_conflict": "Error",
    }
    for name, kind in kinds.items():
        assert wrong_with(examples[name], "agentic_checkout", kind) == [], name
    assert wrong_with({**session(PRODUCT, "completed"), "status": "done"}, "agentic_checkout", "CheckoutSession")


@pytest.mark.parametrize(
    ("name", "step", "outcome"),
    [
        ("checkout_session_with_payment_declined", "wallet.complete", "rejected"),
        ("checkout_session_authentication_required", "wallet.complete", "rejected"),
        ("checkout_session_with_out_of_stock", "wallet.start", "rejected"),
        ("cancel_checkout_session_response", "wallet.complete", "rejected"),
        ("complete_checkout_session_response", "wallet.complete", "ok"),
    ],
)
def test_the_protocols_own_examples_are_read_as_they_are_meant(
    shared: Path, name: str, step: str, outcome: str
) -> None:
    examples = json.loads((shared / "schemas/acp/examples/2026-04-17/examples.agentic_checkout.json").read_text())
    answer = walk(EXCHANGE, "express_wallet", lambda now, _: json_response(examples[name]) if now == step else None)
    last = answer.last(step)
    assert last.outcome == outcome
    if outcome == "ok":
        assert (last.order_id, last.currency) == (examples[name]["order"]["id"], "USD")


def wallet(
    answers: Callable[[Request], Response], *codes: str, shop: Shop = SHOP
) -> tuple[AcpStorefront, CannedClient]:
    """A shopper with a wallet, and what they sent."""
    client = CannedClient(EXCHANGE, answers)
    line = Line(PRODUCT, 2)
    visit = Visit(7, "express_wallet", "run-7", (line,), "denim", *(codes[:1] or (None,)), 30.0, None)
    shopper = AcpStorefront(client, shop, visit._replace(more_codes=codes[1:]))
    return shopper, client


def test_a_purchase_that_takes_the_shop_its_time_is_asked_after() -> None:
    states = ["complete_in_progress", "in_progress", "completed"]

    def takes_its_time(step: str, request: Request) -> Response | None:
        if step != "wallet.complete":
            return None
        return json_response(session(PRODUCT, states.pop(0)))

    shopper = walk(EXCHANGE, "express_wallet", takes_its_time)
    assert (shopper.last("wallet.complete").outcome, shopper.last("wallet.complete").order_id) == ("ok", "ORD-1001")
    sent = [request.method for step, request in shopper.client.sent if step == "wallet.complete"]
    assert sent == ["POST", "GET", "GET"]


def test_a_lost_purchase_is_looked_up_in_its_session() -> None:
    for state, outcome in (("completed", "ok"), ("ready_for_payment", "rejected"), ("complete_in_progress", "unknown")):
        shopper, _ = wallet(lambda _, state=state: json_response(session(PRODUCT, state)))  # type: ignore[misc]
        shopper.wallet_start((Line(PRODUCT, 1),))
        assert shopper.order_read().outcome == outcome
    nobody, client = wallet(lambda _: json_response({}))
    assert (nobody.order_read().outcome, client.sent) == ("rejected", [])


def test_ways_of_shipping_that_need_an_address_are_chosen_in_a_second_request() -> None:
    sent: list[Any] = []

    def late(request: Request) -> Response:
        sent.append(request)
        first = session(PRODUCT, "not_ready_for_payment")
        if "fulfillment_details" not in request.json:
            return json_response({**first, "fulfillment_options": []}, 201)
        chosen = "selected_fulfillment_options" in request.json
        return json_response(session(PRODUCT, "ready_for_payment") if chosen else first)

    shopper, _ = wallet(late)
    shopper.wallet_start((Line(PRODUCT, 1),))
    answer = shopper.wallet_update()
    assert (answer.outcome, answer.total_minor, len(sent)) == ("ok", 4495, 3)
    assert len({request.headers["idempotency-key"] for request in sent}) == 3


def test_the_wallet_brings_its_codes_and_two_of_a_thing() -> None:
    shopper, client = wallet(lambda _: json_response(session(PRODUCT, "not_ready_for_payment"), 201), "BF25", "VIP")
    assert shopper.wallet_start(shopper.visit.lines).outcome == "ok"
    [(_, request)] = client.sent
    assert request.json["discounts"] == {"codes": ["BF25", "VIP"]}
    assert request.json["line_items"] == [{"id": "item_123"}, {"id": "item_123"}]


def test_a_refused_code_stops_nobody_before_the_purchase() -> None:
    said = session(PRODUCT, "not_ready_for_payment", message("coupon_expired"), message("missing"))
    shopper, _ = wallet(lambda _: json_response(said, 201), "OLD")
    assert shopper.wallet_start(shopper.visit.lines).outcome == "ok"


def test_the_same_request_again_has_the_same_key_and_body() -> None:
    shopper, client = wallet(lambda _: json_response(session(PRODUCT, "ready_for_payment")))
    shopper.wallet_start(shopper.visit.lines)
    for step in (shopper.wallet_update, shopper.wallet_token, shopper.wallet_complete):
        client.sent.clear()
        step()
        step()
        [(_, first), (_, second)] = client.sent
        assert (first.json, first.headers["idempotency-key"]) == (second.json, second.headers["idempotency-key"])


def test_the_shops_token_goes_to_no_other_host() -> None:
    options = AcpOptions(delegate_payment_url="https://pay.example/delegate").model_dump()
    sent: list[Request] = []

    def answers(request: Request) -> Response:
        sent.append(request)
        return json_response(session(PRODUCT, "ready_for_payment"))

    client = CannedClient(EXCHANGE, answers)
    client.exchange = EXCHANGE.__class__(**{**EXCHANGE.__dict__, "check": lambda request: None})
    shopper = AcpStorefront(client, Shop(BASE_URL, options, "secret"), visit_of(EXCHANGE, "express_wallet"))
    shopper.wallet_start(shopper.visit.lines)
    shopper.wallet_token()
    assert [request.headers["authorization"] for request in sent] == ["Bearer secret", "Bearer rehearsal"]


def test_a_way_to_pay_without_delegation_is_refused_with_its_reason() -> None:
    said = session(PRODUCT, "ready_for_payment")
    said["capabilities"]["payment"]["handlers"][0]["requires_delegate_payment"] = False
    shopper, _ = wallet(lambda _: json_response(said))
    shopper.wallet_start(shopper.visit.lines)
    assert shopper.wallet_token().outcome == "rejected"


def test_what_the_protocol_does_not_have_is_refused_with_its_reason() -> None:
    shopper, client = wallet(lambda _: json_response({}), shop=Shop(BASE_URL, AcpOptions().model_dump()))
    answers = [
        shopper.checkout_start(),
        shopper.checkout_complete(),
        shopper.upsell_view(),
        shopper.upsell_add(),
        shopper.cart_discount("BF25"),
        shopper.product(PRODUCT),
        shopper.search("denim"),
        shopper.collection(PRODUCT),
    ]
    assert {answer.outcome for answer in answers} == {"rejected"}
    assert all(answer.detail for answer in answers)
    assert client.sent == []


@pytest.mark.parametrize(
    "wrong", [{"product": "/p/{sluug}"}, {"product": "p/{product}"}, {"api": "/api/"}, {"country": "es"}, {"pages": 1}]
)
def test_options_that_mean_nothing_are_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        PLATFORM.read_options(wrong, tmp_path)


def backstage(body: Any, status: int = 200, **options: Any) -> Any:
    client = CannedClient(EXCHANGE, lambda _: json_response(body, status))
    return PLATFORM.backstage(client, Shop(BASE_URL, AcpOptions(**options).model_dump()))


def test_backstage_knows_the_shop_by_its_discovery() -> None:
    assert "2026-04-17" in backstage(DISCOVERY).check()
    old = {**DISCOVERY, "protocol": {"name": "acp", "version": "2025-09-29", "supported_versions": ["2025-09-29"]}}
    elsewhere = {**DISCOVERY, "api_base_url": f"{BASE_URL}/api"}
    for shop in (
        backstage(old),
        backstage(elsewhere),
        backstage({**DISCOVERY, "capabilities": {"services": ["orders"]}}),
        backstage({}, 404),
        backstage([]),
    ):
        with pytest.raises(TargetError):
            shop.check()
    assert backstage(elsewhere, api="/api").check()


def test_its_feed_is_the_catalogue(shared: Path) -> None:
    price = {"amount": 1999, "currency": "EUR"}
    variants = [
        {"id": "red", "title": "Red", "price": price, "availability": {"available": True}},
        {"id": "blue", "title": "Blue", "price": price, "availability": {"available": False}},
        {"id": "grey", "title": "Grey"},
    ]
    feed = {"products": [{"id": "tee", "title": "Tee", "variants": variants}]}
    assert wrong_with(feed, "feed", "ProductsResponse") == []
    [tee] = backstage(feed, feed="/feeds/1/products").catalogue()
    assert (tee.product, tee.variant, tee.price_minor, tee.currency) == ("tee", "red", 1999, "EUR")
    for shop in (backstage(feed), backstage({"products": []}, feed="/feeds/1/products")):
        with pytest.raises(TargetError):
            shop.catalogue()


def test_its_books_are_not_to_be_had() -> None:
    shop = backstage({})
    with pytest.raises(TargetError, match="--orders"):
        shop.read_back()
    assert all(shop.cancel(["ORD-1"]).values())
    assert not shop.coupons()
    assert not shop.hazards()
