"""A Medusa shop's books, read through canned answers of its admin API (shapes recorded from version 2.21.2)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Response, Shop
from doorbuster.storefronts.medusa import PLATFORM
from doorbuster.storefronts.medusa_books import coupon_row, order_row, stock_rows, tax_row
from tests.contract.exchange import BASE_URL, CannedClient, Request, json_response
from tests.contract.medusa_exchange import EXCHANGE, PRODUCT, RECORDED, error

INTENT = "20261122T101500Z-contract-7"
ORDER: dict[str, Any] = {
    "id": "order_1",
    "status": "pending",
    "email": f"{INTENT.lower()}@doorbuster.example",
    "currency_code": "eur",
    "created_at": "2026-11-22T16:36:42.205Z",
    "metadata": {"note": "Doorbuster rehearsal", "purchase_intent": INTENT},
    "payment_status": "authorized",
    "total": 113.4,
    "item_subtotal": 95,
    "discount_subtotal": 9.5,
    "shipping_subtotal": 9,
    "tax_total": 18.9,
    "items": [
        {
            "variant_id": "variant_1",
            "quantity": 2,
            "subtotal": 95,
            "adjustments": [{"code": "WELCOME10"}],
            "detail": {"fulfilled_quantity": 0},
        }
    ],
    "shipping_address": {"country_code": "es"},
    "shipping_methods": [{"name": "Express", "adjustments": []}],
}
VARIANT: dict[str, Any] = {
    "id": "variant_1",
    "manage_inventory": True,
    "allow_backorder": False,
    "inventory_items": [
        {
            "required_quantity": 1,
            "inventory": {
                "location_levels": [
                    {"stocked_quantity": 20, "reserved_quantity": 2},
                    {"stocked_quantity": 5, "reserved_quantity": 0},
                ]
            },
        }
    ],
}
PROMOTION: dict[str, Any] = {
    "code": "FIRST20", "limit": 20, "used": 3, "is_automatic": False, "status": "active", "campaign": None,
}  # fmt: skip
REGION = {"name": "Europe", "payment_providers": [{"id": "pp_system_default"}]}
TAX = {"country_code": "es", "province_code": None, "tax_rates": [{"rate": 20, "is_default": True}]}
BOOKS: dict[str, tuple[str, list[Any]]] = {
    "/admin/orders": ("orders", [ORDER]),
    "/admin/product-variants": ("variants", [VARIANT]),
    "/admin/promotions": ("promotions", [PROMOTION, {**PROMOTION, "code": "AUTO", "is_automatic": True}]),
    "/admin/tax-regions": ("tax_regions", [TAX]),
    "/admin/regions": ("regions", [REGION]),
    "/admin/notifications": ("notifications", []),
    "/admin/stores": ("stores", [{"name": "Example"}]),
    "/store/regions": ("regions", RECORDED["GET /store/regions?fields&limit"]["regions"]),
    "/store/products": ("products", RECORDED["GET /store/products?fields&handle&region_id"]["products"]),
}


def backstage(
    token: str = "sk_1", answer: Callable[[Request], Response | None] = lambda request: None, **options: str
) -> tuple[Any, CannedClient]:
    """A backstage on canned books, and its client; `answer` may answer otherwise."""

    def answers(request: Request) -> Response:
        other = answer(request)
        parts = urlsplit(request.url)
        if other is not None:
            return other
        name, rows = BOOKS[parts.path]
        query = {key: int(value[0]) for key, value in parse_qs(parts.query).items() if key in ("offset", "limit")}
        page = rows[query.get("offset", 0) :][: query.get("limit", 50)]
        return json_response({name: page, "count": len(rows)})

    # The admin API is not in the shoppers' description.
    client = CannedClient(replace(EXCHANGE, check=lambda request: None), answers)
    read = PLATFORM.read_options(options, Path())
    return PLATFORM.backstage(client, Shop(BASE_URL, read, "pk_1", token)), client


def detail(row: dict[str, Any]) -> dict[str, Any]:
    return orjson.loads(row["detail"])  # type: ignore[no-any-return]


def test_a_paid_order_tells_all_that_promises_ask_of_it() -> None:
    row = order_row(ORDER)
    assert (row["kind"], row["order_id"], row["intent"]) == ("order", "order_1", INTENT)
    assert (row["amount_minor"], row["currency"], row["at_unix_us"]) == (11340, "EUR", 1795365402205000)
    assert detail(row) == {
        "items_minor": 9500,
        "discount_minor": 950,
        "shipping_minor": 900,
        "tax_minor": 1890,
        "codes": ["WELCOME10"],
        "lines": [{"variant": "variant_1", "quantity": 2, "price_minor": 4750}],
        "region": "ES",
        "shipping": "Express",
    }


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"payment_status": "captured"}, "order"),
        ({"payment_status": "not_paid"}, "order_pending"),
        ({"payment_status": "awaiting"}, "order_pending"),
        ({"payment_status": "not_paid", "total": 0}, "order"),
        ({"status": "canceled"}, "order_failed"),
    ],
)
def test_what_was_not_paid_is_not_an_order(changed: dict[str, Any], kind: str) -> None:
    assert order_row({**ORDER, **changed})["kind"] == kind


def test_the_intent_of_a_guest_is_in_the_address_where_metadata_was_lost() -> None:
    assert order_row({**ORDER, "metadata": None})["intent"] == INTENT
    assert order_row({**ORDER, "metadata": {}, "email": "ana@shop.example"})["intent"] is None


def test_fractions_of_a_cent_do_not_keep_parts_from_adding_up() -> None:
    # 10.05 less 10 %, 20 % tax: 9.045 + 1.809 = 10.854.
    fractions = {"item_subtotal": 10.05, "discount_subtotal": 1.005, "shipping_subtotal": 0, "tax_total": 1.809}
    told = detail(order_row({**ORDER, **fractions, "total": 10.854}))
    assert told["items_minor"] - told["discount_minor"] + told["shipping_minor"] + told["tax_minor"] == 1085


def test_a_total_that_does_not_add_up_is_not_made_to() -> None:
    told = detail(order_row({**ORDER, "total": 113.0}))
    assert told["tax_minor"] == 1890


def test_a_line_without_a_whole_price_has_none() -> None:
    thirds = {**ORDER["items"][0], "quantity": 3, "subtotal": 10}
    assert detail(order_row({**ORDER, "items": [thirds]}))["lines"][0]["price_minor"] is None


def test_what_is_reserved_is_sold_and_what_was_shipped_was_there() -> None:
    shipped = {**ORDER, "items": [{**ORDER["items"][0], "detail": {"fulfilled_quantity": 3}}]}
    (row,) = stock_rows([VARIANT], [shipped])
    assert detail(row) == {"variant": "variant_1", "units": 23, "initial": 28}


@pytest.mark.parametrize(
    "other",
    [
        {"manage_inventory": False},
        {"allow_backorder": True},
        {"inventory_items": []},
        {"inventory_items": VARIANT["inventory_items"] * 2},
        {"inventory_items": [{**VARIANT["inventory_items"][0], "required_quantity": 2}]},
    ],
    ids=["untracked", "on order", "no stock", "kit of two", "kit of pairs"],
)
def test_stock_that_cannot_be_counted_in_units_is_left_out(other: dict[str, Any]) -> None:
    assert list(stock_rows([{**VARIANT, **other}], [])) == []


@pytest.mark.parametrize(
    ("promotion", "limit", "used"),
    [
        (PROMOTION, 20, 3),
        ({**PROMOTION, "limit": None}, None, None),
        ({**PROMOTION, "limit": None, "campaign": {"budget": {"type": "usage", "limit": 7, "used": 2}}}, 7, 2),
        ({**PROMOTION, "limit": None, "campaign": {"budget": {"type": "spend", "limit": 7, "used": 2}}}, None, None),
    ],
    ids=["own limit", "no limit", "its campaign's", "campaign limited by money"],
)
def test_how_often_a_code_may_be_used(promotion: dict[str, Any], limit: int | None, used: int | None) -> None:
    assert detail(coupon_row(promotion)) == {"code": "FIRST20", "limit": limit, "used": used}


def test_a_country_with_rates_of_several_kinds_has_no_one_rate() -> None:
    row = tax_row(TAX)
    assert row is not None
    assert detail(row) == {"region": "ES", "percent": 20}
    assert tax_row({**TAX, "province_code": "es-cn"}) is None
    assert tax_row({**TAX, "tax_rates": [*TAX["tax_rates"], {"rate": 4, "is_default": False}]}) is None  # type: ignore[misc]


def test_all_books_are_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [{**ORDER, "id": f"order_{number}"} for number in range(120)]
    monkeypatch.setitem(BOOKS, "/admin/orders", ("orders", many))
    shop, _ = backstage()
    rows = shop.read_back().orders
    assert [row["order_id"] for row in rows if row["kind"] == "order"] == [one["id"] for one in many]
    assert {row["kind"] for row in rows} == {"order", "stock", "coupon", "tax_rate", "books_read"}


def test_the_catalogue_is_what_shoppers_see_and_coupons_what_they_type() -> None:
    shop, _ = backstage()
    assert PRODUCT in shop.catalogue()
    assert shop.coupons() == ["FIRST20"]


def test_a_secret_key_or_a_user_opens_the_books() -> None:
    shop, client = backstage("sk_1")
    assert shop.check() == f"Medusa shop Example at {BASE_URL}"
    assert client.sent[-1][1].headers["authorization"] == "Basic " + b64encode(b"sk_1:").decode()

    def login(request: Request) -> Response | None:
        return json_response({"token": "a.b.c"}) if request.url.endswith("/auth/user/emailpass") else None

    shop, client = backstage("ann@shop.example:secret:1", login)
    shop.check()
    shop.coupons()
    asked = [request for _, request in client.sent if "/auth/" in request.url]
    assert [one.json for one in asked] == [{"email": "ann@shop.example", "password": "secret:1"}]
    assert client.sent[-1][1].headers["authorization"] == "Bearer a.b.c"


def test_without_a_token_the_books_stay_closed_and_it_is_said() -> None:
    shop, _ = backstage("")
    assert "DOORBUSTER_ADMIN_TOKEN" in shop.check()
    assert shop.coupons() == shop.hazards() == ()
    with pytest.raises(TargetError, match="DOORBUSTER_ADMIN_TOKEN"):
        shop.read_back()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error(400, "not_allowed", "A valid publishable key is required"), "DOORBUSTER_STOREFRONT_TOKEN"),
        (json_response({"name": "another shop"}), "not a Medusa shop"),
        (Response(200, {}, b"<html>"), "not a Medusa shop"),
        (Response(0, {}, b"", "could not connect"), "is the shop running"),
    ],
    ids=["no key", "another shop", "a page", "nobody there"],
)
def test_what_is_no_medusa_shop_is_said(answer: Response, words: str) -> None:
    shop, _ = backstage(answer=lambda request: answer)
    with pytest.raises(TargetError, match=words):
        shop.check()


def test_live_payments_and_real_mail_are_hazards(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backstage()[0].hazards() == ()
    stripe = {"name": "Europe", "payment_providers": [{"id": "pp_system_default"}, {"id": "pp_stripe_stripe"}]}
    mail = [{"channel": "email", "provider_id": "sendgrid"}, {"channel": "feed", "provider_id": "local"}]
    monkeypatch.setitem(BOOKS, "/admin/regions", ("regions", [stripe]))
    monkeypatch.setitem(BOOKS, "/admin/notifications", ("notifications", mail))
    payment, message = backstage()[0].hazards()
    assert "pp_stripe_stripe" in payment
    assert "email through sendgrid" in message
    (message,) = backstage(payment_provider="pp_stripe_stripe")[0].hazards()
    assert "sendgrid" in message


def test_orders_are_cancelled_one_by_one_and_the_shops_no_is_handed_on() -> None:
    def answer(request: Request) -> Response | None:
        name = urlsplit(request.url).path.split("/")[3]
        return {
            "order_1": json_response({"order": {"id": "order_1", "status": "canceled"}}),
            "order_2": error(400, "invalid_data", "Order with id order_2 has been canceled."),
            "order_3": error(400, "not_allowed", "All fulfillments must be canceled before canceling an order"),
        }[name]

    shop, _ = backstage(answer=answer)
    came_to = shop.cancel(["order_1", "order_2", "order_3"])
    assert came_to["order_1"] is came_to["order_2"] is None
    assert "All fulfillments must be canceled" in came_to["order_3"]


def test_faults_cannot_be_switched_on_here() -> None:
    shop, _ = backstage()
    shop.steer(())
    with pytest.raises(TargetError, match=r"\[\[faults\]\]"):
        shop.steer([{"name": "oversell"}])
