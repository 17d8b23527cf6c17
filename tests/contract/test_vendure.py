"""What only Vendure has: second clicks, orders that nobody may look at, customers, and its books by the Admin API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from doorbuster.errors import TargetError
from doorbuster.journeys import WALKS
from doorbuster.journeys.shopper import LeftShop
from doorbuster.storefronts.base import Customer, Response, Shop, Storefront
from doorbuster.storefronts.graphql import operations
from doorbuster.storefronts.vendure import PLATFORM
from tests.contract.exchange import BASE_URL, RUN, CannedClient, ContractShopper, Request, visit_of
from tests.contract.vendure_exchange import (
    CODE,
    EXCHANGE,
    OPTIONS,
    data,
    errors,
    member,
    order,
    shop,
    storefront,
    union,
)

LATE = {
    "express_wallet": data(
        {"arranging": member("ORDER_STATE_TRANSITION_ERROR"), "paid": member("ORDER_PAYMENT_STATE_ERROR")}
    ),
    "native_checkout": union("paid", "NO_ACTIVE_ORDER_ERROR"),
}


def bought(journey: str) -> tuple[Storefront, ContractShopper]:
    """A shopper who has bought, still on the page."""
    client, visit = CannedClient(EXCHANGE, shop()), visit_of(EXCHANGE, journey)
    front, shopper = storefront(client, visit), ContractShopper(visit, client)
    WALKS[journey](shopper, front)
    return front, shopper


@pytest.mark.parametrize("journey", LATE)
def test_a_second_click_that_comes_late_is_a_conflict(journey: str) -> None:
    front, shopper = bought(journey)
    shopper.client.instead = lambda step, request: LATE[journey]
    again = front.wallet_complete() if journey == "express_wallet" else front.checkout_complete()
    assert (again.outcome, again.order_id) == ("conflict", None)


def test_a_second_click_that_is_told_of_the_same_order_bought_it_too() -> None:
    front, _ = bought("native_checkout")
    assert front.checkout_complete().order_id == CODE


@pytest.mark.parametrize(
    "told",
    [
        errors("FORBIDDEN", told={"orderByCode": None}),
        data({"orderByCode": None}),
        data({"orderByCode": order("ArrangingPayment")}),
    ],
    ids=["not to be looked at", "unknown", "not placed"],
)
def test_an_order_that_is_not_placed_is_none(told: Response) -> None:
    front, shopper = bought("native_checkout")
    shopper.client.instead = lambda step, request: told
    assert front.order_read().outcome == "rejected"


def test_an_order_is_looked_up_by_the_code_of_its_cart() -> None:
    front, shopper = bought("express_wallet")
    answer = front.order_read()
    assert (answer.outcome, answer.order_id, answer.total_minor) == ("ok", CODE, 1776)
    assert shopper.client.sent[-1][1].json["variables"] == {"code": CODE}


def logged_in(told: Mapping[str, Any]) -> ContractShopper:
    """A returning customer's purchase, their login answered so."""

    def instead(step: str, request: Request) -> Response | None:
        return data({"user": told}) if request.json["operationName"] == "LogIn" else None

    client = CannedClient(EXCHANGE, shop(), instead=instead)
    visit = visit_of(EXCHANGE, "native_checkout")._replace(customer=Customer("ana@shop.example", "hers"))
    shopper = ContractShopper(visit, client)
    with suppress(LeftShop):
        WALKS["native_checkout"](shopper, storefront(client, visit))
    return shopper


def test_who_has_an_account_logs_in_and_takes_the_cart_along() -> None:
    shopper = logged_in({"__typename": "CurrentUser", "id": "5"})
    asked = [request.json["operationName"] for _, request in shopper.client.sent]
    assert "LogIn" in asked
    assert "SetCustomer" not in asked
    assert shopper.answers[-1][1].order_id == CODE


@pytest.mark.parametrize("why", ["INVALID_CREDENTIALS_ERROR", "NOT_VERIFIED_ERROR"])
def test_a_customer_who_cannot_log_in_buys_nothing(why: str) -> None:
    step, answer = logged_in(member(why)).answers[-1]
    assert (step, answer.outcome) == ("checkout.start", "error")
    assert why in answer.detail


ORDER = {
    "id": "17", "code": CODE, "state": "PaymentSettled", "orderPlacedAt": "2026-11-22T10:20:00.000Z",
    "updatedAt": "2026-11-22T10:20:00.000Z", "currencyCode": "EUR", "totalWithTax": 8774, "total": 7312,
    "couponCodes": ["TENOFF"], "customer": {"emailAddress": f"{RUN}-7@doorbuster.example".lower()},
    "shippingAddress": {"countryCode": "ES"}, "discounts": [{"amount": -758, "amountWithTax": -910}], "surcharges": [],
    "shippingLines": [{"price": 490, "priceWithTax": 588, "shippingMethod": {"code": "standard-shipping"}}],
    "lines": [
        {"quantity": 2, "linePrice": 6180, "linePriceWithTax": 7416, "productVariant": {"id": "4"}},
        {"quantity": 3, "linePrice": 1400, "linePriceWithTax": 1680, "productVariant": {"id": "6"}},
    ],
    "payments": [
        {"method": "card", "state": "Declined", "amount": 8774}, {"method": "card", "state": "Settled", "amount": 8774},
    ],
    "fulfillments": [],
}  # fmt: skip


@dataclass
class Admin:
    """The Admin API from canned rows, a page of two at a time."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    gross: bool = False
    password: str = "hers"
    cancelled: Response | None = None
    handlers: tuple[tuple[str, str, bool], ...] = (("card", "dummy-payment-handler", True),)
    sent: list[str] = field(default_factory=list)

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        operation, wanted = json["operationName"], json["variables"]
        stem = {"/shop-api": "vendure", "/admin-api": "vendure_backstage"}[url.removeprefix(BASE_URL)]
        assert json["query"] == operations(stem)[operation]
        self.sent.append(operation)
        if operation == "LogIn":
            fine = wanted == {"username": "ana", "password": self.password}
            return data({"login": {"__typename": "CurrentUser" if fine else "InvalidCredentialsError"}})
        if stem == "vendure_backstage":
            assert (headers or {}).get("Authorization")
        told: dict[str, Callable[[], Any]] = {
            "Home": lambda: {"activeChannel": {"code": "main", "defaultCurrencyCode": "EUR"}},
            "Catalogue": lambda: {"products": self._page("products", wanted)},
            "Orders": lambda: {"orders": self._page("orders", wanted)},
            "Stock": lambda: {"productVariants": self._page("stock", wanted)},
            "Promotions": lambda: {"promotions": self._page("promotions", wanted)},
            "Settings": lambda: {"globalSettings": {"trackInventory": True}},
            "Channel": lambda: {"activeChannel": {"pricesIncludeTax": self.gross}},
            "OrderIds": lambda: {"orders": {"items": self.rows["orders"]}},
            "PaymentMethods": lambda: {
                "paymentMethods": {
                    "items": [
                        {"code": code, "enabled": enabled, "handler": {"code": handler}}
                        for code, handler, enabled in self.handlers
                    ]
                }
            },
        }
        if operation == "CancelOrder":
            return self.cancelled or data({"cancelOrder": {"__typename": "Order", "id": "17", "state": "Cancelled"}})
        return data(told[operation]())

    def _page(self, name: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        rows = self.rows.get(name, [])
        return {"totalItems": len(rows), "items": rows[wanted["skip"] : wanted["skip"] + 100]}


def backstage(admin: Admin, token: str = "ana:hers", **options: Any) -> Any:
    return PLATFORM.backstage(admin, Shop(BASE_URL, {**OPTIONS, **options}, "", token))


def variant(number: int, on_hand: int = 9, allocated: int = 4, counted: str = "INHERIT") -> dict[str, Any]:
    levels = [{"stockOnHand": on_hand, "stockAllocated": allocated}]
    return {"id": str(number), "trackInventory": counted, "stockLevels": levels}


def facts(admin: Admin) -> list[tuple[Mapping[str, Any], dict[str, Any]]]:
    return [(row, json.loads(row["detail"])) for row in backstage(admin).read_back().orders]


def test_an_order_is_read_back_with_its_intent_and_its_parts() -> None:
    row, detail = facts(Admin({"orders": [ORDER]}))[0]
    assert (row["witness"], row["kind"], row["intent"], row["order_id"]) == ("shop", "order", f"{RUN}-7", CODE)
    assert (row["amount_minor"], row["currency"], row["at_unix_us"]) == (8774, "EUR", 1795342800000000)
    parts = [detail[f"{name}_minor"] for name in ("items", "discount", "shipping", "tax")]
    assert parts == [7580, 758, 490, 1462]
    assert parts[0] - parts[1] + parts[2] + parts[3] == row["amount_minor"]
    assert detail["codes"] == ["TENOFF"]
    assert [line["price_minor"] for line in detail["lines"]] == [3090, None]  # 14.00 is no three equal prices


def test_where_prices_hold_their_tax_none_is_added() -> None:
    gross = {**ORDER, "totalWithTax": 7416 + 1680 - 910 + 588}
    _, detail = facts(Admin({"orders": [gross]}, gross=True))[0]
    parts = [detail[f"{name}_minor"] for name in ("items", "discount", "shipping", "tax")]
    assert parts == [9096, 910, 588, 0]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("PaymentAuthorized", "order"),
        ("Delivered", "order"),
        ("ArrangingPayment", "order_pending"),
        ("Cancelled", "order_failed"),
    ],
)
def test_only_what_was_placed_is_an_order(state: str, kind: str) -> None:
    row, detail = facts(Admin({"orders": [{**ORDER, "state": state}]}))[0]
    assert row["kind"] == kind
    assert bool(detail["lines"]) == (kind == "order")


def test_all_pages_of_orders_are_read() -> None:
    many = [{**ORDER, "code": f"C{number}"} for number in range(250)]
    told = [row["order_id"] for row, _ in facts(Admin({"orders": many})) if row["kind"] == "order"]
    assert told == [f"C{number}" for number in range(250)]


def test_stock_is_told_where_the_shop_counts_and_nothing_has_left_the_house() -> None:
    sent = {**ORDER, "state": "Shipped", "fulfillments": [{"state": "Shipped"}]}
    stock = [variant(4), variant(5), variant(7, counted="FALSE")]
    told = {
        detail["variant"]: detail
        for row, detail in facts(Admin({"orders": [sent], "stock": stock}))
        if row["kind"] == "stock"
    }
    assert (told["4"]["units"], told["4"]["initial"]) == (5, None)
    assert (told["5"]["units"], told["5"]["initial"]) == (5, 9)
    assert (told["7"]["units"], told["7"]["initial"]) == (None, None)


def test_codes_that_can_be_used_now_are_tried_and_all_are_told() -> None:
    base = {"usageLimit": 3, "enabled": True, "startsAt": None, "endsAt": None}
    promotions = [
        {**base, "couponCode": "NOW"},
        {**base, "couponCode": "OVER", "endsAt": "2020-01-01T00:00:00.000Z"},
        {**base, "couponCode": "LATER", "startsAt": "2999-01-01T00:00:00.000Z"},
        {**base, "couponCode": "OFF", "enabled": False},
        {**base, "couponCode": None},
    ]
    admin = Admin({"promotions": promotions})
    assert backstage(admin).coupons() == ["NOW"]
    told = [detail for row, detail in facts(admin) if row["kind"] == "coupon"]
    assert [(one["code"], one["limit"]) for one in told] == [("NOW", 3), ("OVER", 3), ("LATER", 3), ("OFF", 3)]


def test_a_catalogue_has_a_row_for_each_variant() -> None:
    variants = [{"id": n, "sku": f"S{n}", "priceWithTax": 1188, "currencyCode": "EUR"} for n in ("4", "5")]
    admin = Admin({"products": [{"slug": "linen-shirt-1", "variants": variants}], "stock": [variant(4), variant(5)]})
    assert [(p.product, p.variant, p.stock) for p in backstage(admin).catalogue()] == [
        ("linen-shirt-1", "4", 5),
        ("linen-shirt-1", "5", 5),
    ]
    assert [p.stock for p in backstage(admin, token="").catalogue()] == [None, None]


def test_without_an_administrator_the_books_stay_closed() -> None:
    with pytest.raises(TargetError, match="DOORBUSTER_ADMIN_TOKEN"):
        list(backstage(Admin(), token="").read_back().orders)
    with pytest.raises(TargetError, match="could not log in") as told:
        list(backstage(Admin(), token="ana:wrong").read_back().orders)
    assert "wrong" not in str(told.value)


def test_a_live_payment_method_is_a_hazard() -> None:
    admin = Admin(
        handlers=(("card", "dummy-payment-handler", True), ("visa", "stripe", True), ("old", "mollie", False))
    )
    (said,) = backstage(admin).hazards()
    assert "visa" in said
    assert backstage(admin, test_handlers=["stripe"]).hazards() == []


def test_orders_are_cancelled_or_it_is_said_why_not() -> None:
    admin = Admin({"orders": [ORDER]})
    assert backstage(admin).cancel([CODE, "GONE"]) == {CODE: None, "GONE": "the shop has no such order"}
    assert "CancelOrder" in admin.sent
    refused = data({"cancelOrder": {"__typename": "QuantityTooGreatError", "errorCode": "QUANTITY_TOO_GREAT_ERROR"}})
    told = backstage(Admin({"orders": [ORDER]}, cancelled=refused)).cancel([CODE])
    assert told == {CODE: "Vendure refused (QUANTITY_TOO_GREAT_ERROR)"}


def test_another_shop_is_no_vendure() -> None:
    class Page(Admin):
        def request(self, *_: Any, **__: Any) -> Response:
            return Response(404, {}, b"<html>no such page</html>")

    with pytest.raises(TargetError, match="not a Vendure API"):
        backstage(Page()).check()
    assert "EUR" in backstage(Admin()).check()
