"""Adobe Commerce's side of the contract: answers of the shape that the schema of 2.4.8 makes of its operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from doorbuster.storefronts.base import Client, Product, Response, Shop, Visit
from doorbuster.storefronts.magento import PLATFORM, MagentoStorefront
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response
from tests.contract.magento_schema import check_operation, check_rest

PRODUCT = Product("linen-shirt", "LS-M", "LS", 4900, "EUR", 25)
CART = "IeTUiU0oCXjm0uRqGCOuhQ2AuQatogjG"


def euros(value: float) -> dict[str, Any]:
    return {"grand_total": {"value": value, "currency": "EUR"}}


ITEM = {
    "__typename": "ConfigurableCartItem",
    "uid": "MTQ=",
    "quantity": 1.0,
    "product": {"sku": "LS"},
    "errors": None,
    "configured_variant": {"sku": "LS-M"},
}
FILLED = {
    "id": CART,
    "total_quantity": 1.0,
    "itemsV2": {"items": [ITEM]},
    "applied_coupons": None,
    "prices": euros(49.0),
}
SHOWN = {
    "__typename": "ConfigurableProduct",
    "sku": "LS",
    "name": "Linen shirt",
    "url_key": "linen-shirt",
    "stock_status": "IN_STOCK",
    "price_range": {"minimum_price": {"final_price": {"value": 49.0, "currency": "EUR"}}},
}
ORDER = {"id": "MTIz", "number": "000000123", "status": "Pending", "total": euros(53.9)}
MENU = [{"uid": "Mg==", "name": "Default", "children": [{"uid": "Mw==", "name": "Shirts", "product_count": 12}]}]
REGIONS = [{"id": 82, "code": "BER", "name": "Berlin"}, {"id": 83, "code": "BRE", "name": "Bremen"}]
FLAT_RATE = {"carrier_code": "flatrate", "method_code": "flatrate", "available": True}
WALLET_ORDER = {"id": "5O1", "mp_order_id": "mp-order-9", "status": "CREATED", "amount": 53.9, "currency_code": "EUR"}
GONE = {"__typename": "SimpleProduct", "sku": "LS-L", "stock_status": "OUT_OF_STOCK", "quantity": 0.0}
DETAILED = {
    **SHOWN,
    "image": {"url": "https://shop.example/media/linen-shirt.jpg"},
    "short_description": {"html": "<p>Linen</p>"},
    "variants": [{"product": {"sku": "LS-M", "stock_status": "IN_STOCK"}}],
}

ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "Home": {"storeConfig": {"store_code": "default"}, "categories": {"items": MENU}},
    "Category": {
        "categories": {"items": [{"uid": "Mw==", "name": "Shirts", "products": {"total_count": 12, "items": [SHOWN]}}]}
    },
    "Search": {"products": {"total_count": 1, "items": [SHOWN]}},
    "Product": {"products": {"items": [DETAILED]}},
    "CreateCart": {"createGuestCart": {"cart": {"id": CART}}},
    "AddProducts": {"addProductsToCart": {"cart": FILLED, "user_errors": []}},
    "UpdateItems": {"updateCartItems": {"cart": FILLED, "errors": []}},
    "ApplyCoupon": {"applyCouponToCart": {"cart": {"applied_coupons": [{"code": "LINEN10"}], "prices": euros(44.1)}}},
    "Cart": {"cart": FILLED},
    "LogIn": {"generateCustomerToken": {"token": "customer-token"}},
    "TakeCart": {"assignCustomerToGuestCart": {"id": CART}},
    "SetEmail": {"setGuestEmailOnCart": {"cart": {"email": "somebody@doorbuster.example"}}},
    "Regions": {"country": {"available_regions": REGIONS}},
    "SetShippingAddress": {
        "setShippingAddressesOnCart": {"cart": {"shipping_addresses": [{"available_shipping_methods": [FLAT_RATE]}]}}
    },
    "SetShippingMethod": {
        "setShippingMethodsOnCart": {
            "cart": {"available_payment_methods": [{"code": "checkmo"}], "prices": euros(53.9)}
        }
    },
    "SetBillingAddress": {"setBillingAddressOnCart": {"cart": {"billing_address": {"city": "Berlin"}}}},
    "SetPaymentMethod": {
        "setPaymentMethodOnCart": {"cart": {"selected_payment_method": {"code": "checkmo"}, "prices": euros(53.9)}}
    },
    "CreatePaymentOrder": {"createPaymentOrder": WALLET_ORDER},
    "PlaceOrder": {"placeOrder": {"orderV2": ORDER, "errors": []}},
    "GuestOrder": {"guestOrder": ORDER},
    "OwnOrder": {"customer": {"orders": {"items": [ORDER]}}},
    "Shop": {
        "storeConfig": {
            "store_code": "default",
            "store_name": "Default Store View",
            "base_url": "https://shop.example/",
            "secure_base_url": "https://shop.example/",
            "is_guest_checkout_enabled": True,
            "braintree_environment": None,
        }
    },
    "Catalogue": {
        "products": {
            "page_info": {"total_pages": 1},
            "items": [
                {
                    **SHOWN,
                    "quantity": None,
                    "variants": [
                        {"product": {**SHOWN, "__typename": "SimpleProduct", "sku": "LS-M", "quantity": 25.0}},
                        {"product": {**SHOWN, **GONE}},
                    ],
                },
                {**SHOWN, "__typename": "SimpleProduct", "sku": "CAP", "url_key": "cap", "quantity": 7.0},
                {**SHOWN, "__typename": "BundleProduct", "sku": "SET", "url_key": "set", "quantity": None},
            ],
        }
    },
}


def asked(request: Request) -> tuple[str, str, dict[str, Any]]:
    """Operation, document and variables of a request, by POST or by GET; an empty operation for one over REST."""
    if urlsplit(request.url).path != "/graphql":
        return "", "", {}
    if request.method == "GET":
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        return query["operationName"], query["query"], orjson.loads(query["variables"])
    return request.json["operationName"], request.json["query"], request.json["variables"]


def check(request: Request) -> None:
    operation, document, variables = asked(request)
    if not operation:
        check_rest(request)
        return
    assert request.headers["store"] == "default"
    if request.method == "GET":
        assert document.startswith(("query", "fragment"))
        assert "mutation" not in document
    if variables.get("cart"):
        assert variables["cart"] == CART
    if operation == "UpdateItems":
        (changed,) = variables["input"]["cart_items"]
        assert changed == {"cart_item_uid": ITEM["uid"], "quantity": 2}
    if operation == "SetShippingAddress":
        (told,) = variables["input"]["shipping_addresses"]
        assert (told["address"]["region"], told["address"]["region_id"]) == ("BER", 82)
    check_operation(document, operation, variables)


class MagentoShop:
    """Sells one shirt; the cart of whoever has not bought is open."""

    def __init__(self) -> None:
        self.placed = False

    def __call__(self, request: Request) -> Response:
        operation, _, variables = asked(request)
        if not operation:
            assert re.fullmatch(rf"/rest/default/V1/guest-carts/{CART}", urlsplit(request.url).path)
            number = "000000123" if self.placed else None
            return json_response({"id": 5, "is_active": not self.placed, "reserved_order_id": number, "store_id": 1})
        data = ANSWERS[operation]
        if operation == "PlaceOrder":
            if self.placed:
                return placing("CART_NOT_ACTIVE", "The cart isn't active.")
            self.placed = True
        if operation == "SetPaymentMethod":
            code = variables["input"]["payment_method"]["code"]
            cart = {"selected_payment_method": {"code": code}, "prices": euros(53.9)}
            data = {"setPaymentMethodOnCart": {"cart": cart}}
        return json_response({"data": data})


def refusal(category: str | None, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """HTTP 200 with `errors`, as Adobe Commerce reports what it did not do."""
    extensions = {"category": category} if category else {}
    return json_response({"errors": [{"message": message, "extensions": extensions}], "data": None}, 200, headers)


def adding(code: str) -> Response:
    return json_response({"data": {"addProductsToCart": {"cart": FILLED, "user_errors": [{"code": code}]}}})


def placing(code: str, message: str) -> Response:
    placed = {"orderV2": None, "errors": [{"code": code, "message": message}]}
    return json_response({"data": {"placeOrder": placed}})


def named(operation: str) -> Any:
    return lambda request: asked(request)[0] == operation


SICK_CART = {**FILLED, "itemsV2": {"items": [{**ITEM, "errors": [{"code": "ITEM_QTY"}]}]}}
TOO_MANY = refusal("graphql-too-many-requests", "Too Many Requests")
UNABLE = "UNABLE_TO_PLACE_ORDER"
FAILURES = (
    *(Failure("too many requests", step, TOO_MANY, "throttled") for step in ("home", "cart.add", "checkout.complete")),
    Failure("too many, and when", "wallet.complete",
            refusal("graphql-too-many-requests", "Too Many Requests", {"retry-after": "4"}), "throttled", 4.0),
    Failure("no such page", "product", json_response({"data": {"products": {"items": []}}}), "error"),
    Failure("another product", "product", json_response({"data": {"products": {"items": [{**DETAILED, "url_key": "cap"}]}}}), "error"),
    Failure("stock", "cart.add", adding("INSUFFICIENT_STOCK"), "rejected"),
    Failure("not for sale", "cart.add", adding("NOT_SALABLE"), "rejected"),
    Failure("product gone", "cart.add", adding("PRODUCT_NOT_FOUND"), "error"),
    Failure("anything else", "cart.add", adding("UNDEFINED"), "error"),
    Failure("another's cart", "cart.add", json_response({"data": {"addProductsToCart": {"cart": {**FILLED, "id": "else"}, "user_errors": []}}}), "error"),
    Failure("stock", "cart.update", json_response({"data": {"updateCartItems": {"cart": FILLED, "errors": [{"code": "INSUFFICIENT_STOCK"}]}}}), "rejected"),
    Failure("line gone", "cart.update", json_response({"data": {"updateCartItems": {"cart": FILLED, "errors": [{"code": "COULD_NOT_FIND_CART_ITEM"}]}}}), "error"),
    Failure("sold out meanwhile", "cart.view", json_response({"data": {"cart": SICK_CART}}), "rejected"),
    Failure("no such code", "cart.discount", refusal("graphql-no-such-entity", "The coupon code isn't valid. Verify the code and try again."), "rejected"),
    Failure("a code is on it", "cart.discount", refusal("graphql-input", "A coupon is already applied to the cart. Please remove it to apply another"), "rejected"),
    Failure("no such cart", "cart.discount", refusal("graphql-no-such-entity", 'Could not find a cart with ID "x"'), "error"),
    Failure("a stumble", "cart.discount", refusal(None, "Internal server error"), "error"),
    Failure("no such e-mail", "checkout.start", refusal("graphql-input", "Invalid email format"), "error"),
    Failure("no way to ship", "checkout.shipping", refusal("graphql-input", "Carrier with such method not found"), "error"),
    Failure("no such method", "checkout.payment", refusal("graphql-input", "The requested Payment Method is not available."), "error", when=named("SetPaymentMethod")),
    Failure("another method", "checkout.payment", json_response({"data": {"setPaymentMethodOnCart": {"cart": {"selected_payment_method": {"code": "free"}, "prices": euros(53.9)}}}}), "unknown", when=named("SetPaymentMethod")),
    Failure("a firewall", "checkout.complete", Response(403, {}, b"<html>Blocked</html>"), "error"),
    Failure("a captcha", "checkout.complete", refusal("graphql-input", "ReCaptcha validation failed, please try again"), "error"),
    Failure("a stumble", "checkout.complete", refusal(None, "Internal server error"), "unknown"),
    Failure("cart gone", "checkout.complete", refusal("graphql-no-such-entity", 'Could not find a cart with ID "x"'), "unknown"),
    Failure("cart not active", "checkout.complete", placing("CART_NOT_ACTIVE", "The cart isn't active."), "unknown"),
    Failure("cart not found", "checkout.complete", placing("CART_NOT_FOUND", 'Could not find a cart with ID "x"'), "error"),
    Failure("no e-mail", "checkout.complete", placing("GUEST_EMAIL_MISSING", "Guest email for cart is missing."), "error"),
    Failure("stock", "checkout.complete", placing(UNABLE, "Unable to place order: Some of the products are out of stock."), "rejected"),
    Failure("declined", "checkout.complete", placing(UNABLE, "Unable to place order: Transaction has been declined. Please try again later."), "rejected"),
    Failure("unable", "checkout.complete", placing(UNABLE, "Unable to place order: Enter a valid payment method and try again."), "error"),
    Failure("undefined", "checkout.complete", placing("UNDEFINED", "Something went wrong"), "unknown"),
    Failure("no number", "checkout.complete", json_response({"data": {"placeOrder": {"orderV2": {**ORDER, "number": ""}, "errors": []}}}), "unknown"),
    Failure("no payment order", "wallet.token", json_response({"data": {"createPaymentOrder": None}}), "error"),
    Failure("not approved", "wallet.complete", placing(UNABLE, "Unable to place order: The payment was declined"), "rejected"),
)  # fmt: skip


def shop(**options: Any) -> Shop:
    given = PLATFORM.read_options({"wallet": "apple_pay", **options}, None)  # type: ignore[arg-type]  # names no file
    return Shop(BASE_URL, given)


SHOP = shop()
"""Read once, as a run reads its scenario."""


def storefront(client: Client, visit: Visit, **options: Any) -> MagentoStorefront:
    return MagentoStorefront(client, shop(**options) if options else SHOP, visit)


EXCHANGE = Exchange(
    platform="magento",
    storefront=storefront,
    shop=MagentoShop,
    product=PRODUCT,
    coupon="LINEN10",
    failures=FAILURES,
    check=check,
)
