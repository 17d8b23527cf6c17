"""Medusa in particular: what the suite for every adapter does not ask."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from doorbuster.journeys import WALKS
from doorbuster.journeys.shopper import LeftShop
from doorbuster.storefronts.base import Address, Answer, Customer, Response
from tests.contract import medusa_schema
from tests.contract.exchange import CannedClient, ContractShopper, Request, json_response, visit_of, walk
from tests.contract.medusa_exchange import CART, EXCHANGE, RECORDED, CannedMedusa, key_of, storefront

DONE = f"POST /store/carts/{CART}/complete"
PROMOTIONS = f"POST /store/carts/{CART}/promotions promo_codes"


def sent(client: CannedClient) -> list[str]:
    return [key_of(request) for _, request in client.sent]


def test_every_request_is_as_the_platform_describes_it(shared: Path) -> None:
    """The suite checks each request by itself where the description is there; here it must be."""
    assert medusa_schema.described() is not None
    for journey in EXCHANGE.journeys:
        assert walk(EXCHANGE, journey).client.sent
    with pytest.raises(AssertionError, match="bogus"):
        medusa_schema.check(_request("POST", "/store/carts", {"bogus": 1}))
    with pytest.raises(AssertionError, match="no path"):
        medusa_schema.check(_request("POST", "/store/no_such", {}))


@pytest.mark.parametrize("journey", ["native_checkout", "express_wallet"])
def test_an_order_whose_answer_was_lost_is_found_by_completing_its_cart_again(journey: str) -> None:
    shop = CannedMedusa()

    def lost(step: str, request: Request) -> Response | None:
        if step not in ("checkout.complete", "wallet.complete"):
            return None
        shop(request)  # the shop did it
        return Response(0, {}, b"", "no answer in time")

    shopper = walk_with(shop, journey, lost)
    assert shopper.answers[-2][1].outcome == "unknown"
    step, found = shopper.answers[-1]
    assert (step, found.outcome) == ("order.read", "ok")
    assert found.order_id == RECORDED[DONE]["order"]["id"]


def test_looking_an_order_up_never_places_one() -> None:
    shopper = walk(
        EXCHANGE,
        "native_checkout",
        lambda step, request: Response(502, {}, b"") if step == "checkout.complete" else None,
    )
    assert shopper.last("order.read") == Answer("rejected", "no order for this purchase intent")
    assert sent(shopper.client)[-1] == f"GET /store/carts/{CART}?fields"


def test_a_code_for_shipping_is_tried_again_when_a_way_of_shipping_is_chosen() -> None:
    """Medusa does not take it before, and forgets it."""

    def unfit(step: str, request: Request) -> Response | None:
        if step == "cart.discount":
            return json_response(RECORDED[f"POST /store/carts/{CART}/line-items quantity,variant_id"])
        if step == "checkout.shipping" and request.url.endswith("/shipping-methods"):
            body = deepcopy(RECORDED[f"POST /store/carts/{CART}/shipping-methods option_id"])
            body["cart"]["promotions"] = []
            return json_response(body)
        return None

    shopper = walk(EXCHANGE, "native_checkout", unfit)
    assert shopper.last("cart.discount").outcome == "rejected"
    assert [step for step, request in shopper.client.sent if key_of(request) == PROMOTIONS] == [
        "cart.discount",
        "checkout.shipping",
    ]
    assert shopper.answers[-1][1].order_id


def test_a_code_that_the_cart_holds_is_not_tried_twice() -> None:
    assert sent(walk(EXCHANGE, "native_checkout").client).count(PROMOTIONS) == 1


def test_a_customer_logs_in_where_the_checkout_begins_and_the_order_still_names_the_intent() -> None:
    def login(step: str, request: Request) -> Response | None:
        if request.url.endswith("/auth/customer/emailpass"):
            return json_response({"token": "a.b.c"})
        if request.url.endswith("/customer"):
            return json_response(RECORDED[f"POST /store/carts/{CART} email"])
        return None

    client = CannedClient(EXCHANGE, CannedMedusa(), instead=login)
    visit = visit_of(EXCHANGE, "native_checkout")._replace(customer=Customer("ana@shop.example", "secret"))
    shopper = ContractShopper(visit, client)
    _walk(shopper, client)
    assert shopper.answers[-1][1].order_id
    asked = [request for _, request in client.sent]
    assert next(one.json for one in asked if "/auth/" in one.url) == {"email": "ana@shop.example", "password": "secret"}
    assert asked[-1].headers["authorization"] == "Bearer a.b.c"
    created = next(one for one in asked if one.url.endswith("/store/carts"))
    assert created.json["metadata"]["purchase_intent"] == visit.intent


def test_the_region_is_the_one_that_the_shoppers_country_belongs_to() -> None:
    home = Address("Ann Example", "1 Example Street", "Leeds", "", "GB", "LS1 1AA")
    client = CannedClient(EXCHANGE, CannedMedusa())
    visit = visit_of(EXCHANGE, "native_checkout")._replace(address=home)
    shopper = ContractShopper(visit, client)
    _walk(shopper, client)
    british = next(
        one for one in RECORDED["GET /store/regions?fields&limit"]["regions"] if one["currency_code"] == "gbp"
    )
    created = next(request for _, request in client.sent if request.url.endswith("/store/carts"))
    assert created.json["region_id"] == british["id"]


def test_a_region_that_the_scenario_names_is_not_asked_for() -> None:
    client = CannedClient(EXCHANGE, CannedMedusa())
    shop = storefront(client, visit_of(EXCHANGE, "browse"), region="reg_named")
    assert shop.home().outcome == "ok"
    assert sent(client) == ["GET /store/collections?fields"]


def test_an_express_route_of_the_shops_own_takes_the_place_of_three_calls() -> None:
    client = CannedClient(EXCHANGE, CannedMedusa())
    visit = visit_of(EXCHANGE, "express_wallet")._replace(coupon=None)
    shopper = ContractShopper(visit, client)
    _walk(shopper, client, express_path="/store/express")
    assert shopper.answers[-1][1].order_id
    asked = [step for step, _ in client.sent]
    assert [asked.count(step) for step in ("wallet.start", "wallet.update", "wallet.token", "wallet.complete")] == [
        1, 1, 1, 1,
    ]  # fmt: skip
    token = next(request.json for step, request in client.sent if step == "wallet.token")
    assert token["data"] == {"wallet_token": f"tok_stub_{visit.intent}"}


def test_another_shoppers_cart_is_not_taken_for_ones_own() -> None:
    foreign = deepcopy(RECORDED[f"GET /store/carts/{CART}"])
    foreign["cart"]["id"] = "cart_of_somebody_else"
    shopper = walk(EXCHANGE, "cart", lambda step, _: json_response(foreign) if step == "cart.view" else None)
    assert shopper.last("cart.view") == Answer("error", "the cart shown is not this shopper's")


@pytest.mark.parametrize(
    "given", [{"contry": "ES"}, {"country": "Spain"}, {"express_path": "https://elsewhere.example/"}], ids=str
)
def test_options_that_make_no_sense_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        storefront(CannedClient(EXCHANGE, CannedMedusa()), visit_of(EXCHANGE, "browse"), **given)


def _request(method: str, path: str, body: Any) -> Request:
    return Request(method, f"https://shop.example{path}", body, None, {"x-publishable-api-key": "pk"})


def walk_with(shop: CannedMedusa, journey: str, instead: Any) -> ContractShopper:
    client = CannedClient(EXCHANGE, shop, instead=instead)
    shopper = ContractShopper(visit_of(EXCHANGE, journey), client)
    _walk(shopper, client)
    return shopper


def _walk(shopper: ContractShopper, client: CannedClient, **options: str) -> None:
    with suppress(LeftShop):
        WALKS[shopper.visit.journey](shopper, storefront(client, shopper.visit, **options))
