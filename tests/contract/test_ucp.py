"""The Universal Commerce Protocol beyond what every adapter owes: its states, its schemas, its profile, its catalogue."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Line, Response, Shop
from doorbuster.storefronts.ucp import PLATFORM, UcpStorefront
from doorbuster.storefronts.ucp_options import UcpOptions
from tests.contract.exchange import BASE_URL, CannedClient, Request, json_response, visit_of, walk
from tests.contract.ucp_exchange import EXCHANGE, FAILURES, PRODUCT, SHOP, cart, checkout, error, products, refusal
from tests.contract.ucp_schemas import wrong_with

HANDLER = {"id": "gpay", "version": "2026-04-08", "config": {"environment": "TEST"}}
PROFILE = {
    "ucp": {
        "version": "2026-04-08",
        "services": {
            "dev.ucp.shopping": [{"version": "2026-04-08", "transport": "rest", "endpoint": f"{BASE_URL}/ucp"}]
        },
        "capabilities": {"dev.ucp.shopping.checkout": [{"version": "2026-04-08"}]},
        "payment_handlers": {"com.google.pay": [HANDLER]},
    }
}
CATALOGUE = {"ucp": {"version": "2026-04-08"}, "products": products()}


def test_what_the_canned_shop_says_is_what_the_schema_allows(shared: Path) -> None:
    for state in ("incomplete", "ready_for_complete", "complete_in_progress", "completed", "canceled"):
        for extension in ("discount", "fulfillment"):
            schema = f"shopping/{extension}.json#/$defs/dev.ucp.shopping.checkout"
            assert wrong_with(checkout(state, error("terms", "requires_buyer_review")), schema) == []
    assert wrong_with(cart(2, "BF25"), "shopping/discount.json#/$defs/dev.ucp.shopping.cart") == []
    assert wrong_with(refusal("not_found"), "shopping/types/error_response.json") == []
    page = {**CATALOGUE, "pagination": {"has_next_page": False}}
    assert wrong_with(page, "shopping/catalog_search.json#/$defs/search_response") == []
    assert wrong_with(PROFILE["ucp"], "ucp.json#/$defs/business_schema") == []
    one = {"ucp": CATALOGUE["ucp"], "product": products()[0]}
    assert wrong_with(one, "shopping/catalog_lookup.json#/$defs/get_product_response") == []
    for failure in FAILURES:
        body = json.loads(failure.response.body)
        if "status" in body and failure.name != "without its order":
            assert wrong_with(body, "shopping/checkout.json") == [], failure.name
        elif "messages" in body and "line_items" not in body:
            assert wrong_with(body, "shopping/types/error_response.json") == [], failure.name


def test_a_request_that_says_what_is_the_shops_to_say_is_found(shared: Path) -> None:
    good = {"line_items": [{"item": {"id": "a"}, "quantity": 1}]}
    assert wrong_with(good, "shopping/checkout.json", "create") == []
    assert wrong_with({**good, "currency": "EUR"}, "shopping/checkout.json", "create")
    assert wrong_with(
        {"line_items": [{"item": {"id": "a", "price": 1}, "quantity": 1}]}, "shopping/cart.json", "create"
    )
    assert wrong_with(good, "shopping/cart.json", "update")
    assert wrong_with({}, "shopping/checkout.json", "complete")


def test_a_purchase_that_takes_the_shop_its_time_is_asked_after() -> None:
    states = ["complete_in_progress", "complete_in_progress", "completed"]

    def takes_its_time(step: str, request: Request) -> Response | None:
        return json_response(checkout(states.pop(0))) if step == "wallet.complete" else None

    shopper = walk(EXCHANGE, "express_wallet", takes_its_time)
    assert (shopper.last("wallet.complete").outcome, shopper.last("wallet.complete").order_id) == ("ok", "ORD-9")
    sent = [request.method for step, request in shopper.client.sent if step == "wallet.complete"]
    assert sent == ["POST", "GET", "GET"]


def wallet(body: Any, **options: Any) -> tuple[UcpStorefront, CannedClient]:
    """A shopper whose shop always says the same, and what they sent."""
    client = CannedClient(EXCHANGE, lambda _: json_response(body))
    shop = replace(SHOP, options={**SHOP.options, **options})
    return UcpStorefront(client, shop, visit_of(EXCHANGE, "express_wallet")), client


def test_a_lost_purchase_is_looked_up_in_its_checkout() -> None:
    for state, outcome in (
        ("completed", "ok"),
        ("ready_for_complete", "rejected"),
        ("complete_in_progress", "unknown"),
    ):
        shopper, _ = wallet(checkout(state))
        shopper.wallet_start((Line(PRODUCT, 1),))
        assert shopper.order_read().outcome == outcome
    nobody, client = wallet({})
    assert (nobody.order_read().outcome, client.sent) == ("rejected", [])


def test_ways_of_shipping_that_need_an_address_are_chosen_in_a_second_request() -> None:
    sent: list[Any] = []

    def late(request: Request) -> Response:
        sent.append(request)
        if "fulfillment" not in request.json:
            return json_response({**checkout("incomplete"), "fulfillment": {"methods": []}}, 201)
        chosen = "groups" in request.json["fulfillment"]["methods"][0]
        return json_response(checkout("ready_for_complete" if chosen else "incomplete"))

    shopper = UcpStorefront(CannedClient(EXCHANGE, late), SHOP, visit_of(EXCHANGE, "express_wallet"))
    shopper.wallet_start((Line(PRODUCT, 1),))
    answer = shopper.wallet_update()
    assert (answer.outcome, answer.total_minor, len(sent)) == ("ok", 12500, 3)
    assert sent[2].json["fulfillment"]["methods"][0]["groups"] == [{"id": "parcel_1", "selected_option_id": "standard"}]
    assert len({request.headers["idempotency-key"] for request in sent}) == 3


def test_the_same_request_again_has_the_same_key_and_body() -> None:
    shopper, client = wallet(checkout("ready_for_complete"), credential={"type": "token", "token": "t"})
    shopper.wallet_start(shopper.visit.lines)
    shopper.wallet_token()
    for step in (shopper.wallet_update, shopper.wallet_complete):
        client.sent.clear()
        step()
        step()
        [(_, first), (_, second)] = client.sent
        assert (first.json, first.headers["idempotency-key"]) == (second.json, second.headers["idempotency-key"])


def test_a_sandboxs_credential_is_handed_over_as_it_is() -> None:
    given = {"type": "PAYMENT_GATEWAY", "token": "examplePaymentMethodToken"}
    shopper, client = wallet(checkout("ready_for_complete"), credential=given)
    shopper.wallet_start(shopper.visit.lines)
    assert shopper.wallet_token().outcome == "ok"
    shopper.wallet_complete()
    assert client.sent[-1][1].json["payment"]["instruments"][0]["credential"] == given


@pytest.mark.parametrize("options", [{"tokenize_url": None}, {"payment_handler": "another"}])
def test_nothing_to_pay_with_is_refused_with_its_reason(options: dict[str, Any]) -> None:
    shopper, client = wallet(checkout("ready_for_complete"), **options)
    shopper.wallet_start(shopper.visit.lines)
    answer = shopper.wallet_token()
    assert (answer.outcome, len(client.sent)) == ("rejected", 1)
    assert "storefront.options" in answer.detail


def test_the_shops_token_goes_to_no_other_host() -> None:
    shopper, client = wallet(checkout("ready_for_complete"), tokenize_url="https://pay.example/tokenize")
    shopper.wallet_start(shopper.visit.lines)
    shopper.wallet_token()
    assert ["authorization" in request.headers for _, request in client.sent] == [True, False]


def test_what_the_protocol_does_not_have_is_refused_with_its_reason() -> None:
    shopper, client = wallet({})
    answers = [shopper.checkout_start(), shopper.checkout_payment(), shopper.upsell_view(), shopper.upsell_add()]
    assert {answer.outcome for answer in answers} == {"rejected"}
    assert client.sent == []


@pytest.mark.parametrize("wrong", [{"api": "ucp"}, {"agent_profile": "me"}, {"tokenize_url": "pay"}, {"colour": 1}])
def test_options_that_mean_nothing_are_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        PLATFORM.read_options(wrong, tmp_path)


def backstage(*bodies: Any, api: str = "/ucp") -> Any:
    said = list(bodies)
    client = CannedClient(EXCHANGE, lambda _: json_response(said.pop(0)))
    client.exchange = replace(EXCHANGE, check=lambda request: None)
    return PLATFORM.backstage(client, Shop(BASE_URL, UcpOptions(api=api).model_dump()))


def test_backstage_knows_the_shop_by_its_profile() -> None:
    assert "checkout" in backstage(PROFILE).check()
    old = {"ucp": {**PROFILE["ucp"], "version": "2026-01-11"}}
    no_checkout = {"ucp": {**PROFILE["ucp"], "capabilities": {}}}
    for shop in (backstage(old), backstage(no_checkout), backstage(PROFILE, api=""), backstage(None)):
        with pytest.raises(TargetError):
            shop.check()


def test_a_live_way_to_pay_is_a_hazard() -> None:
    assert backstage(PROFILE).hazards() == []
    live = {**HANDLER, "config": {"environment": "PRODUCTION"}}
    [hazard] = backstage({"ucp": {**PROFILE["ucp"], "payment_handlers": {"com.google.pay": [live]}}}).hazards()
    assert "gpay" in hazard


def test_its_catalogue_is_read_page_by_page() -> None:
    first = {**CATALOGUE, "pagination": {"has_next_page": True, "cursor": "two"}}
    second = {**CATALOGUE, "pagination": {"has_next_page": False}}
    found = backstage(first, second).catalogue()
    assert [one.variant for one in found] == [PRODUCT.variant] * 2
    assert found[0] == PRODUCT
    [gone] = products()
    gone["variants"][0]["availability"] = {"available": False}
    with pytest.raises(TargetError):
        backstage({**CATALOGUE, "products": [gone]}).catalogue()


def test_its_books_are_not_to_be_had() -> None:
    shop = backstage()
    with pytest.raises(TargetError, match="--orders"):
        shop.read_back()
    assert all(shop.cancel(["ORD-1"]).values())
    assert not shop.coupons()
