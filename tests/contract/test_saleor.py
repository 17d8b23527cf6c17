"""Saleor beyond what all platforms share: its schema, its payment apps, its customers, and its books."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from doorbuster.errors import TargetError
from doorbuster.journeys.native_checkout import walk as buy_natively
from doorbuster.journeys.shopper import LeftShop
from doorbuster.storefronts.base import Answer, Customer, Response, Shop
from doorbuster.storefronts.graphql import operations
from doorbuster.storefronts.platforms import options_of, platform_named
from doorbuster.storefronts.saleor import PLATFORM
from doorbuster.storefronts.saleor_options import SaleorOptions
from tests.conftest import ROOT
from tests.contract import saleor_schema
from tests.contract.exchange import BASE_URL, CannedClient, ContractShopper, Request, json_response, visit_of, walk
from tests.contract.saleor_exchange import (
    EXCHANGE,
    GATEWAY,
    OPTIONS,
    VARIANT,
    asked,
    checkout,
    event,
    no,
    of_order,
    pays,
)
from tests.contract.test_every_adapter import journey_to, once

BUYING = ("native_checkout", "express_wallet")


@pytest.fixture(scope="session")
def schema(shared: Path) -> None:
    if not saleor_schema.at_hand():
        pytest.skip(f"no Saleor schema in {shared}")


@pytest.mark.parametrize("file", ["saleor", "saleor_backstage"])
@pytest.mark.usefixtures("schema")
def test_every_operation_is_valid(file: str) -> None:
    for document in operations(file).values():
        saleor_schema.parsed(document)


@pytest.mark.usefixtures("schema")
def test_every_refusal_is_one_that_the_schema_knows() -> None:
    for failure in (one for one in EXCHANGE.failures if one.response.status == 200):
        body = orjson.loads(failure.response.body)
        if "errors" in body:
            continue  # GraphQL's own, which no schema describes
        shopper = walk(EXCHANGE, journey_to(EXCHANGE, failure.step), once(failure.step, failure.response, failure.when))
        request = next(one for step, one in shopper.client.sent if step == failure.step and failure.when(one))
        saleor_schema.check_answer(request, body["data"])


def sent(shopper: ContractShopper, operation: str) -> list[Request]:
    return [request for _, request in shopper.client.sent if request.json["operationName"] == operation]


@pytest.mark.parametrize("journey", BUYING)
def test_the_money_is_asked_for_with_the_purchases_key_and_the_shops_own_price(journey: str) -> None:
    (pay,) = sent(walk(EXCHANGE, journey), "Pay")
    assert pay.json["variables"]["key"] == visit_of(EXCHANGE, journey).intent
    assert pay.json["variables"]["amount"] == 34.85
    data = pay.json["variables"]["gateway"]["data"]
    assert ("token" in data) == (journey == "express_wallet")


def test_a_payment_that_wants_to_be_confirmed_is() -> None:
    for journey, step in zip(BUYING, ("checkout.payment", "wallet.complete"), strict=True):
        response, when = pays("CHARGE_ACTION_REQUIRED")
        shopper = walk(EXCHANGE, journey, once(step, response, when))
        assert len(sent(shopper, "Process")) == 1
        assert shopper.answers[-1][1].order_id == "1042"


def test_a_payment_that_is_never_confirmed_is_unknown() -> None:
    again = json_response({"data": {"transactionInitialize": event("CHARGE_ACTION_REQUIRED")}})
    more = json_response({"data": {"transactionProcess": event("CHARGE_ACTION_REQUIRED")}})
    answers = {"Pay": again, "Process": more}
    shopper = walk(EXCHANGE, "native_checkout", lambda step, request: answers.get(request.json["operationName"]))
    assert shopper.last("checkout.payment").outcome == "unknown"
    assert len(sent(shopper, "Process")) == 3


@pytest.mark.parametrize("journey", BUYING)
def test_a_payment_under_way_is_looked_at_until_it_is_done(journey: str) -> None:
    step = {"native_checkout": "checkout.payment", "express_wallet": "wallet.complete"}[journey]
    told = [checkout(), checkout(), checkout(charge="FULL")]

    def instead(now: str, request: Request) -> Response | None:
        if now != step or request.json["operationName"] not in ("Pay", "Checkout"):
            return None
        return (
            pays("CHARGE_REQUEST")[0] if asked("Pay")(request) else json_response({"data": {"checkout": told.pop(0)}})
        )

    shopper = walk(EXCHANGE, journey, instead)
    assert shopper.answers[-1][1].order_id == "1042"
    assert (len(sent(shopper, "Pay")), told) == (1, [])  # asked for once, looked at three times


def test_an_order_that_the_shop_made_by_itself_is_looked_up() -> None:
    """Its checkout is gone: Saleor answers a second completion of it with the order."""
    response, when = of_order("NOT_FOUND")
    gone = json_response({"data": {"checkout": None}})

    def instead(step: str, request: Request) -> Response | None:
        if step == "checkout.complete" and when(request):
            return response
        return gone if step == "order.read" and asked("Checkout")(request) else None

    shopper = walk(EXCHANGE, "native_checkout", instead)
    assert shopper.last("checkout.complete") == Answer("unknown", "the checkout is gone; it may have become an order")
    assert shopper.last("order.read").order_id == "1042"


def test_a_look_at_the_order_never_completes_a_checkout_that_is_still_there() -> None:
    lost = Response(0, {}, b"", "no answer in time")
    shopper = walk(EXCHANGE, "native_checkout", once("checkout.complete", lost))
    assert shopper.last("order.read").outcome == "rejected"
    assert [step for step, request in shopper.client.sent if asked("Complete")(request)] == ["checkout.complete"]


def as_customer(instead: Callable[[str, Request], Response | None] = lambda *_: None) -> ContractShopper:
    client = CannedClient(EXCHANGE, EXCHANGE.shop(), instead=instead)
    visit = visit_of(EXCHANGE, "native_checkout")._replace(customer=Customer("ana@shop.example", "planted"))
    shopper = ContractShopper(visit, client)
    with suppress(LeftShop):
        buy_natively(shopper, EXCHANGE.storefront(client, visit))
    return shopper


def test_a_customer_logs_in_and_orders_under_their_own_name_and_the_purchases_mark() -> None:
    shopper = as_customer()
    assert shopper.answers[-1][1].order_id == "1042"
    (attach,) = sent(shopper, "Attach")
    assert attach.headers["authorization-bearer"] == "customer-token"
    (create,) = sent(shopper, "Create")
    assert create.json["variables"]["input"]["email"] == "ana@shop.example"
    assert create.json["variables"]["input"]["metadata"] == [{"key": "doorbuster", "value": shopper.visit.intent}]
    assert [request.json["operationName"] for _, request in shopper.client.sent if "planted" in str(request)] == [
        "LogIn"
    ]


@pytest.mark.parametrize(
    ("code", "outcome"), [("INVALID_CREDENTIALS", "error"), ("LOGIN_ATTEMPT_DELAYED", "throttled")]
)
def test_a_customer_who_cannot_log_in_is_no_guest(code: str, outcome: str) -> None:
    response, when = no("LogIn", "tokenCreate", code, token=None)
    shopper = as_customer(once("checkout.start", response, when))
    assert shopper.last("checkout.start").outcome == outcome
    assert not sent(shopper, "Attach")
    assert "planted" not in str(shopper.answers)


def test_older_shops_are_asked_for_their_ways_of_delivery_otherwise() -> None:
    client = CannedClient(EXCHANGE, EXCHANGE.shop())
    visit = visit_of(EXCHANGE, "native_checkout")
    shopper = ContractShopper(visit, client)
    options = SaleorOptions(deliveries="listed").model_dump(mode="json")
    buy_natively(shopper, PLATFORM.storefront(client, Shop(BASE_URL, options), visit))
    assert shopper.answers[-1][1].order_id == "1042"
    assert sent(shopper, "Listed")
    assert not sent(shopper, "Deliveries")


# Backstage

PAGE = {"hasNextPage": False, "endCursor": "x"}
EUR = {"amount": 29.9, "currency": "EUR"}


def page(*nodes: Mapping[str, Any], more: bool = False) -> dict[str, Any]:
    return {"pageInfo": {**PAGE, "hasNextPage": more}, "edges": [{"node": dict(node)} for node in nodes]}


def variant(id_: str, counted: bool) -> dict[str, Any]:
    price = {"price": {"gross": EUR}}
    return {"id": id_, "sku": None, "quantityAvailable": 50, "trackInventory": counted, "pricing": price}


def one_order(number: str, **other: Any) -> dict[str, Any]:
    line = {
        "quantity": 2, "productVariantId": VARIANT, "unitPrice": {"gross": {"amount": 29.9}},
        "undiscountedTotalPrice": {"net": {"amount": 49.83}},
    }  # fmt: skip
    return {
        "id": f"T3JkZXI6{number}", "number": number, "created": "2026-11-27T20:00:05+00:00", "status": "UNFULFILLED",
        "chargeStatus": "FULL", "authorizeStatus": "FULL", "userEmail": "ana@shop.example",
        "metafield": "20261122T101500Z-contract-7", "voucherCode": None, "shippingMethodName": "Post",
        "shippingAddress": {"country": {"code": "ES"}},
        "total": {"currency": "EUR", "gross": {"amount": 65.74}, "tax": {"amount": 10.96}},
        "subtotal": {"net": {"amount": 49.83}}, "shippingPrice": {"net": {"amount": 4.95}}, "lines": [line], **other,
    }  # fmt: skip


DUMMY = {
    "id": "QXBwOjE=", "name": "Dummy", "identifier": GATEWAY, "permissions": [{"code": "HANDLE_PAYMENTS"}], "webhooks": []
}  # fmt: skip
MAILER = {
    "id": "QXBwOjI=", "name": "Mail", "identifier": "app.mail", "permissions": [],
    "webhooks": [{"isActive": True, "asyncEvents": [{"eventType": "NOTIFY_USER"}]}],
}  # fmt: skip
VOUCHER = {
    "usageLimit": 100, "singleUse": False, "onlyForStaff": False, "startDate": "2020-01-01T00:00:00+00:00",
    "endDate": None, "codes": page({"code": "NOVEMBER10", "isActive": True, "used": 3}),
}  # fmt: skip
OLD = {**VOUCHER, "endDate": "2021-01-01T00:00:00+00:00", "codes": page({"code": "OLD", "isActive": True, "used": 1})}
GATEWAYS = [{"id": "mirumee.stripe", "name": "Stripe", "config": [{"field": "api_key", "value": "pk_live_1"}]}]


class Books:
    """`base.Client` for the backstage of a canned Saleor shop."""

    def __init__(self, **other: Any) -> None:
        self.asked: list[Request] = []
        self._told: dict[str, Any] = {
            "Shop": {"shop": {"name": "Winter", "availablePaymentGateways": GATEWAYS}, "products": {"totalCount": 2}},
            "Catalogue": {
                "products": page({"slug": "linen-shirt", "variants": [variant(VARIANT, True), variant("no2", False)]})
            },
            "Apps": {"apps": page(DUMMY, MAILER)},
            "Vouchers": {"vouchers": page(VOUCHER, OLD)},
            "Stock": {
                "productVariants": page(
                    {"id": VARIANT, "trackInventory": True, "stocks": [{"quantity": 50, "quantityAllocated": 4}]},
                    {"id": "no2", "trackInventory": False, "stocks": []},
                )
            },
            "OrderIds": {
                "orders": {
                    "edges": [
                        {"node": {"id": f"T3JkZXI6{number}", "number": number, "status": status}}
                        for number, status in (("1042", "UNFULFILLED"), ("1043", "CANCELED"))
                    ]
                }
            },
            "Cancel": {"orderCancel": {"order": {"status": "CANCELED"}, "errors": []}},
            **other,
        }

    def request(self, method: str, url: str, *, json: Any = None, form: Any = None, headers: Any = None) -> Response:
        request = Request(method, url, json, form, headers or {})
        self.asked.append(request)
        saleor_schema.check_request(request)
        data = self._told[json["operationName"]]
        data = data(json["variables"]) if callable(data) else data
        if "errors" not in data:
            saleor_schema.check_answer(request, data)
            data = {"data": data}
        return json_response(data)


def backstage(books: Books, token: str = "admin", **options: Any) -> Any:
    return PLATFORM.backstage(books, Shop(BASE_URL, {**OPTIONS, **options}, admin_token=token))


def test_a_shop_says_who_it_is_and_what_may_not_be_rehearsed_on() -> None:
    books = Books()
    assert "Saleor shop Winter" in backstage(books).check()
    live, pay, mail = backstage(books).hazards()
    assert "live key" in live
    assert "Dummy" in pay
    assert "real money" in pay
    assert "real mail" in mail
    assert backstage(books, test_apps=[GATEWAY, "app.mail"]).hazards() == [live]
    assert backstage(books, token="").hazards() == [live]
    empty = Books(Shop={"shop": {"name": "Winter", "availablePaymentGateways": []}, "products": {"totalCount": 0}})
    with pytest.raises(TargetError, match=r"channel default-channel shows no products; correct storefront\.options"):
        backstage(empty).check()
    with pytest.raises(TargetError, match="Apps: no; the app of DOORBUSTER_ADMIN_TOKEN needs MANAGE_ORDERS"):
        backstage(Books(Apps={"errors": [{"message": "no"}]})).hazards()


def test_the_catalogue_is_what_shoppers_see_and_codes_are_those_that_work_now() -> None:
    first, second = backstage(Books()).catalogue()
    assert (first.product, first.variant, first.sku, first.price_minor, first.stock) == (
        "linen-shirt", VARIANT, VARIANT, 2990, 46,
    )  # fmt: skip
    assert second.stock is None
    assert backstage(Books(), token="").catalogue()[0].stock == 50  # as many as one shopper may buy
    assert backstage(Books()).coupons() == ["NOVEMBER10"]
    assert backstage(Books(), token="").coupons() == []
    half = {**VOUCHER, "codes": page({"code": "A", "isActive": True, "used": 0}, more=True)}
    with pytest.raises(TargetError, match=r"more than 100 codes; give the codes in pools"):
        backstage(Books(Vouchers={"vouchers": page(half)})).coupons()


def test_the_books_are_read_page_by_page_and_tell_orders_stock_and_codes() -> None:
    def orders(wanted: Mapping[str, Any]) -> dict[str, Any]:
        assert wanted["where"] == {"metadata": {"key": "doorbuster"}}
        if wanted["after"] is None:
            return {"orders": page(one_order("1042"), more=True)}
        guest = one_order(
            "1043", metafield=None, userEmail="20261122t101500z-contract-9@doorbuster.example", voucherCode="NOVEMBER10",
            chargeStatus="NONE", authorizeStatus="NONE", subtotal={"net": {"amount": 44.83}},
        )  # fmt: skip
        return {"orders": page(guest, one_order("1044", status="CANCELED", shippingAddress=None))}

    rows = backstage(Books(Orders=orders)).read_back().orders
    paid, pending, cancelled = rows[:3]
    assert [row["kind"] for row in rows[:3]] == ["order", "order_pending", "order_failed"]
    assert [row["intent"] for row in rows[:2]] == ["20261122T101500Z-contract-7", "20261122T101500Z-contract-9"]
    assert (paid["order_id"], paid["amount_minor"], paid["currency"]) == ("1042", 6574, "EUR")
    assert paid["at_unix_us"] == 1795809605_000_000
    detail = orjson.loads(paid["detail"])
    parts = (detail["items_minor"], detail["discount_minor"], detail["shipping_minor"], detail["tax_minor"])
    assert parts == (4983, 0, 495, 1096)
    assert parts[0] - parts[1] + parts[2] + parts[3] == paid["amount_minor"]
    assert detail["lines"] == [{"variant": VARIANT, "quantity": 2, "price_minor": 2990}]
    assert (detail["codes"], detail["region"], detail["shipping"]) == ([], "ES", "Post")
    with_code = orjson.loads(pending["detail"])
    assert (with_code["discount_minor"], with_code["codes"]) == (500, ["NOVEMBER10"])
    assert with_code["lines"][0]["price_minor"] is None
    assert orjson.loads(cancelled["detail"])["region"] is None
    rest = [(row["kind"], orjson.loads(row["detail"])) for row in rows[3:]]
    assert rest == [
        ("stock", {"variant": VARIANT, "units": 46}),
        ("coupon", {"code": "NOVEMBER10", "limit": 100, "used": 3}),
        ("coupon", {"code": "OLD", "limit": 100, "used": 1}),
        ("books_read", {}),
    ]
    with pytest.raises(TargetError, match="set DOORBUSTER_ADMIN_TOKEN"):
        backstage(Books(), token="").read_back()


def test_orders_are_cancelled_by_the_number_that_shoppers_saw() -> None:
    books = Books()
    told = backstage(books).cancel(["1042", "1043", "1099", "x"])
    assert told == {
        "1042": None,
        "1043": None,
        "1099": "the shop has no such order",
        "x": "the shop has no such order",
    }
    assert [one.json["variables"] for one in books.asked if one.json["operationName"] == "Cancel"] == [
        {"id": "T3JkZXI61042"}
    ]
    refusing = Books(Cancel={"orderCancel": {"order": None, "errors": [{"code": "CANNOT_CANCEL_ORDER"}]}})
    assert backstage(refusing).cancel(["1042"])["1042"] == "Saleor refused (CANNOT_CANCEL_ORDER)"


def test_the_shops_own_token_stays_backstage() -> None:
    books = Books()
    backstage(books).check()
    assert books.asked[0].headers["authorization-bearer"] == "admin"
    assert not any("authorization-bearer" in request.headers for _, request in walk(EXCHANGE, "cart").client.sent)


def test_the_example_of_the_document_loads() -> None:
    (example,) = re.findall(r"```toml\n(.+?)```", (ROOT / "docs/saleor.md").read_text(), re.S)
    card = tomllib.loads(example)["storefront"]
    platform = platform_named(card["platform"], ROOT, "docs/saleor.md")
    options = options_of(platform, card["options"], ROOT, "docs/saleor.md")
    assert options["payment_data"] == {"event": {"type": "CHARGE_SUCCESS"}}
    assert options["deliveries"] == "calculate"
