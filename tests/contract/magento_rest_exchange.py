"""The guest REST API's side of the contract: answers of the shapes that the published description of 2.4.9 gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from doorbuster.storefronts.base import Client, Product, Response, Shop, Visit
from doorbuster.storefronts.magento_rest import PLATFORM, MagentoRestStorefront
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response
from tests.contract.magento_exchange import ANSWERS, CART, asked
from tests.contract.magento_schema import check_operation, check_rest

PRODUCT = Product("linen-shirt", "LS-M", "LS", 4900, "EUR", 25)
METHODS = [{"code": "checkmo", "title": "Check / Money order"}]
TOTALS = {
    "grand_total": 53.9,
    "subtotal": 49.0,
    "shipping_amount": 4.9,
    "tax_amount": 0,
    "base_currency_code": "EUR",
    "quote_currency_code": "EUR",
    "weee_tax_applied_amount": 0,
    "total_segments": [],
}
FLAT_RATE = {
    "carrier_code": "flatrate",
    "method_code": "flatrate",
    "amount": 4.9,
    "base_amount": 4.9,
    "available": True,
    "error_message": "",
    "price_excl_tax": 4.9,
    "price_incl_tax": 4.9,
}
SHIRT = {"id": 7, "name": "Linen shirt", "url": "https://shop.example/linen-shirt.html", "type": "configurable"}
COUNTRY = {
    "id": "DE",
    "two_letter_abbreviation": "DE",
    "three_letter_abbreviation": "DEU",
    "full_name_locale": "Deutschland",
    "full_name_english": "Germany",
    "available_regions": [{"id": "82", "code": "BER", "name": "Berlin"}],
}
SEARCH = {
    "items": [{"id": 7}],
    "aggregations": {"buckets": [], "bucket_names": []},
    "search_criteria": {"request_name": "quick_search_container", "filter_groups": []},
    "total_count": 1,
}
CART_ROOT = f"/rest/default/V1/guest-carts/{CART}"
ITEM = {"item_id": 14, "sku": "LS-M", "qty": 1, "quote_id": "5"}
WALLET_ORDER = {"id": "5O1", "mp_order_id": "mp-order-9", "status": "CREATED", "amount": 53.9, "currency_code": "EUR"}
ANSWERS_REST: Mapping[tuple[str, str], Any] = {
    ("POST", "/rest/default/V1/guest-carts"): CART,
    ("GET", "/rest/default/V1/products-render-info"): {"items": [SHIRT]},
    ("GET", "/rest/default/V1/search"): SEARCH,
    ("GET", "/rest/default/V1/directory/countries/DE"): COUNTRY,
    ("POST", "/rest/default/V1/customers/isEmailAvailable"): True,
    ("POST", f"{CART_ROOT}/items"): ITEM,
    ("PUT", f"{CART_ROOT}/items/14"): {**ITEM, "qty": 2},
    ("PUT", f"{CART_ROOT}/coupons/LINEN10"): True,
    ("GET", f"{CART_ROOT}/totals"): TOTALS,
    ("POST", f"{CART_ROOT}/estimate-shipping-methods"): [FLAT_RATE],
    ("POST", f"{CART_ROOT}/shipping-information"): {"payment_methods": METHODS, "totals": TOTALS},
    ("POST", f"{CART_ROOT}/set-payment-information"): 5,
    ("POST", f"{CART_ROOT}/payment-order"): WALLET_ORDER,
    ("POST", f"{CART_ROOT}/payment-information"): 123,
}


def check(request: Request) -> None:
    operation, document, variables = asked(request)
    if operation:
        check_operation(document, operation, variables)
        return
    if "/guest-carts/" in request.url and "cartItem" in str(request.json):
        assert request.json["cartItem"]["quote_id"] == CART
    check_rest(request)


class MagentoRestShop:
    """Sells one shirt; the cart of whoever has not bought is open."""

    def __init__(self) -> None:
        self.placed = False

    def __call__(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        operation = asked(request)[0]
        if operation:
            return json_response({"data": ANSWERS[operation]})
        if path == CART_ROOT:
            number = "000000123" if self.placed else None
            return json_response({"id": 5, "is_active": not self.placed, "reserved_order_id": number, "store_id": 1})
        if path.endswith("/products-render-info"):
            asked_for = parse_qs(urlsplit(request.url).query)
            assert (asked_for["storeId"], asked_for["currencyCode"]) == (["1"], ["EUR"])
        if path.endswith("/payment-information"):
            if self.placed:
                return NO_CART
            self.placed = True
        return json_response(ANSWERS_REST[request.method, path])


def refusal(status: int, message: str, parameters: Any = None) -> Response:
    return json_response({"message": message, **({"parameters": parameters} if parameters else {})}, status)


def at(tail: str) -> Callable[[Request], bool]:
    return lambda request: urlsplit(request.url).path.endswith(tail)


NO_CART = refusal(404, "No such entity with %fieldName = %fieldValue", {"fieldName": "cartId", "fieldValue": 5})
TOO_MANY = refusal(429, "Too Many Requests")
FAILURES = (
    *(Failure("too many requests", step, TOO_MANY, "throttled") for step in ("home", "cart.add", "checkout.complete", "wallet.complete")),
    Failure("nothing to show", "product", json_response({"items": []}), "error"),
    Failure("a firewall", "home", Response(403, {}, b"<html>Blocked</html>"), "error"),
    Failure("no cart", "cart.create", json_response(""), "error"),
    Failure("stock", "cart.add", refusal(400, "The requested qty is not available"), "rejected"),
    Failure("not for sale", "cart.add", refusal(400, "Product that you are trying to add is not available."), "rejected"),
    Failure("no such product", "cart.add", refusal(404, "The product that was requested doesn't exist. Verify the product and try again."), "error"),
    Failure("stock", "cart.update", refusal(400, "The requested qty exceeds the maximum qty allowed in shopping cart"), "rejected"),
    Failure("another quantity", "cart.update", json_response({**ITEM, "qty": 1}), "error"),
    Failure("no such code", "cart.discount", refusal(404, "The coupon code isn't valid. Verify the code and try again."), "rejected"),
    Failure("no such cart", "cart.discount", NO_CART, "error"),
    Failure("no totals", "cart.view", json_response({"grand_total": 53.9}), "error"),
    Failure("nowhere to ship", "checkout.shipping", refusal(400, "The shipping method is missing. Select the shipping method and try again."), "error"),
    Failure("no such method", "checkout.payment", refusal(400, "The requested Payment Method is not available."), "error"),
    Failure("a firewall", "checkout.complete", Response(403, {}, b"<html>Blocked</html>"), "error"),
    Failure("a captcha", "checkout.complete", refusal(400, "ReCaptcha validation failed, please try again"), "error"),
    Failure("stock", "checkout.complete", refusal(400, "Some of the products are out of stock."), "rejected"),
    Failure("declined", "checkout.complete", refusal(400, "Transaction has been declined. Please try again later."), "rejected"),
    Failure("stopped on the way", "checkout.complete", refusal(400, "A server error stopped your order from being placed. Please try to place your order again."), "unknown"),
    Failure("stopped with 500", "checkout.complete", refusal(500, "Internal Error. Details are available in Magento log file. Report ID: webapi-1"), "unknown"),
    Failure("cart not active", "checkout.complete", NO_CART, "unknown"),
    Failure("true is no id", "checkout.complete", json_response(True), "unknown"),
    Failure("no payment order", "wallet.token", refusal(404, "Request does not match any route."), "error"),
    Failure("not approved", "wallet.complete", refusal(400, "The payment was declined"), "rejected"),
)  # fmt: skip


def shop(**options: Any) -> Shop:
    given = PLATFORM.read_options({"wallet": "google_pay", **options}, None)  # type: ignore[arg-type]  # names no file
    return Shop(BASE_URL, given)


SHOP = shop()
"""Read once, as a run reads its scenario."""


def storefront(client: Client, visit: Visit, **options: Any) -> MagentoRestStorefront:
    return MagentoRestStorefront(client, shop(**options) if options else SHOP, visit)


EXCHANGE = Exchange(
    platform="magento_rest",
    storefront=storefront,
    shop=MagentoRestShop,
    product=PRODUCT,
    coupon="LINEN10",
    failures=FAILURES,
    check=check,
)
