"""What a merchant's own people see of a Shopify shop: catalogue, hazards, books with a token and none without."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Response, Shop
from doorbuster.storefronts.people import NOTE
from doorbuster.storefronts.shopify_admin import Admin
from doorbuster.storefronts.shopify_backstage import ShopifyBackstage
from doorbuster.storefronts.shopify_cart import INTENT
from doorbuster.storefronts.shopify_online_store_backstage import ShopifyOnlineStoreBackstage
from tests.contract import shopify_schema
from tests.contract.exchange import BASE_URL, RUN, Request, json_response
from tests.contract.shopify_exchange import SHOP, errors, money
from tests.contract.shopify_online_store_exchange import SHOP as ONLINE_SHOP

BOOKS = dataclasses.replace(SHOP, admin_token="secret")
ADMIN_URL = "https://dev.myshopify.com/admin/api/2026-04/graphql.json"
INTENT_7 = f"{RUN}-7"


@dataclass
class Answering:
    """`base.Client`: asks a function, and keeps what was asked."""

    answer: Callable[[Request], Response]
    sent: list[Request] = field(default_factory=list)

    def request(
        self, method: str, url: str, *, json: Any = None, form: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        self.sent.append(Request(method, url, json, form, lower))
        shopify_schema.check(self.sent[-1])
        return self.answer(self.sent[-1])


def bag(amount: str) -> dict[str, Any]:
    return {"presentmentMoney": money(amount)}


def order(**other: Any) -> dict[str, Any]:
    line = {
        "quantity": 2,
        "variant": {"id": "gid://shopify/ProductVariant/7"},
        "originalUnitPriceSet": bag("10.00"),
    }
    return {
        "id": "gid://shopify/Order/42",
        "createdAt": "2026-11-27T10:00:00Z",
        "cancelledAt": None,
        "email": "somebody@shop.example",
        "note": NOTE,
        "displayFinancialStatus": "PAID",
        "taxesIncluded": True,
        "discountCodes": ["BF20"],
        "customAttributes": [{"key": INTENT, "value": INTENT_7}],
        "shippingAddress": {"countryCodeV2": "DE"},
        "shippingLine": {"title": "Post"},
        "totalPriceSet": bag("20.90"),
        "totalDiscountsSet": bag("4.00"),
        "totalShippingPriceSet": bag("4.90"),
        "totalTaxSet": bag("3.34"),
        "lineItems": {"nodes": [line], "pageInfo": {"hasNextPage": False}},
        **other,
    }


def page(*orders: Any, after: str | None = None) -> Response:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return json_response({"data": {"orders": {"nodes": list(orders), "pageInfo": info}}})


def read(*pages: Response, shop: Shop = BOOKS) -> list[Any]:
    left = list(pages)
    return list(Admin(Answering(lambda request: left.pop(0)), shop, sleep=lambda wait_s: None).facts())


def test_the_shop_is_named_with_the_version_of_its_api() -> None:
    client = Answering(lambda request: json_response({"data": {"shop": {"name": "Linen"}}}))
    assert ShopifyBackstage(client, SHOP).check() == f"Shopify shop Linen at {BASE_URL}, Storefront API 2026-04"
    assert client.sent[0].headers["x-shopify-storefront-access-token"] == "public"


@pytest.mark.parametrize(
    "answer",
    [
        Response(0, {}, b"", "could not connect"),
        Response(200, {}, b"<html>"),
        json_response([]),
        json_response({"errors": "no"}, 401),
        errors("ACCESS_DENIED"),
    ],
)
def test_what_is_no_shopify_shop_is_said_in_a_sentence(answer: Response) -> None:
    for backstage in (ShopifyBackstage, ShopifyOnlineStoreBackstage):
        for ask in (lambda one: one.check(), lambda one: one.catalogue()):
            with pytest.raises(TargetError, match=BASE_URL):
                ask(backstage(Answering(lambda request: answer), SHOP))


def catalogue_page(number: int, asked: Request) -> Response:
    variant = {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": None,
        "availableForSale": True,
        "price": money("20.5"),
    }
    stock = {"quantityAvailable": 3} if asked.json["operationName"] == "CatalogueWithStock" else {}
    gone = {**variant, "id": "gid://shopify/ProductVariant/0", "availableForSale": False}
    nodes = [{"handle": f"sheet-{number}", "variants": {"nodes": [{**variant, **stock}, {**gone, **stock}]}}]
    info = {"hasNextPage": number == 1, "endCursor": "next"}
    return json_response(shopify_schema.answer(asked, {"products": {"nodes": nodes, "pageInfo": info}}))


@pytest.mark.parametrize("may_see_stock", [True, False])
def test_the_catalogue_is_every_variant_for_sale(may_see_stock: bool) -> None:
    def answer(request: Request) -> Response:
        if request.json["operationName"] == "CatalogueWithStock" and not may_see_stock:
            return errors("ACCESS_DENIED")
        return catalogue_page(2 if request.json["variables"]["after"] else 1, request)

    found = ShopifyBackstage(Answering(answer), SHOP).catalogue()
    assert [(one.product, one.variant[-1], one.price_minor) for one in found] == [
        ("sheet-1", "1", 2050),
        ("sheet-2", "2", 2050),
    ]
    assert {one.stock for one in found} == {3 if may_see_stock else None}


@pytest.mark.parametrize(
    ("door", "dangers"),
    [
        (Response(200, {"powered-by": "Shopify"}, b""), 1),
        (Response(302, {"powered-by": "Shopify", "location": "/password"}, b""), 0),
        # A live shop's address at Shopify leads to its own name, and an international one to a language.
        (Response(301, {"powered-by": "Shopify", "location": "https://www.linen.example/"}, b""), 1),
        (Response(302, {"x-shopid": "7", "location": "/en"}, b""), 1),
        (Response(200, {}, b"a stub"), 0),
        (Response(0, {}, b"", "could not connect"), 0),
    ],
)
def test_a_shop_that_is_open_to_everybody_may_be_live(door: Response, dangers: int) -> None:
    assert len(ShopifyBackstage(Answering(lambda request: door), SHOP).hazards()) == dangers


def test_the_owner_may_say_that_an_open_shop_takes_no_real_money() -> None:
    client = Answering(lambda request: Response(200, {"powered-by": "Shopify"}, b""))
    sworn = dataclasses.replace(SHOP, options={**SHOP.options, "no_live_payments": True})
    assert len(ShopifyBackstage(client, SHOP).hazards()) == 1
    assert ShopifyBackstage(client, sworn).hazards() == ()


@pytest.mark.parametrize("development", [True, False])
def test_with_the_admin_token_the_plan_says_whether_it_is_a_development_store(development: bool) -> None:
    told = {"shop": {"name": "Linen", "plan": {"partnerDevelopment": development}}}
    client = Answering(lambda request: json_response({"data": told}))
    assert len(ShopifyBackstage(client, BOOKS).hazards()) == (0 if development else 1)
    assert [request.url for request in client.sent] == [ADMIN_URL]


def test_orders_come_back_as_promises_read_them() -> None:
    orders = [
        order(),
        order(id="gid://shopify/Order/43", customAttributes=[], note=None, email=f"{RUN}-8@doorbuster.example".lower()),
        order(id="gid://shopify/Order/44", displayFinancialStatus="PENDING"),
        order(id="gid://shopify/Order/45", cancelledAt="2026-11-27T10:01:00Z"),
        order(id="gid://shopify/Order/46", customAttributes=[], note="a colleague's"),
    ]
    rows = read(page(*orders[:2], after="next"), page(*orders[2:]))
    assert [(row["kind"], row["order_id"]) for row in rows] == [
        ("order", "42"),
        ("order", "43"),
        ("order_pending", "44"),
        ("order_failed", "45"),
        ("books_read", None),
    ]
    assert [row["intent"] for row in rows[:2]] == [INTENT_7, f"{RUN}-8"]
    assert rows[0]["amount_minor"] == 2090
    detail = orjson.loads(rows[0]["detail"])
    parts = [detail[f"{name}_minor"] for name in ("items", "discount", "shipping", "tax")]
    assert parts == [2000, 400, 490, 0]
    assert parts[0] - parts[1] + parts[2] + parts[3] == rows[0]["amount_minor"]
    assert (detail["region"], detail["shipping"], detail["codes"]) == ("DE", "Post", ["BF20"])


def test_an_order_of_more_lines_than_a_page_holds_says_nothing_of_its_goods() -> None:
    items = {**order()["lineItems"], "pageInfo": {"hasNextPage": True}}
    detail = orjson.loads(read(page(order(lineItems=items)))[0]["detail"])
    assert (detail["items_minor"], detail["lines"]) == (None, None)


def test_a_throttled_admin_api_is_asked_again_and_not_for_ever() -> None:
    waited: list[float] = []
    answers = [errors("THROTTLED"), Response(429, {"retry-after": "3"}, b""), page(order())]
    admin = Admin(Answering(lambda request: answers.pop(0)), BOOKS, sleep=waited.append)
    assert len(list(admin.facts())) == 2
    assert waited == [2.0, 3.0]
    with pytest.raises(TargetError, match="throttled"):
        list(Admin(Answering(lambda request: errors("THROTTLED")), BOOKS, sleep=waited.append).facts())


@pytest.mark.parametrize(
    "answer", [errors("ACCESS_DENIED"), Response(401, {}, b""), Response(500, {}, b""), json_response({})]
)
def test_books_that_stay_shut_are_never_empty_books(answer: Response) -> None:
    with pytest.raises(TargetError, match="DOORBUSTER_ADMIN_TOKEN"):
        ShopifyBackstage(Answering(lambda request: answer), BOOKS).read_back()


def test_without_an_admin_token_nothing_is_asked_and_it_is_said() -> None:
    client = Answering(lambda request: page())
    for backstage in (ShopifyBackstage(client, SHOP), ShopifyOnlineStoreBackstage(client, ONLINE_SHOP)):
        with pytest.raises(TargetError, match="DOORBUSTER_ADMIN_TOKEN"):
            backstage.read_back()
        (why,) = backstage.cancel(["42"]).values()
        assert "DOORBUSTER_ADMIN_TOKEN" in (why or "")
    assert client.sent == []


def test_orders_are_cancelled_refunded_and_put_back_on_the_shelf_and_nobody_is_told() -> None:
    def answer(request: Request) -> Response:
        wrong = (
            [{"code": "NOT_FOUND", "message": "no such order"}] if "43" in request.json["variables"]["orderId"] else []
        )
        return json_response({"data": {"orderCancel": {"orderCancelUserErrors": wrong}}})

    client = Answering(answer)
    assert ShopifyBackstage(client, BOOKS).cancel(["42", "43"]) == {"42": None, "43": "no such order"}
    first = client.sent[0]
    assert first.url == ADMIN_URL
    assert first.headers["x-shopify-access-token"] == "secret"
    assert first.json["variables"]["orderId"] == "gid://shopify/Order/42"
    assert "notifyCustomer:false" in first.json["query"]


def test_a_scenario_with_faults_is_refused() -> None:
    backstage = ShopifyBackstage(Answering(lambda request: page()), SHOP)
    backstage.steer(())
    with pytest.raises(TargetError, match="faults"):
        backstage.steer([{"name": "gateway_down"}])


def test_the_online_stores_catalogue_is_what_everybody_may_read() -> None:
    def answer(request: Request) -> Response:
        if request.url.endswith("/cart.js"):
            return json_response({"currency": "EUR", "total_price": 0})
        variant = {"id": 47, "sku": "", "price": "20.00", "available": True}
        gone = {**variant, "id": 48, "available": False}
        return json_response({"products": [{"handle": "sheet", "variants": [variant, gone]}]})

    backstage = ShopifyOnlineStoreBackstage(Answering(answer), ONLINE_SHOP)
    assert "EUR" in backstage.check()
    (one,) = backstage.catalogue()
    assert (one.product, one.variant, one.price_minor, one.currency, one.stock) == ("sheet", "47", 2000, "EUR", None)


def test_a_shut_online_store_asks_for_its_password() -> None:
    shut = Response(302, {"location": f"{BASE_URL}/password"}, b"")
    with pytest.raises(TargetError, match="DOORBUSTER_STOREFRONT_TOKEN"):
        ShopifyOnlineStoreBackstage(Answering(lambda request: shut), ONLINE_SHOP).check()
    wrong = dataclasses.replace(ONLINE_SHOP, token="wrong")
    with pytest.raises(TargetError, match="did not open"):
        ShopifyOnlineStoreBackstage(Answering(lambda request: shut), wrong).check()
