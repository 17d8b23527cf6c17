"""What is Shopify's own about shopping there: waiting to be told, paying once, and doors that HTTP does not open."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from doorbuster.storefronts.base import Address, Answer, Customer, Line, Response, Shop
from doorbuster.storefronts.shopify import PLATFORM, ShopifyStorefront
from doorbuster.storefronts.shopify_answers import NO_PERMISSION
from doorbuster.storefronts.shopify_checkout import NO_VAULT
from doorbuster.storefronts.shopify_online_store import CHECKOUT, ShopifyOnlineStore
from doorbuster.storefronts.shopify_shop_pay import NO_WINDOW
from tests.conftest import ROOT
from tests.contract.exchange import BASE_URL, CannedClient, Exchange, Request, json_response, visit_of, walk
from tests.contract.shopify_exchange import EXCHANGE, SHOP, WINDOW, CannedShopify, changed, errors, says
from tests.contract.shopify_online_store_exchange import EXCHANGE as ONLINE_STORE
from tests.contract.shopify_online_store_exchange import SHOP as ONLINE_SHOP
from tests.contract.shopify_online_store_exchange import CannedOnlineStore, moved

Instead = Callable[[str, Request], Response | None]


def nothing(step: str, request: Request) -> Response | None:
    return None


def inside(exchange: Exchange, shop: Shop, instead: Instead = nothing, **visit: Any) -> tuple[Any, CannedClient]:
    """A shopper who wants to buy, at the door of a canned shop."""
    client = CannedClient(exchange, exchange.shop(), instead=instead)
    kind = ShopifyStorefront if exchange is EXCHANGE else ShopifyOnlineStore
    return kind(client, shop, visit_of(exchange, "native_checkout")._replace(**visit)), client


def optioned(**options: Any) -> Shop:
    return dataclasses.replace(SHOP, options=PLATFORM.read_options(options, ROOT))


def with_a_cart(instead: Instead = nothing, shop: Shop = SHOP, **visit: Any) -> tuple[Any, CannedClient]:
    shopper, client = inside(EXCHANGE, shop, instead, **visit)
    assert shopper.cart_create().outcome == "ok"
    assert shopper.cart_add(Line(EXCHANGE.product, 1)).outcome == "ok"
    return shopper, client


def variables(client: CannedClient, operation: str) -> list[Mapping[str, Any]]:
    asked = [request.json for _, request in client.sent if isinstance(request.json, dict)]
    return [one["variables"] for one in asked if one.get("operationName") == operation]


def test_parcels_that_are_being_put_together_are_waited_for() -> None:
    answers = [says("cartSelectedDeliveryOptionsUpdate", changed("PENDING_DELIVERY_GROUPS"))]

    def instead(step: str, request: Request) -> Response | None:
        pending = request.json.get("operationName") == "CartSelectedDeliveryOptionsUpdate" and answers
        return answers.pop() if pending else None

    shopper, client = with_a_cart(instead)
    said = [shopper.checkout_shipping() for _ in range(3)]
    assert [(one.outcome, one.again_s, one.total_minor) for one in said] == [
        ("ok", 1.0, 2000),  # no group is there yet
        ("ok", 1.0, None),  # one is, and is pending
        ("ok", None, 2490),
    ]
    assert len(variables(client, "CartView")) == 3


def test_a_shop_that_never_prices_a_parcel_delivers_nowhere_near() -> None:
    def instead(step: str, request: Request) -> Response | None:
        asked = request.json.get("operationName")
        return says("cart", CannedShopify(quantity=1).cart) if asked == "CartView" else None

    shopper, _ = with_a_cart(instead)
    said = [shopper.checkout_shipping() for _ in range(10)]
    assert {(one.outcome, one.again_s) for one in said[:9]} == {("ok", 1.0)}
    assert said[9] == Answer("rejected", "no delivery to this address")


def test_a_purchase_is_submitted_under_its_intent_however_often_it_is_clicked() -> None:
    shopper, client = with_a_cart()
    intent = shopper.visit.intent
    assert shopper.checkout_payment().outcome == "ok"
    assert shopper.checkout_complete().again_s == 0.5  # pollDelay
    bought = [shopper.checkout_complete(), shopper.checkout_complete(), shopper.order_read()]
    assert {one.order_id for one in bought} == {"42"}
    assert [one["t"] for one in variables(client, "CartSubmitForCompletion")] == [intent]


def test_a_lost_submit_is_looked_up_under_the_same_token() -> None:
    lost = [Response(0, {}, b"", "no answer in time")]

    def instead(step: str, request: Request) -> Response | None:
        submit = request.json.get("operationName") == "CartSubmitForCompletion"
        return lost.pop() if submit and lost else None

    shopper, client = with_a_cart(instead)
    shopper.checkout_payment()
    assert shopper.checkout_complete().outcome == "unknown"
    assert shopper.order_read().again_s == 0.5
    assert shopper.order_read().order_id == "42"
    assert len({one["t"] for one in variables(client, "CartSubmitForCompletion")}) == 1


def test_looking_up_a_purchase_that_was_never_submitted_buys_nothing() -> None:
    shopper, client = with_a_cart(lambda step, request: None)
    before = len(client.sent)
    assert shopper.order_read().outcome == "rejected"
    assert len(client.sent) == before


def test_a_purchase_that_failed_for_good_has_no_order() -> None:
    def instead(step: str, request: Request) -> Response | None:
        failed = {"__typename": "CartCompletionFailed", "errors": [{"code": "PAYMENT_ERROR"}]}
        polled = request.json.get("operationName") == "CartCompletionAttempt"
        return says("cartCompletionAttempt", failed) if polled else None

    shopper, _ = with_a_cart(instead)
    shopper.checkout_payment()
    assert shopper.checkout_complete().outcome == "error"
    assert shopper.order_read().outcome == "rejected"


def test_a_payment_that_was_turned_away_goes_on_where_it_stopped() -> None:
    away = [Response(430, {"retry-after": "4"}, b"")]

    def instead(step: str, request: Request) -> Response | None:
        paying = request.json.get("operationName") == "CartPaymentUpdate"
        return away.pop() if paying and away else None

    shopper, client = with_a_cart(instead)
    turned_away = shopper.checkout_payment()
    assert (turned_away.outcome, turned_away.again_s) == ("throttled", 4.0)
    assert shopper.checkout_payment().outcome == "ok"
    assert len(variables(client, "CartPrepareForCompletion")) == 1
    assert len(variables(client, "CartPaymentUpdate")) == 2


def test_without_permission_the_first_completing_call_says_whom_to_ask() -> None:
    def instead(step: str, request: Request) -> Response | None:
        preparing = request.json.get("operationName") == "CartPrepareForCompletion"
        return errors("ACCESS_DENIED") if preparing else None

    shopper, _ = with_a_cart(instead)
    assert shopper.checkout_payment() == Answer("error", NO_PERMISSION)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_said_with_the_variable_that_holds_it(status: int) -> None:
    shopper, _ = inside(EXCHANGE, SHOP, lambda step, request: json_response({"errors": "no"}, status))
    assert "DOORBUSTER_STOREFRONT_TOKEN" in shopper.home().detail


def test_without_a_vault_and_without_a_window_nothing_is_sent_and_the_shopper_is_told() -> None:
    shopper, client = with_a_cart(shop=optioned())
    before = len(client.sent)
    assert shopper.checkout_payment() == Answer("rejected", NO_VAULT)
    assert len(client.sent) == before
    assert shopper.wallet_start([Line(EXCHANGE.product, 1)]).outcome == "ok"
    before = len(client.sent)
    assert shopper.wallet_token() == Answer("rejected", NO_WINDOW)
    assert len(client.sent) == before


def test_the_shops_own_vault_is_asked_where_the_options_say_so() -> None:
    def instead(step: str, request: Request) -> Response | None:
        if isinstance(request.json, dict) and request.json.get("operationName") == "PaymentSettings":
            return says("shop", {"paymentSettings": {"cardVaultUrl": "https://vault.example/sessions"}})
        return None

    shopper, client = with_a_cart(instead, optioned(card_vault="shop", card="4242424242424242"))
    assert shopper.checkout_payment().outcome == "ok"
    (card,) = [request.json["credit_card"] for _, request in client.sent if "vault.example" in request.url]
    assert card["number"] == "4242424242424242"


def test_a_free_cart_needs_no_card() -> None:
    free = {
        "totalAmount": {"amount": "0.0", "currencyCode": "EUR"},
        "subtotalAmount": {"amount": "0.0", "currencyCode": "EUR"},
    }

    def instead(step: str, request: Request) -> Response | None:
        if request.json.get("operationName") == "CartPrepareForCompletion":
            ready = {"__typename": "CartStatusReady", "cart": {**CannedShopify(1).cart, "cost": free}}
            return says("cartPrepareForCompletion", {"result": ready, "userErrors": []})
        paid = request.json.get("operationName") in ("CartLinesAdd", "CartBillingAddressUpdate", "CartPaymentUpdate")
        field = {"CartLinesAdd": "cartLinesAdd", "CartBillingAddressUpdate": "cartBillingAddressUpdate"}
        return says(field.get(request.json["operationName"], "cartPaymentUpdate"), changed(cost=free)) if paid else None

    shopper, client = with_a_cart(instead, optioned())
    assert shopper.checkout_payment().outcome == "ok"
    (payment,) = variables(client, "CartPaymentUpdate")
    assert set(payment["p"]) == {"amount", "freePaymentMethod"}


def test_the_storefront_token_goes_to_the_shop_alone() -> None:
    for journey in ("native_checkout", "express_wallet"):
        sent = [request for _, request in walk(EXCHANGE, journey).client.sent]
        for request in sent:
            to_the_shop = request.url.startswith(BASE_URL)
            assert ("x-shopify-storefront-access-token" in request.headers) == to_the_shop, request.url
    assert any(request.url.startswith(WINDOW) for request in sent)


def test_codes_are_sent_as_the_whole_set_and_a_refused_one_is_left_out() -> None:
    def instead(step: str, request: Request) -> Response | None:
        if request.json.get("operationName") != "CartDiscountCodesUpdate":
            return None
        codes = [{"code": code, "applicable": code != "NO"} for code in request.json["variables"]["codes"]]
        return says("cartDiscountCodesUpdate", changed(discountCodes=codes))

    shopper, client = with_a_cart(instead)
    assert [shopper.cart_discount(code).outcome for code in ("ONE", "NO", "two")] == ["ok", "rejected", "ok"]
    assert [one["codes"] for one in variables(client, "CartDiscountCodesUpdate")] == [
        ["ONE"],
        ["ONE", "NO"],
        ["ONE", "two"],
    ]


def test_a_customer_logs_in_where_the_checkout_begins() -> None:
    def instead(step: str, request: Request) -> Response | None:
        if request.json.get("operationName") == "CustomerLogin":
            known = request.json["variables"]["input"]["password"] == "right"
            errors_ = [] if known else [{"code": "UNIDENTIFIED_CUSTOMER"}]
            token = {"accessToken": "customer-1"} if known else None
            return says("customerAccessTokenCreate", {"customerAccessToken": token, "customerUserErrors": errors_})
        return None

    shopper, client = with_a_cart(instead, customer=Customer("ana@shop.example", "right"))
    assert shopper.checkout_start().outcome == "ok"
    (identity,) = variables(client, "CartBuyerIdentityUpdate")
    assert identity["b"]["customerAccessToken"] == "customer-1"
    stranger, _ = with_a_cart(instead, customer=Customer("ana@shop.example", "wrong"))
    assert stranger.checkout_start() == Answer("rejected", "the shop does not know this customer")


def test_a_region_is_told_by_its_code_alone() -> None:
    home = Address("Ada Byron King", "1 Road", "Toronto", "ON", "CA", "K1A", "+1613")
    shopper, client = with_a_cart(address=home)
    shopper.checkout_address()
    (asked,) = variables(client, "CartDeliveryAddressesAdd")
    told = asked["a"][0]["address"]["deliveryAddress"]
    assert (told["firstName"], told["lastName"], told["provinceCode"]) == ("Ada Byron", "King", "ON")
    shopper, client = with_a_cart(address=home._replace(state="Ontario"))
    shopper.checkout_address()
    (asked,) = variables(client, "CartDeliveryAddressesAdd")
    assert "provinceCode" not in asked["a"][0]["address"]["deliveryAddress"]


def test_a_payment_request_adds_up() -> None:
    client = walk(EXCHANGE, "express_wallet").client
    before, after = (variables(client, name)[0] for name in ("ShopPaySessionCreate", "ShopPaySessionSubmit"))
    for request in (before["r"], after["r"]):
        parts = [request["subtotal"], request["totalShippingPrice"]["finalTotal"]]
        assert sum(float(part["amount"]) for part in parts) == pytest.approx(float(request["total"]["amount"]))
        assert "discounts" not in request
    assert before["s"] == after["k"] == visit_of(EXCHANGE, "express_wallet").intent


def test_a_receipt_without_an_order_is_asked_about_and_is_no_purchase() -> None:
    orders: list[Any] = [{"id": "gid://shopify/Order/42", "total": "24.90", "currency": "EUR"}, None, None]

    def instead(step: str, request: Request) -> Response | None:
        return json_response({"order": orders.pop()}) if "?source=" in request.url else None

    shopper, client = inside(EXCHANGE, SHOP, instead)
    shopper.wallet_start([Line(EXCHANGE.product, 1)])
    while shopper.wallet_update().again_s is not None:
        pass
    shopper.wallet_token()
    assert shopper.wallet_complete() == Answer("ok", again_s=1.0)
    assert shopper.order_read() == Answer("rejected", "no order for this purchase intent")
    bought = shopper.wallet_complete()
    assert (bought.order_id, bought.total_minor, bought.currency, bought.again_s) == ("42", 2490, "EUR", None)
    assert len(variables(client, "ShopPaySessionSubmit")) == 1


def test_the_first_collection_is_asked_for_where_no_home_page_was_seen() -> None:
    shopper, client = inside(EXCHANGE, SHOP)
    assert shopper.collection(EXCHANGE.product).outcome == "ok"
    assert variables(client, "CollectionPage")[0]["handle"] == "linen"


@pytest.mark.parametrize(
    "wrong", [{"card": "5555555555554444"}, {"api_version": "latest"}, {"admin_host": "evil.example"}, {"x": 1}]
)
def test_options_that_shopify_has_not_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PLATFORM.read_options(wrong, ROOT)


# The online store


def test_the_hosted_checkout_is_where_http_stops() -> None:
    shopper, client = inside(ONLINE_STORE, ONLINE_SHOP)
    shopper.cart_create()
    shopper.cart_add(Line(ONLINE_STORE.product, 1))
    assert shopper.checkout_start().outcome == "ok"
    before = len(client.sent)
    steps = (shopper.checkout_address, shopper.checkout_shipping, shopper.checkout_payment, shopper.checkout_complete)
    assert {step() for step in steps} == {CHECKOUT}
    assert shopper.wallet_start([]).outcome == "rejected"
    assert shopper.order_read().outcome == "rejected"
    assert len(client.sent) == before


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (moved("/throttle/queue"), "throttled"),
        (moved("/cart"), "rejected"),
        (moved("/account/login"), "error"),
        (Response(430, {}, b""), "throttled"),
        (Response(0, {}, b"", "the host is not on the list"), "error"),
    ],
)
def test_a_checkout_that_does_not_open_is_no_checkout(answer: Response, outcome: str) -> None:
    shopper, _ = inside(ONLINE_STORE, ONLINE_SHOP, lambda step, request: answer if request.method == "POST" else None)
    assert shopper.checkout_start().outcome == outcome


def test_a_password_opens_the_shop_once_a_session() -> None:
    shop = dataclasses.replace(ONLINE_SHOP, token="sesame")
    right = [moved("/")]
    shopper, client = inside(ONLINE_STORE, shop, lambda step, request: right.pop() if right else None)
    assert [shopper.home().outcome, shopper.cart_create().outcome] == ["ok", "ok"]
    doors = [request.form for _, request in client.sent if request.url.endswith("/password")]
    assert [door["password"] for door in doors if door] == ["sesame"]
    shopper, client = inside(ONLINE_STORE, shop, lambda step, request: moved("/password"))
    assert shopper.home().outcome == "error"
    assert len(client.sent) == 1, "nothing is asked of a shop whose door is shut"


def test_amounts_of_a_currency_without_cents_are_told_in_hundredths() -> None:
    def instead(step: str, request: Request) -> Response | None:
        yen = {**CannedOnlineStore(quantity=1).cart, "currency": "JPY", "total_price": 98000}
        return json_response(yen) if request.url.endswith("/cart.js") else None

    shopper, _ = inside(ONLINE_STORE, ONLINE_SHOP, instead)
    assert (shopper.cart_view().total_minor, shopper.cart_view().currency) == (980, "JPY")


def test_a_cart_of_the_online_store_is_marked() -> None:
    shopper, client = inside(ONLINE_STORE, ONLINE_SHOP)
    shopper.cart_create()
    ((_, request),) = client.sent
    assert shopper.visit.intent in orjson.dumps(request.json).decode()
    assert "Doorbuster rehearsal" in orjson.dumps(request.json).decode()
