"""A shopper looks around, fills a cart and checks out; the books afterwards agree with what the pages said."""

from __future__ import annotations

import httpx
import pytest
from staging_mall import Mall

from doorbuster.errors import TargetError
from doorbuster.staging.catalogue import make_catalogue
from doorbuster.staging.pricing import price
from doorbuster.storefronts.base import Product, Shop
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging_backstage import StagingBackstage


def test_browsing_finds_what_the_catalogue_lists(mall: Mall) -> None:
    product = next(iter(mall.catalogue.values()))
    shopper = mall.shopper("looks")
    for answer in (shopper.home(), shopper.collection(product), shopper.product(product), shopper.search("linen")):
        assert answer.outcome == "ok"
    gone = Product("shoes-999", "x", "x", 1, "EUR", None)
    assert shopper.product(gone).detail == "HTTP 404 no_such_product"
    found = mall.http.get("/search", params={"q": product.product.rsplit("-", 1)[0]}).json()["results"]
    assert product.product.rsplit("-", 1)[0] in {row["id"].rsplit("-", 1)[0] for row in found}


def test_the_catalogue_is_the_seeds_own(mall: Mall) -> None:
    assert make_catalogue(7) == make_catalogue(7)
    assert make_catalogue(7) != make_catalogue(8)
    assert len({product.product for product in mall.catalogue.values()}) == 300
    assert mall.catalogue["doorbuster-deal-one"].stock == 50


def test_a_paid_order_agrees_in_all_books(mall: Mall) -> None:
    variants = list(mall.catalogue)[:2]
    lines = [mall.line(variants[0], 3), mall.line(variants[1])]
    placed = mall.ready_to_place("one", *lines, coupon="BF25").checkout_complete()
    assert placed.outcome == "ok"
    [order] = mall.facts("shop", "order")
    assert (order["order_id"], order["intent"], order["amount_minor"]) == (placed.order_id, "one", placed.total_minor)
    detail = order["detail"]
    parts = detail["items_minor"] - detail["discount_minor"] + detail["shipping_minor"] + detail["tax_minor"]
    assert parts == placed.total_minor
    [captured] = mall.facts("gateway", "captured")
    [event] = mall.facts("analytics", "purchase_event")
    assert captured["amount_minor"] == event["amount_minor"] == placed.total_minor
    assert event["order_id"] == placed.order_id
    assert mall.units(variants[0]) == (mall.catalogue[variants[0]].stock or 0) - 3
    assert mall.coupon_uses("BF25") == 1


def test_an_order_is_read_back_by_its_intent(mall: Mall) -> None:
    shopper = mall.ready_to_place("two", mall.line(next(iter(mall.catalogue))))
    assert shopper.order_read().detail == "no order for this purchase intent"
    placed = shopper.checkout_complete()
    read = shopper.order_read()
    assert (read.outcome, read.order_id, read.total_minor) == ("ok", placed.order_id, placed.total_minor)


def test_a_cart_belongs_to_its_shopper(mall: Mall) -> None:
    cart = mall.http.post("/carts").json()["id"]
    assert mall.http.get(f"/carts/{cart}").status_code == 200
    assert httpx.get(f"{mall.addresses.shop_url}/carts/{cart}").status_code == 404


def test_discount_codes_combine_only_as_allowed(mall: Mall) -> None:
    line = mall.line(next(iter(mall.catalogue)))
    shopper = mall.shopper("saver", line)
    shopper.cart_create()
    shopper.cart_add(line)
    tried = ["WELCOME10", "FREESHIP", "BF25", "WELCOME10", "NOPE"]
    assert [shopper.cart_discount(code).detail for code in tried] == [
        "",
        "",
        "discount code cannot be combined",
        "discount code already applied",
        "no such discount code",
    ]


def test_free_shipping_and_tax_are_exact() -> None:
    assert price([(995, 1)], shipping_minor=490, free_shipping=True).total_minor == 995 + 199
    assert price([(1005, 1)], percent_off=10).discount_minor == 101


def test_a_declined_card_holds_nothing(mall: Mall) -> None:
    variant = next(iter(mall.catalogue))
    cart = f"/carts/{mall.http.post('/carts').json()['id']}"
    mall.http.post(f"{cart}/lines", json={"variant": variant})
    mall.http.post(f"{cart}/checkout", json={"email": "jo@example.com"})
    address = {"name": "Jo", "line_one": "1 Street", "city": "Town", "postal_code": "28001", "country": "ES"}
    mall.http.put(f"{cart}/checkout/address", json=address)
    mall.http.put(f"{cart}/checkout/shipping", json={"option": "express"})
    intent = {"X-Purchase-Intent": "declined"}
    declined = mall.http.post(f"{cart}/checkout/payment", json={"card": "4000000000000002"}, headers=intent)
    assert (declined.status_code, declined.json()["error"]["code"]) == (422, "payment_declined")
    assert mall.facts("gateway", "authorised") == mall.facts("shop", "order") == []
    assert mall.units(variant) == mall.catalogue[variant].stock
    accepted = mall.http.post(f"{cart}/checkout/payment", json={"card": "4242424242424242"}, headers=intent)
    assert accepted.json()["status"] == "authorised"


def test_what_is_out_of_stock_cannot_be_bought_and_the_money_is_let_go(mall: Mall) -> None:
    deal = "doorbuster-deal-one"
    late = mall.ready_to_place("late", mall.line(deal, 15))
    for number in range(3):
        assert mall.ready_to_place(f"early-{number}", mall.line(deal, 15)).checkout_complete().outcome == "ok"
    refused = late.checkout_complete()
    assert (refused.outcome, refused.detail) == ("rejected", "out of stock")
    assert mall.units(deal) == 5
    assert [fact["intent"] for fact in mall.facts("gateway", "voided")] == ["late"]
    assert late.cart_update(mall.line(deal), 6).detail == "out of stock"
    assert late.cart_update(mall.line(deal), 21).detail == "more than the shop sells to one shopper"


def test_a_reset_restores_everything_everywhere(mall: Mall) -> None:
    mall.ready_to_place("before", mall.line("doorbuster-deal-one")).checkout_complete()
    mall.switch_on("error_burst", 1)
    mall.backstage.reset(7)
    assert mall.units("doorbuster-deal-one") == 50
    kinds = {row["kind"] for row in mall.backstage.read_back().orders}
    assert kinds == {"stock", "coupon", "tax_rate", "books_read", "contacts_read"}
    assert mall.shopper("after").home().outcome == "ok"


def test_read_back_pages_through_many_rows(mall: Mall) -> None:
    for number in range(5):
        mall.ready_to_place(f"many-{number}", mall.line(next(iter(mall.catalogue)))).checkout_complete()
    first = mall.http.get("/admin/orders", params={"limit": 3}).json()
    rest = mall.http.get("/admin/orders", params={"limit": 3, "after": first["next"]}).json()
    assert [row["intent"] for row in first["orders"] + rest["orders"]] == [f"many-{number}" for number in range(5)]
    assert rest["next"] is None


def test_another_server_is_no_staging_shop(mall: Mall) -> None:
    for url, why in (
        (f"{mall.addresses.shop_url}/products", "no Doorbuster staging service"),
        ("http://127.0.0.1:9", "could not connect"),
    ):
        with httpx.Client(verify=False) as http, pytest.raises(TargetError, match=why):
            StagingBackstage(HttpxClient(http), Shop(url)).check()


def test_the_shop_says_who_answers_for_loading_it(mall: Mall) -> None:
    assert "staging" in mall.http.get("/.well-known/doorbuster.txt").text


def test_the_other_services_are_named_as_the_caller_names_the_shop(mall: Mall) -> None:
    port = mall.addresses.gateway_url.rsplit(":", 1)[1]
    named = mall.http.get("/admin/info", headers={"Host": "staging:8700"}).json()["addresses"]
    assert named["gateway"] == f"http://staging:{port}"
