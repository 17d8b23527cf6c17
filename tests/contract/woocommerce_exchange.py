"""WooCommerce's side of the contract: answers of the shapes that the Store API's documentation shows; it has no schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from doorbuster.storefronts.base import Client, Product, Response, Shop, Visit
from doorbuster.storefronts.woocommerce import PLATFORM, WooStorefront
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response

API = "/wp-json/wc/store/v1"
PRODUCT = Product("linen-shirt", "34", "LS-M", 4900, "EUR", 25)
KEY = "a5771bce93e200c36f7cd9dfd0e5deaa"
MONEY = {"currency_code": "EUR", "currency_symbol": "€", "currency_minor_unit": 2}
CART = {
    "items": [{"key": KEY, "id": 34, "quantity": 1, "name": "Linen shirt", "sku": "LS-M"}],
    "coupons": [],
    "totals": {"total_items": "4900", "total_shipping": "490", "total_price": "5390", "total_tax": "0", **MONEY},
    "needs_payment": True,
    "needs_shipping": True,
    "shipping_rates": [
        {
            "package_id": 0,
            "name": "Shipment 1",
            "shipping_rates": [
                {"rate_id": "flat_rate:1", "name": "Flat rate", "price": "490", "selected": True, **MONEY},
                {"rate_id": "local_pickup:2", "name": "Pick up", "price": "0", "selected": False, **MONEY},
            ],
        }
    ],
    "items_count": 1,
    "errors": [],
    "payment_methods": ["cod", "cheque", "stripe"],
}
DRAFT = {
    "order_id": 146,
    "status": "checkout-draft",
    "order_key": "wc_order_VPffqyvgWVqWL",
    "customer_note": "",
    "customer_id": 0,
    "payment_method": "",
    "payment_result": {"payment_status": "", "payment_details": [], "redirect_url": ""},
}
THANKS = "https://shop.example/checkout/order-received/146/?key=wc_order_VPffqyvgWVqWL"
PLACED = {
    **DRAFT,
    "status": "processing",
    "payment_method": "cod",
    "payment_result": {"payment_status": "success", "payment_details": [], "redirect_url": THANKS},
}
SHOWN = {
    "id": 34,
    "name": "Linen shirt",
    "slug": "linen-shirt",
    "parent": 0,
    "type": "simple",
    "sku": "LS-M",
    "prices": {"price": "4900", **MONEY},
    "has_options": False,
    "is_purchasable": True,
    "is_in_stock": True,
    "low_stock_remaining": 25,
}
ANSWERS: Mapping[tuple[str, str], Any] = {
    ("GET", "/products/categories"): [{"id": 15, "name": "None", "count": 0}, {"id": 16, "name": "Shirts", "count": 9}],
    ("GET", "/products"): [SHOWN],
    ("GET", "/products/34"): SHOWN,
    ("GET", "/cart"): CART,
    ("POST", "/cart/add-item"): CART,
    ("POST", "/cart/update-item"): CART,
    ("POST", "/cart/apply-coupon"): CART,
    ("POST", "/cart/update-customer"): CART,
    ("POST", "/cart/select-shipping-rate"): CART,
    ("GET", "/checkout"): DRAFT,
    ("POST", "/checkout"): PLACED,
}
FIELDS = {
    "/cart/add-item": {"id", "quantity"},
    "/cart/update-item": {"key", "quantity"},
    "/cart/apply-coupon": {"code"},
    "/cart/update-customer": {"billing_address", "shipping_address"},
    "/cart/select-shipping-rate": {"package_id", "rate_id"},
    "/checkout": {"billing_address", "shipping_address", "customer_note", "payment_method", "payment_data"},
}
ADDRESS = {
    *("first_name", "last_name", "company", "address_1", "address_2"),
    *("city", "state", "postcode", "country", "phone"),
}


def check(request: Request) -> None:
    """The routes, fields and headers that the Store API documents."""
    path = urlsplit(request.url).path.removeprefix(API)
    if request.method == "POST":
        assert request.json.keys() == FIELDS[path], path
        if "billing_address" in request.json:
            assert request.json["billing_address"].keys() == ADDRESS | {"email"}
            assert request.json["shipping_address"].keys() == ADDRESS
        if path == "/cart/update-item":
            assert request.json == {"key": KEY, "quantity": 2}
        for told in request.json.get("payment_data", ()):
            assert told.keys() == {"key", "value"}
    else:
        assert request.json is None


class WooShop:
    """Sells one shirt; every answer brings a new nonce, and only the newest is taken."""

    def __init__(self) -> None:
        self.answers = 0
        self.placed = False

    def __call__(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        if not path.startswith(API):
            return Response(200, {"content-type": "text/html"}, b"<html><body>Welcome</body></html>")
        path = path.removeprefix(API)
        if path.startswith(("/cart/", "/checkout")):
            if request.headers.get("nonce") is None:
                return refusal(401, "woocommerce_rest_missing_nonce")
            if request.headers["nonce"] != f"nonce-{self.answers}":
                return refusal(403, "woocommerce_rest_invalid_nonce")
            assert request.headers["cart-token"] == f"jwt-{self.answers}"
        self.answers += 1
        tokens = {"nonce": f"nonce-{self.answers}", "cart-token": f"jwt-{self.answers}"}
        if path == "/order/146":
            asked = parse_qs(urlsplit(request.url).query)
            assert asked["key"] == ["wc_order_VPffqyvgWVqWL"]
            if not self.placed:
                return refusal(401, "woocommerce_rest_invalid_order", headers=tokens)
            return json_response({"id": 146, "status": "processing", "totals": CART["totals"]}, 200, tokens)
        if (request.method, path) == ("POST", "/checkout"):
            self.placed = True
        return json_response(ANSWERS[request.method, path], 200, tokens)


def refusal(
    status: int, code: str, headers: Mapping[str, str] | None = None, more: tuple[str, ...] = (), **data: Any
) -> Response:
    """A WP_Error as WordPress sends it."""
    others = [{"code": one, "message": "No.", "data": None} for one in more]
    body = {"code": code, "message": "No.", "data": {"status": status, **data}}
    return json_response({**body, **({"additional_errors": others} if others else {})}, status, headers)


def paying(status: str, order_status: str = "pending", redirect_url: str = "") -> Response:
    result = {"payment_status": status, "payment_details": [], "redirect_url": redirect_url}
    return json_response({**PLACED, "status": order_status, "payment_result": result})


LIMITED = refusal(400, "rate_limit_exceeded", {"ratelimit-remaining": "0", "ratelimit-retry-after": "8", "ratelimit-reset": "1"})  # fmt: skip
UNLIMITED = refusal(400, "rate_limit_exceeded")
CHANGED = refusal(409, "woocommerce_rest_cart_error", cart=CART)
PAY_ERROR = "woocommerce_rest_checkout_process_payment_error"
FAILURES = (
    *(Failure("rate limit", step, LIMITED, "throttled", 8.0) for step in ("product", "cart.add", "checkout.complete", "wallet.complete")),
    Failure("rate limit without a time", "cart.discount", UNLIMITED, "throttled"),
    Failure("rate limit with 429", "cart.add", refusal(429, "rate_limit_exceeded", {"ratelimit-retry-after": "8"}), "throttled", 8.0),
    *(Failure("no nonce", step, refusal(401, "woocommerce_rest_missing_nonce"), "error") for step in ("cart.add", "checkout.complete")),
    *(Failure("an old nonce", step, refusal(403, "woocommerce_rest_invalid_nonce"), "error") for step in ("cart.add", "checkout.complete")),
    Failure("a firewall", "checkout.complete", Response(403, {}, b"<html>Blocked</html>"), "error"),
    Failure("half a page", "home", Response(200, {}, b"<html><body>"), "error"),
    Failure("no page", "home", Response(404, {}, b"<html></html>"), "error"),
    Failure("no such product", "product", refusal(404, "woocommerce_rest_product_invalid_id"), "error"),
    Failure("another product", "product", json_response({**SHOWN, "id": 35}), "error"),
    Failure("no categories", "collection", json_response([]), "error"),
    Failure("stock", "cart.add", refusal(400, "woocommerce_rest_product_out_of_stock"), "rejected"),
    Failure("not for sale", "cart.add", refusal(400, "woocommerce_rest_product_not_purchasable"), "rejected"),
    Failure("too few", "cart.update", refusal(400, "woocommerce_rest_product_partially_out_of_stock"), "rejected"),
    Failure("a line gone", "cart.update", refusal(409, "woocommerce_rest_cart_invalid_key", cart=CART), "conflict"),
    Failure("no such code", "cart.discount", refusal(400, "woocommerce_rest_cart_coupon_error"), "rejected"),
    Failure("no totals", "cart.view", json_response({"items": [], "shipping_rates": []}), "error"),
    Failure("a stumble", "checkout.start", refusal(500, "woocommerce_rest_unknown_server_error"), "error"),
    Failure("a bad address", "checkout.address", refusal(400, "rest_invalid_param"), "error"),
    Failure("nowhere to ship", "checkout.shipping", refusal(400, "woocommerce_rest_cart_shipping_rates_error"), "error"),
    Failure("another method", "checkout.payment", json_response({**CART, "payment_methods": ["cheque"]}), "error"),
    Failure("cart changed", "checkout.complete", CHANGED, "conflict"),
    Failure("sold out meanwhile", "checkout.complete", refusal(409, "woocommerce_rest_cart_error", more=("woocommerce_rest_product_out_of_stock",), cart=CART), "rejected"),
    Failure("a stumble", "checkout.complete", refusal(500, "woocommerce_rest_unknown_server_error"), "unknown"),
    Failure("payment failed on the way", "checkout.complete", refusal(400, PAY_ERROR), "unknown"),
    Failure("payment refused", "checkout.complete", refusal(402, PAY_ERROR), "rejected"),
    Failure("payment failure", "checkout.complete", paying("failure", "failed"), "rejected"),
    Failure("payment pending", "checkout.complete", paying("pending"), "unknown"),
    Failure("payment error", "checkout.complete", paying("error"), "unknown"),
    Failure("no payment status", "checkout.complete", paying("", "processing"), "unknown"),
    Failure("success without money", "checkout.complete", paying("success", "pending"), "unknown"),
    Failure("no order id", "checkout.complete", json_response({**PLACED, "order_id": 0}), "unknown"),
    Failure("payment failure", "wallet.complete", paying("failure", "failed"), "rejected"),
    Failure("a challenge", "wallet.complete", refusal(403, "woocommerce_rest_checkout_challenge"), "error"),
)  # fmt: skip


def shop(**options: Any) -> Shop:
    given = PLATFORM.read_options({"wallet": "stripe", **options}, None)  # type: ignore[arg-type]  # names no file
    return Shop(BASE_URL, given)


SHOP = shop()
"""Read once, as a run reads its scenario."""


def storefront(client: Client, visit: Visit, **options: Any) -> WooStorefront:
    return WooStorefront(client, shop(**options) if options else SHOP, visit)


EXCHANGE = Exchange(
    platform="woocommerce",
    storefront=storefront,
    shop=WooShop,
    product=PRODUCT,
    coupon="linen10",
    failures=FAILURES,
    check=check,
)
