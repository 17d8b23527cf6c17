"""Adobe Commerce beyond the common contract: its schema, lost answers, customers, and the shop's own books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
import pytest

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Customer, Line, Product, Response, Shop
from doorbuster.storefronts.graphql import operations
from doorbuster.storefronts.magento import PLATFORM
from doorbuster.storefronts.magento_backstage import MagentoBackstage
from tests.contract import magento_schema
from tests.contract.exchange import BASE_URL, CannedClient, Request, json_response, visit_of, walk
from tests.contract.magento_exchange import (
    ANSWERS,
    CART,
    EXCHANGE,
    FAILURES,
    ORDER,
    MagentoShop,
    asked,
    placing,
    refusal,
    storefront,
)

ORDERS = [
    {
        "entity_id": 123,
        "increment_id": "000000123",
        "state": "new",
        "status": "pending",
        "customer_email": "20261122t101500z-contract-7@doorbuster.example",
        "created_at": "2026-11-22 10:16:00",
        "order_currency_code": "EUR",
        "subtotal": 49.0,
        "discount_amount": -5.93,
        "discount_tax_compensation_amount": 1.03,
        "shipping_amount": 5.0,
        "tax_amount": 8.4,
        "grand_total": 57.5,
        "coupon_code": "LINEN10",
        "items": [
            {"item_id": 1, "sku": "LS-M", "qty_ordered": 2, "row_total": 49.0, "parent_item_id": None},
            {"item_id": 2, "sku": "LS-M", "qty_ordered": 2, "row_total": 0, "parent_item_id": 1},
        ],
        "extension_attributes": {
            "shipping_assignments": [
                {"shipping": {"address": {"country_id": "DE"}, "method": "flatrate_flatrate"}}
            ]
        },
    },
    {
        "entity_id": 124,
        "increment_id": "000000124",
        "state": "canceled",
        "status": "canceled",
        "customer_email": "20261122t101500z-contract-8@doorbuster.example",
        "created_at": "2026-11-22 10:17:00",
        "order_currency_code": "EUR",
        "subtotal": 10.0,
        "grand_total": 10.0,
        "items": [{"item_id": 3, "sku": "CAP", "qty_ordered": 3, "row_total": 10.0}],
    },
]  # fmt: skip
COUPON = {"coupon_id": 1, "rule_id": 1, "code": "LINEN10", "usage_limit": 100, "times_used": 1}


class Office(MagentoShop):
    """The same shop with its admin API open to one token, two orders a page at most."""

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.config = config or {}
        self.page_size = 100
        self.cancelled: list[str] = []

    def __call__(self, request: Request) -> Response:  # noqa: PLR0911  (a return for each route)
        path, query = urlsplit(request.url).path, parse_qs(urlsplit(request.url).query)
        if path == "/magento_version":
            return Response(200, {}, b"Magento/2.4 (Community)")
        if asked(request)[0] == "Shop":
            told = {**ANSWERS["Shop"]["storeConfig"], **self.config}
            return json_response({"data": {"storeConfig": told}})
        if not path.startswith("/rest/default/V1/"):
            return super().__call__(request)
        if request.headers.get("authorization") != "Bearer admin-token":
            return json_response({"message": "The consumer isn't authorized to access %resources."}, 401)
        path = unquote(path.removeprefix("/rest/default/V1/"))
        if path == "orders":
            return json_response(self.page(ORDERS, query))
        if path == "coupons/search":
            return json_response(self.page([COUPON], query))
        if path.startswith("inventory/get-product-salable-quantity/"):
            return json_response(23) if "/LS-M/1" in path else json_response({"message": "no such"}, 404)
        if path.endswith("/cancel"):
            self.cancelled.append(path)
            return json_response(path == "orders/123/cancel")
        raise AssertionError(path)

    def page(self, rows: list[dict[str, Any]], query: Mapping[str, list[str]]) -> dict[str, Any]:
        """Past its last page the shop gives the last one again."""
        for number in range(2):
            told = f"searchCriteria[filterGroups][{number}][filters][0]"
            if f"{told}[field]" in query and query[f"{told}[conditionType]"] == ["in"]:
                wanted = query[f"{told}[value]"][0].split(",")
                rows = [row for row in rows if str(row[query[f"{told}[field]"][0]]) in wanted]
        last = max(1, -(-len(rows) // self.page_size))
        page = min(int(query["searchCriteria[currentPage]"][0]), last) - 1
        some = rows[page * self.page_size : (page + 1) * self.page_size]
        return {"items": some, "total_count": len(rows), "search_criteria": {}}


def office(
    shop: Office, token: str = "admin-token", **options: Any
) -> MagentoBackstage:  # a test's short way to a backstage
    given = PLATFORM.read_options(options, Path())
    # The guest API's schema knows nothing of the admin's.
    return MagentoBackstage(
        CannedClient(replace(EXCHANGE, check=lambda request: None), shop), Shop(BASE_URL, given, admin_token=token)
    )


# The schema


@pytest.mark.parametrize("operation", sorted(operations("magento")))
def test_an_operation_and_its_answer_are_the_schemas(shared: Path, operation: str) -> None:
    document, answer = operations("magento")[operation], ANSWERS[operation]
    made = magento_schema.answer_by_schema(document, operation, SAMPLES.get(operation, {}), answer)
    assert made == answer


SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "Category": {"uid": "Mw=="},
    "Search": {"query": "linen"},
    "Product": {"key": "linen-shirt"},
    "AddProducts": {"cart": CART, "items": [{"sku": "LS-M", "parent_sku": "LS", "quantity": 1}]},
    "UpdateItems": {"input": {"cart_id": CART, "cart_items": []}},
    "ApplyCoupon": {"cart": CART, "code": "LINEN10"},
    "Cart": {"cart": CART},
    "LogIn": {"email": "ana@shop.example", "password": "secret"},
    "TakeCart": {"cart": CART},
    "SetEmail": {"cart": CART, "email": "somebody@doorbuster.example"},
    "Regions": {"country": "DE"},
    "SetShippingAddress": {"input": {"cart_id": CART, "shipping_addresses": []}},
    "SetShippingMethod": {"input": {"cart_id": CART, "shipping_methods": []}},
    "SetBillingAddress": {"input": {"cart_id": CART, "billing_address": {}}},
    "SetPaymentMethod": {"input": {"cart_id": CART, "payment_method": {"code": "checkmo"}}},
    "CreatePaymentOrder": {
        "input": {"cartId": CART, "location": "PRODUCT_DETAIL", "methodCode": "m", "paymentSource": "apple_pay"}
    },
    "PlaceOrder": {"cart": CART},
    "GuestOrder": {"number": "1", "email": "e", "lastname": "l"},
    "OwnOrder": {"number": "1"},
    "Catalogue": {"page": 1},
}


def test_the_refusals_are_the_schemas_too(shared: Path) -> None:
    """Those in `user_errors` and `errors` of a payload; what stands in `errors` of the answer has no schema."""
    tried = 0
    for failure in FAILURES:
        body = orjson.loads(failure.response.body) if failure.response.body.startswith(b"{") else {}
        if not body.get("data"):
            continue
        for operation, answer in ANSWERS.items():
            if answer.keys() == body["data"].keys() and operation not in ("Search", "Catalogue"):
                document = operations("magento")[operation]
                made = magento_schema.answer_by_schema(document, operation, SAMPLES[operation], body["data"])
                assert made == body["data"]
                tried += 1
    assert tried > 10


def test_a_document_that_the_schema_does_not_know_would_be_noticed(shared: Path) -> None:
    with pytest.raises(AssertionError, match="Cannot query field"):
        magento_schema.check_operation("query Shop { storeConfig { turnover } }", "Shop", {})
    with pytest.raises(AssertionError):
        magento_schema.check_operation(operations("magento")["Search"], "Search", {"query": 7})


# Answers that get lost


def lost_after(step: str, operation: str) -> Any:
    """The shop does what it is asked, and its answer does not arrive."""
    exchange, done = EXCHANGE, []
    shop = MagentoShop()

    def instead(now: str, request: Request) -> Response | None:
        if now == step and asked(request)[0] == operation and not done:
            done.append(shop(request))
            return Response(0, {}, b"", "no answer in time")
        return shop(request)

    return walk(exchange, "native_checkout", instead)


def test_a_shopper_whose_confirmation_is_lost_finds_the_order() -> None:
    walked = lost_after("checkout.complete", "PlaceOrder")
    assert walked.last("checkout.complete").outcome == "unknown"
    found = walked.last("order.read")
    assert (found.outcome, found.order_id, found.total_minor, found.currency) == ("ok", "000000123", 5390, "EUR")


def test_a_shopper_whose_order_was_never_made_finds_none() -> None:
    walked = walk(
        EXCHANGE,
        "native_checkout",
        lambda step, request: Response(502, {}, b"") if step == "checkout.complete" else None,
    )
    assert walked.last("order.read").outcome == "rejected"


def test_a_cart_that_nobody_knows_any_more_is_no_proof_that_there_is_no_order() -> None:
    def instead(step: str, request: Request) -> Response | None:
        if step == "checkout.complete":
            return Response(502, {}, b"")
        return json_response({"message": "No such entity"}, 404) if step == "order.read" else None

    assert walk(EXCHANGE, "native_checkout", instead).last("order.read").outcome == "unknown"


def test_a_second_click_after_the_first_was_answered_is_a_conflict_and_no_second_order() -> None:
    client = CannedClient(EXCHANGE, MagentoShop())
    shop = storefront(client, visit_of(EXCHANGE, "native_checkout"))
    assert shop.cart_create().outcome == "ok"
    assert shop.checkout_complete().order_id == "000000123"
    again = shop.checkout_complete()
    assert (again.outcome, again.order_id) == ("conflict", None)


def test_what_a_stumble_says_is_not_repeated() -> None:
    said = refusal(None, "SQLSTATE[40001]: ana@shop.example")
    walked = walk(EXCHANGE, "browse", lambda step, request: said if step == "home" else None)
    assert walked.last("home").detail == "home: the shop reports an error of its own"


# Who buys, and by what


def test_a_customer_logs_in_and_takes_the_cart_over() -> None:
    client = CannedClient(EXCHANGE, MagentoShop())
    visit = visit_of(EXCHANGE, "native_checkout")._replace(customer=Customer("ana@shop.example", "secret"))
    shop = storefront(client, visit)
    assert [shop.cart_create().outcome, shop.checkout_start().outcome] == ["ok", "ok"]
    assert shop.checkout_complete().order_id == "000000123"
    assert client.sent[-1][1].headers["authorization"] == "Bearer customer-token"
    assert [asked(request)[0] for _, request in client.sent] == ["CreateCart", "LogIn", "TakeCart", "PlaceOrder"]
    assert shop.order_read().order_id == "000000123"
    assert asked(client.sent[-1][1])[0] == "OwnOrder"


def test_without_payment_services_the_wallet_is_refused_and_nothing_is_sent() -> None:
    client = CannedClient(EXCHANGE, MagentoShop())
    shop = storefront(client, visit_of(EXCHANGE, "express_wallet"), wallet="")
    answer = shop.wallet_start([Line(EXCHANGE.product, 1)])
    assert (answer.outcome, client.sent) == ("rejected", [])
    assert "Payment Services" in answer.detail


def test_a_wallet_pays_what_payment_services_asks_for() -> None:
    dearer = {"data": {"createPaymentOrder": {**ANSWERS["CreatePaymentOrder"]["createPaymentOrder"], "amount": 60.0}}}
    walked = walk(
        EXCHANGE,
        "express_wallet",
        lambda step, request: json_response(dearer) if asked(request)[0] == "CreatePaymentOrder" else None,
    )
    assert (walked.last("wallet.update").total_minor, walked.last("wallet.token").total_minor) == (5390, 6000)


def test_a_way_of_shipping_that_the_shop_does_not_offer_is_said() -> None:
    client = CannedClient(EXCHANGE, MagentoShop())
    shop = storefront(client, visit_of(EXCHANGE, "native_checkout"), shipping="ups_ground")
    shop.checkout_address()
    assert shop.checkout_shipping().outcome == "error"


def test_pages_may_be_asked_by_post() -> None:
    client = CannedClient(EXCHANGE, MagentoShop())
    shop = storefront(client, visit_of(EXCHANGE, "browse"), cached_pages=False)
    assert shop.collection(EXCHANGE.product).outcome == "ok"
    assert [request.method for _, request in client.sent] == ["POST", "POST"]


def test_an_order_without_a_total_is_an_order() -> None:
    answer = {"data": {"placeOrder": {"orderV2": {**ORDER, "total": None}, "errors": []}}}
    walked = walk(
        EXCHANGE, "native_checkout",
        lambda step, request: json_response(answer) if asked(request)[0] == "PlaceOrder" else None,
    )  # fmt: skip
    placed = walked.last("checkout.complete")
    assert (placed.outcome, placed.order_id, placed.total_minor) == ("ok", "000000123", None)


# Backstage


def test_the_shop_names_itself() -> None:
    assert office(Office()).check() == "Magento/2.4 (Community), store view default, at https://shop.example"


@pytest.mark.parametrize(
    "answer", [Response(200, {}, b"<html>"), Response(0, {}, b"", "no answer in time"), refusal("graphql-input", "no")]
)
def test_another_kind_of_shop_is_said(answer: Response) -> None:
    given = PLATFORM.read_options({}, Path())
    backstage = MagentoBackstage(CannedClient(EXCHANGE, lambda request: answer), Shop(BASE_URL, given))
    with pytest.raises(TargetError, match=r"https://shop\.example/graphql"):
        backstage.check()


@pytest.mark.parametrize(
    ("config", "options", "said"),
    [
        ({}, {}, ""),
        ({"braintree_environment": "sandbox"}, {}, ""),
        ({"braintree_environment": "production"}, {}, "production"),
        ({"braintree_environment": "sandbox"}, {"payment": "braintree"}, "others share"),
        ({"secure_base_url": "https://www.real.example/"}, {}, "www.real.example"),
    ],
)
def test_what_makes_a_copy_dangerous(config: dict[str, str], options: dict[str, str], said: str) -> None:
    hazards = office(Office(config), **options).hazards()
    assert bool(hazards) is bool(said)
    assert said in "".join(hazards)


def test_the_catalogue_is_what_can_be_bought() -> None:
    assert office(Office()).catalogue() == [
        EXCHANGE.product,
        Product("linen-shirt", "LS-L", "LS", 4900, "EUR", 0),
        Product("cap", "CAP", "CAP", 4900, "EUR", 7),
    ]


def test_codes_come_from_the_scenario_or_from_the_shop() -> None:
    assert list(office(Office()).coupons()) == ["LINEN10"]
    assert list(office(Office(), coupons=("ONE",)).coupons()) == ["ONE"]
    assert list(office(Office(), token="").coupons()) == []


@pytest.mark.parametrize("page_size", [100, 1])
def test_the_books_are_read_back(page_size: int) -> None:
    shop = Office()
    shop.page_size = page_size
    rows = office(shop).read_back().orders
    assert [row["kind"] for row in rows] == ["order", "order_failed", "stock", "coupon", "books_read"]
    order, failed, stock, coupon, _ = rows
    assert order["intent"] == "20261122T101500Z-contract-7"
    assert (order["order_id"], order["amount_minor"], order["currency"]) == ("000000123", 5750, "EUR")
    assert order["at_unix_us"] == 1_795_342_560_000_000
    detail = orjson.loads(order["detail"])
    assert detail["items_minor"] - detail["discount_minor"] + detail["shipping_minor"] + detail["tax_minor"] == 5750
    assert detail["lines"] == [{"variant": "LS-M", "quantity": 2, "price_minor": 2450}]
    assert (detail["codes"], detail["region"], detail["shipping"]) == (["LINEN10"], "DE", "flatrate_flatrate")
    assert orjson.loads(failed["detail"])["lines"][0]["price_minor"] is None  # ten euros for three
    assert orjson.loads(stock["detail"]) == {"variant": "LS-M", "units": 23}
    assert orjson.loads(coupon["detail"]) == {"code": "LINEN10", "limit": 100, "used": 1}


def test_books_that_are_closed_are_said() -> None:
    with pytest.raises(TargetError, match="DOORBUSTER_ADMIN_TOKEN"):
        office(Office(), token="").read_back()
    with pytest.raises(TargetError, match="HTTP 401"):
        office(Office(), token="wrong").read_back()


def test_orders_are_cancelled_by_their_numbers() -> None:
    shop = Office()
    told = office(shop).cancel(["000000123", "000000124", "000000999"])
    assert told == {
        "000000123": None,
        "000000124": "the shop keeps it as canceled",
        "000000999": "the shop does not have it",
    }
    assert shop.cancelled == ["orders/123/cancel", "orders/124/cancel"]


def test_a_placing_that_is_refused_names_no_order() -> None:
    walked = walk(
        EXCHANGE,
        "native_checkout",
        lambda step, request: (
            placing("CART_NOT_ACTIVE", "The cart isn't active.") if step == "checkout.complete" else None
        ),
    )
    assert walked.last("checkout.complete").order_id is None
