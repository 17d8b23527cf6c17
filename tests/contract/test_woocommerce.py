"""WooCommerce beyond the common contract: nonces, money, payment pages, lost answers, and the shop's own books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Answer, Customer, Line, Product, Response, Shop
from doorbuster.storefronts.woocommerce import PLATFORM
from doorbuster.storefronts.woocommerce_answers import read_cart
from doorbuster.storefronts.woocommerce_backstage import WooBackstage
from tests.contract.exchange import BASE_URL, CannedClient, Request, json_response, visit_of, walk
from tests.contract.woocommerce_exchange import (
    API,
    CART,
    EXCHANGE,
    SHOWN,
    WooShop,
    paying,
    refusal,
    storefront,
)

NOTE = "Doorbuster rehearsal 20261122T101500Z-contract-9"


def order(number: int, status: str, email: str, **more: Any) -> dict[str, Any]:
    item = {"product_id": 34, "variation_id": 0, "quantity": 2, "subtotal": "98.000000", "subtotal_tax": "19.60"}
    return {
        "id": number,
        "status": status,
        "currency": "EUR",
        "prices_include_tax": False,
        "date_created_gmt": "2026-11-22T10:16:00",
        "total": "111.720000",
        "discount_total": "9.80",
        "discount_tax": "1.96",
        "shipping_total": "4.90",
        "shipping_tax": "0.98",
        "total_tax": "18.62",
        "customer_note": "",
        "billing": {"email": email, "country": "DE"},
        "shipping": {"country": "ES"},
        "line_items": [item],
        "shipping_lines": [{"method_id": "flat_rate"}],
        "coupon_lines": [{"code": "linen10"}],
        "fee_lines": [],
        **more,
    }


ORDERS = [
    order(146, "processing", "20261122t101500z-contract-7@doorbuster.example"),
    order(147, "pending", "20261122t101500z-contract-8@doorbuster.example"),
    order(148, "on-hold", "ana@shop.example", customer_note=NOTE),
    order(149, "cancelled", "20261122t101500z-contract-10@doorbuster.example"),
    order(150, "checkout-draft", "20261122t101500z-contract-11@doorbuster.example"),
    order(151, "processing", "somebody@real.example", customer_note="see doorbuster.example"),
]
GATEWAYS = [
    {"id": "cod", "enabled": True, "settings": {}},
    {"id": "stripe", "enabled": True, "settings": {"testmode": {"value": "yes"}}},
    {"id": "paypal", "enabled": False, "settings": {"testmode": {"value": "no"}}},
]
INDEX = {"name": "Linen", "url": "https://shop.example", "home": "https://shop.example", "namespaces": ["wc/store/v1"]}


class Office(WooShop):
    """The same shop with its admin API open to one key."""

    def __init__(self, index: Mapping[str, Any] | None = None, gateways: list[dict[str, Any]] | None = None) -> None:
        super().__init__()
        self.index, self.gateways = {**INDEX, **(index or {})}, gateways or GATEWAYS

    def __call__(self, request: Request) -> Response:
        path, query = urlsplit(request.url).path, parse_qs(urlsplit(request.url).query)
        if path == "/wp-json/":
            return json_response(self.index)
        if path == f"{API}/products" and "per_page" in query and query["per_page"] == ["100"]:
            return json_response(self.products(query))
        if not path.startswith("/wp-json/wc/v3/"):
            return super().__call__(request)
        if request.headers.get("authorization") != "Basic Y2s6Y3M=":
            return refusal(401, "woocommerce_rest_cannot_view")
        route = path.removeprefix("/wp-json/wc/v3/")
        if request.method == "PUT":
            return json_response({"status": "cancelled"}) if route == "orders/146" else refusal(404, "no_such_order")
        return json_response(self.admin(route, query))

    def admin(self, route: str, query: Mapping[str, list[str]]) -> Any:
        if route == "orders":
            assert query["dp"] == ["6"]
            word, page = query["search"][0], int(query["page"][0])
            hits = [one for one in ORDERS if word in str((one["billing"], one["customer_note"]))]
            return hits if page == 1 else []
        return {
            "payment_gateways": self.gateways,
            "system_status": {"environment": {"version": "10.3.4"}},
            "coupons": [{"code": "linen10", "usage_limit": None, "usage_count": 3}],
            "products/34": {"manage_stock": True, "stock_quantity": 21},
        }[route]

    def products(self, query: Mapping[str, list[str]]) -> list[Any]:
        if query.get("type") == ["variation"]:
            red = {**SHOWN, "id": 41, "parent": 40, "slug": "cap-red", "sku": "", "low_stock_remaining": None}
            return [red, {**red, "id": 42, "is_in_stock": False}]
        parent = {**SHOWN, "id": 40, "slug": "cap", "type": "variable", "has_options": True}
        many = [{**SHOWN, "id": 1000 + number, "slug": f"sock-{number}"} for number in range(98)]
        return {"1": [SHOWN, parent, *many], "2": [{**SHOWN, "id": 35, "is_purchasable": False}]}[query["page"][0]]


def office(shop: Office, key: str = "ck:cs", **options: Any) -> WooBackstage:
    given = PLATFORM.read_options(options, Path())
    # What shoppers may send says nothing of the admin's routes.
    client = CannedClient(replace(EXCHANGE, check=lambda request: None), shop)
    return WooBackstage(client, Shop(BASE_URL, given, admin_token=key))


def test_every_answers_nonce_is_the_next_requests() -> None:
    """The shop refuses any but its newest, so that a walk that gets through proves it; here it is seen to refuse."""
    walked = walk(EXCHANGE, "native_checkout")
    assert walked.answers[-1][1].order_id == "146"
    shop, stale = WooShop(), {"nonce": "nonce-0"}
    client = CannedClient(EXCHANGE, shop)
    shopper = storefront(client, visit_of(EXCHANGE, "cart"))
    shopper.cart_create()
    client.answer = lambda request: shop(request._replace(headers={**request.headers, **stale}))
    assert shopper.cart_add(Line(EXCHANGE.product, 1)).detail == "cart.add: woocommerce_rest_invalid_nonce"


@pytest.mark.parametrize(
    ("price", "currency", "decimals_of_the_shop", "minor"),
    [("5390", "EUR", 2, 5390), ("54", "EUR", 0, 5400), ("539000", "EUR", 4, 5390), ("980", "JPY", 0, 980), ("98000", "JPY", 2, 980)],
)  # fmt: skip
def test_money_is_in_the_currencys_minor_units_whatever_the_shop_counts_in(
    price: str, currency: str, decimals_of_the_shop: int, minor: int
) -> None:
    totals = {"total_price": price, "currency_code": currency, "currency_minor_unit": decimals_of_the_shop}
    assert read_cart({"totals": totals}) == Answer("ok", total_minor=minor, currency=currency)


# Answers that get lost, payments that go elsewhere


@pytest.mark.parametrize("journey", ["native_checkout", "express_wallet"])
def test_a_shopper_whose_confirmation_is_lost_finds_the_order(journey: str) -> None:
    shop, lost = WooShop(), []

    def instead(step: str, request: Request) -> Response | None:
        if step in ("checkout.complete", "wallet.complete") and not lost:
            lost.append(shop(request))
            return Response(0, {}, b"", "no answer in time")
        return shop(request)

    found = walk(EXCHANGE, journey, instead).last("order.read")
    # The nonce of the lost answer is lost too; orders are looked up without one.
    assert (found.outcome, found.order_id, found.total_minor, found.currency) == ("ok", "146", 5390, "EUR")


def test_a_shopper_whose_order_was_never_made_finds_a_draft() -> None:
    walked = walk(
        EXCHANGE,
        "native_checkout",
        lambda step, request: Response(502, {}, b"") if step == "checkout.complete" else None,
    )
    assert walked.last("order.read") == Answer("rejected", "no order: it is still a draft")


def test_an_order_that_nobody_shows_is_no_proof_that_there_is_none() -> None:
    def instead(step: str, request: Request) -> Response | None:
        if step == "checkout.complete":
            return Response(502, {}, b"")
        return refusal(404, "woocommerce_rest_invalid_order") if step == "order.read" else None

    assert walk(EXCHANGE, "native_checkout", instead).last("order.read").outcome == "unknown"


@pytest.mark.parametrize(
    ("status", "outcome"), [("pending", "unknown"), ("failed", "rejected"), ("on-hold", "ok"), ("made-up", "unknown")]
)
def test_an_order_is_what_its_status_says(status: str, outcome: str) -> None:
    def instead(step: str, request: Request) -> Response | None:
        if step == "checkout.complete":
            return Response(502, {}, b"")
        told = {"id": 146, "status": status, "totals": CART["totals"]}
        return json_response(told) if step == "order.read" else None

    assert walk(EXCHANGE, "native_checkout", instead).last("order.read").outcome == outcome


def through_a_payment_page(page: Response, order_status: str) -> tuple[Answer, list[str]]:
    url = "https://pay.example/146"
    opened: list[str] = []

    def instead(step: str, request: Request) -> Response | None:
        if step != "checkout.complete":
            return None
        if request.url == url:
            opened.append(url)
            return page
        if request.method == "POST":
            return paying("success", "pending", url)
        return json_response({"id": 146, "status": order_status, "totals": CART["totals"]})

    return walk(EXCHANGE, "native_checkout", instead).last("checkout.complete"), opened


def test_a_payment_page_is_opened_and_the_order_then_looked_up() -> None:
    answer, opened = through_a_payment_page(Response(200, {}, b"<html>Paid</html>"), "processing")
    assert (answer.outcome, answer.order_id, answer.total_minor) == ("ok", "146", 5390)
    assert len(opened) == 1


def test_a_payment_page_that_changes_nothing_leaves_the_order_unknown() -> None:
    answer, _ = through_a_payment_page(Response(200, {}, b"<html>Pay</html>"), "pending")
    assert (answer.outcome, answer.order_id) == ("unknown", None)


def test_a_payment_page_on_a_host_that_is_not_allowed_is_said() -> None:
    refused = Response(0, {}, b"", "pay.example is not among limits.allowed_hosts")
    answer, _ = through_a_payment_page(refused, "processing")
    assert (answer.outcome, answer.detail) == ("unknown", "the order waits at a payment page that could not be opened")


# Who buys, and by what


def test_a_customers_order_is_marked_by_its_note() -> None:
    client = CannedClient(EXCHANGE, WooShop())
    visit = visit_of(EXCHANGE, "native_checkout")._replace(customer=Customer("ana@shop.example", "secret"))
    shop = storefront(client, visit)
    shop.cart_create()
    assert shop.checkout_complete().order_id == "146"
    sent = client.sent[-1][1].json
    assert sent["billing_address"]["email"] == "ana@shop.example"
    assert sent["customer_note"] == f"Doorbuster rehearsal {visit.intent}"
    assert "secret" not in str(client.sent)


def test_without_a_wallet_nothing_is_sent() -> None:
    client = CannedClient(EXCHANGE, WooShop())
    shop = storefront(client, visit_of(EXCHANGE, "express_wallet"), wallet="")
    assert shop.wallet_start([Line(EXCHANGE.product, 1)]).outcome == "rejected"
    assert client.sent == []


def test_the_wallets_payment_data_is_the_scenarios() -> None:
    client = CannedClient(EXCHANGE, WooShop())
    data = {"wc-stripe-confirmation-token": "ctoken_test"}
    shop = storefront(client, visit_of(EXCHANGE, "express_wallet"), wallet_data=data)
    shop.wallet_start([Line(EXCHANGE.product, 1)])
    assert shop.wallet_complete().order_id == "146"
    sent = client.sent[-1][1].json
    assert (sent["payment_method"], sent["payment_data"]) == (
        "stripe",
        [{"key": "wc-stripe-confirmation-token", "value": "ctoken_test"}],
    )


def test_a_way_of_shipping_is_chosen_by_how_its_id_begins() -> None:
    client = CannedClient(EXCHANGE, WooShop())
    for wanted, rate in (("local_pickup", "local_pickup:2"), ("", "flat_rate:1")):
        shop = storefront(client, visit_of(EXCHANGE, "native_checkout"), shipping=wanted)
        client.answer = WooShop()
        shop.cart_create()
        assert shop.checkout_shipping().total_minor == 5390
        assert client.sent[-1][1].json == {"package_id": 0, "rate_id": rate}
    shop = storefront(client, visit_of(EXCHANGE, "native_checkout"), shipping="ups")
    client.answer = WooShop()
    shop.cart_create()
    assert shop.checkout_shipping().outcome == "error"


# Backstage


def test_the_shop_names_itself_and_its_version_to_whoever_has_a_key() -> None:
    assert office(Office()).check() == 'WooCommerce 10.3.4, "Linen", at https://shop.example'
    assert office(Office(), key="").check() == 'WooCommerce, "Linen", at https://shop.example'


def test_another_kind_of_site_is_said() -> None:
    with pytest.raises(TargetError, match="not a WooCommerce shop"):
        office(Office({"namespaces": ["wp/v2"]})).check()


LIVE = [{"id": "stripe", "enabled": True, "settings": {"testmode": {"value": "no"}}}]


@pytest.mark.parametrize(
    ("shop", "options", "said"),
    [
        (Office(), {}, ""),
        (Office(), {"wallet": "stripe"}, "others share"),
        (Office(gateways=LIVE), {}, "is live"),
        (Office({"home": "https://www.real.example"}), {}, "www.real.example"),
    ],
)
def test_what_makes_a_copy_dangerous(shop: Office, options: dict[str, str], said: str) -> None:
    hazards = office(shop, **options).hazards()
    assert bool(hazards) is bool(said)
    assert said in "".join(hazards)


def test_the_catalogue_is_what_can_be_bought() -> None:
    found = office(Office()).catalogue()
    assert found[0] == EXCHANGE.product
    assert len(found) == 1 + 98 + 2
    assert found[-2:] == [Product("cap", "41", "41", 4900, "EUR", None), Product("cap", "42", "42", 4900, "EUR", 0)]
    assert len(office(Office(), most_products=5).catalogue()) == 5


def test_codes_come_from_the_scenario_or_from_the_shop() -> None:
    assert list(office(Office()).coupons()) == ["linen10"]
    assert list(office(Office(), coupons=("ONE",)).coupons()) == ["ONE"]
    assert list(office(Office(), key="").coupons()) == []


def test_the_books_are_read_back() -> None:
    rows = office(Office()).read_back().orders
    told = {(row["kind"], row["order_id"]): row for row in rows}
    assert list(told) == [
        ("order", "146"),
        ("order_pending", "147"),
        ("order_failed", "149"),
        ("order", "148"),
        ("stock", None),
        ("coupon", None),
        ("books_read", None),
    ]
    bought = told["order", "146"]
    assert bought["intent"] == "20261122T101500Z-contract-7"
    assert (bought["amount_minor"], bought["currency"], bought["at_unix_us"]) == (11172, "EUR", 1_795_342_560_000_000)
    detail = orjson.loads(bought["detail"])
    assert detail["items_minor"] - detail["discount_minor"] + detail["shipping_minor"] + detail["tax_minor"] == 11172
    assert detail["lines"] == [{"variant": "34", "quantity": 2, "price_minor": 4900}]
    assert (detail["codes"], detail["region"], detail["shipping"]) == (["linen10"], "ES", "flat_rate")
    assert told["order", "148"]["intent"] == "20261122T101500Z-contract-9"  # a customer's, by its note
    assert orjson.loads(told["stock", None]["detail"]) == {"variant": "34", "units": 21}
    assert orjson.loads(told["coupon", None]["detail"]) == {"code": "linen10", "limit": None, "used": 3}


def test_prices_with_tax_add_up_with_tax() -> None:
    from doorbuster.storefronts.woocommerce_books import order_row

    item = {"product_id": 34, "variation_id": 41, "quantity": 1, "subtotal": "8.264463", "subtotal_tax": "1.735537"}
    three = order(160, "processing", "x@doorbuster.example", prices_include_tax=True, line_items=[item] * 3,
                  total="30.000000", discount_total="0", discount_tax="0", shipping_total="0", shipping_tax="0",
                  total_tax="5.206612", coupon_lines=[])  # fmt: skip
    row = order_row(three)
    assert row is not None
    detail = orjson.loads(row["detail"])
    assert (detail["items_minor"], detail["tax_minor"], row["amount_minor"]) == (3000, 0, 3000)
    assert detail["lines"] == [{"variant": "41", "quantity": 1, "price_minor": 1000}] * 3
    fee = order_row({**three, "fee_lines": [{"total": "1.00"}]})
    assert fee is not None
    assert "items_minor" not in orjson.loads(fee["detail"])


def test_books_that_are_closed_are_said() -> None:
    with pytest.raises(TargetError, match="DOORBUSTER_ADMIN_TOKEN"):
        office(Office(), key="").read_back()
    with pytest.raises(TargetError, match="HTTP 401"):
        office(Office(), key="ck:wrong").read_back()


def test_orders_are_cancelled_where_the_shop_agrees() -> None:
    assert office(Office()).cancel(["146", "999"]) == {"146": None, "999": "the shop did not cancel it (HTTP 404)"}
