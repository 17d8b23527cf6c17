"""Shopify's Storefront API played from its schema: carts, native completion and Shop Pay with a stub for its window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from doorbuster.storefronts.base import Client, Product, Response, Shop, Visit
from doorbuster.storefronts.shopify import PLATFORM, ShopifyStorefront
from tests.conftest import ROOT
from tests.contract import shopify_schema
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response

VARIANT = "gid://shopify/ProductVariant/7"
VAULT, WINDOW = "https://vault.example/sessions", "https://window.example/confirm"
OPTIONS = PLATFORM.read_options(
    {"card_vault": VAULT, "wallet_stub": WINDOW, "card": "1", "admin_host": "dev.myshopify.com"}, ROOT
)
SHOP = Shop(BASE_URL, OPTIONS, token="public")
DATE = {"date": "Fri, 27 Nov 2026 10:00:00 GMT"}


def storefront(client: Client, visit: Visit) -> ShopifyStorefront:
    return ShopifyStorefront(client, SHOP, visit)


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "EUR"}


@dataclass
class CannedShopify:
    """One shopper's shop; what it says goes through the schema where there is one."""

    quantity: int = 0
    codes: list[str] = field(default_factory=list)
    looks: int = 0
    way: str | None = None
    polls: int = 0
    submitted: bool = False

    def __call__(self, request: Request) -> Response:
        if request.url == VAULT:
            return json_response({"id": "west-1"})
        if request.url.startswith(WINDOW):
            bought = {"id": "gid://shopify/Order/42", "total": "24.90", "currency": "EUR"} if self.submitted else None
            return json_response({"token": "tok_stub_1"} if request.method == "POST" else {"order": bought})
        name, payload = getattr(self, request.json["operationName"])(request.json["variables"])
        return json_response(shopify_schema.answer(request, {name: payload, "shop": {"name": "Linen"}}))

    @property
    def cart(self) -> dict[str, Any]:
        option = {"handle": "post-1", "title": "Post", "code": "POST", "estimatedCost": money("4.90")}
        group = {
            "id": "gid://shopify/CartDeliveryGroup/1",
            "selectedDeliveryOption": {"handle": self.way} if self.way else None,
            "deliveryOptions": [option],
        }
        line = {
            "__typename": "CartLine",
            "id": "gid://shopify/CartLine/1",
            "quantity": self.quantity,
            "merchandise": {"__typename": "ProductVariant", "id": VARIANT},
        }
        return {
            "id": "gid://shopify/Cart/1?key=k",
            "checkoutUrl": f"{BASE_URL}/cart/c/1",
            "totalQuantity": self.quantity,
            "cost": {"totalAmount": money("24.90" if self.way else "20.00"), "subtotalAmount": money("20.00")},
            "discountCodes": [{"code": code, "applicable": True} for code in self.codes],
            "lines": {"nodes": [line] if self.quantity else []},
            "deliveryGroups": {"nodes": [group] if self.looks > 1 else []},
        }

    def changed(self, name: str) -> tuple[str, Any]:
        return name, {"cart": self.cart, "userErrors": [], "warnings": []}

    def Home(self, asked: Any) -> tuple[str, Any]:
        return "collections", {"nodes": [{"id": "gid://shopify/Collection/1", "handle": "linen", "title": "Linen"}]}

    def CollectionPage(self, asked: Any) -> tuple[str, Any]:
        return "collection", {"id": "gid://shopify/Collection/1", "title": "Linen", "products": {"nodes": []}}

    def ProductPage(self, asked: Any) -> tuple[str, Any]:
        variant = {"id": VARIANT, "availableForSale": True, "price": money("20.00")}
        return "product", {"id": "gid://shopify/Product/1", "title": "Sheet", "variants": {"nodes": [variant]}}

    def SearchPage(self, asked: Any) -> tuple[str, Any]:
        return "search", {"totalCount": 0, "nodes": []}

    def CartView(self, asked: Any) -> tuple[str, Any]:
        self.looks += 1
        return "cart", self.cart

    def CartCreate(self, asked: Any) -> tuple[str, Any]:
        self.quantity = sum(line["quantity"] for line in asked["input"].get("lines", ()))
        self.codes = asked["input"].get("discountCodes", [])
        return self.changed("cartCreate")

    def CartLinesAdd(self, asked: Any) -> tuple[str, Any]:
        self.quantity += asked["lines"][0]["quantity"]
        return self.changed("cartLinesAdd")

    def CartLinesUpdate(self, asked: Any) -> tuple[str, Any]:
        assert asked["lines"][0]["id"] == "gid://shopify/CartLine/1"
        self.quantity = asked["lines"][0]["quantity"]
        return self.changed("cartLinesUpdate")

    def CartDiscountCodesUpdate(self, asked: Any) -> tuple[str, Any]:
        self.codes = asked["codes"]
        return self.changed("cartDiscountCodesUpdate")

    def CartBuyerIdentityUpdate(self, asked: Any) -> tuple[str, Any]:
        return self.changed("cartBuyerIdentityUpdate")

    def CartDeliveryAddressesAdd(self, asked: Any) -> tuple[str, Any]:
        return self.changed("cartDeliveryAddressesAdd")

    def CartSelectedDeliveryOptionsUpdate(self, asked: Any) -> tuple[str, Any]:
        self.way = asked["o"][0]["deliveryOptionHandle"]
        return self.changed("cartSelectedDeliveryOptionsUpdate")

    def CartBillingAddressUpdate(self, asked: Any) -> tuple[str, Any]:
        return self.changed("cartBillingAddressUpdate")

    def CartPrepareForCompletion(self, asked: Any) -> tuple[str, Any]:
        return "cartPrepareForCompletion", prepared({"__typename": "CartStatusReady", "cart": self.cart})

    def CartPaymentUpdate(self, asked: Any) -> tuple[str, Any]:
        assert asked["p"]["directPaymentMethod"]["sessionId"] == "west-1"
        return self.changed("cartPaymentUpdate")

    def CartSubmitForCompletion(self, asked: Any) -> tuple[str, Any]:
        kind = "SubmitAlreadyAccepted" if self.submitted else "SubmitSuccess"
        self.submitted = True
        return "cartSubmitForCompletion", prepared({"__typename": kind, "attemptId": f"try-{asked['t']}"})

    def CartCompletionAttempt(self, asked: Any) -> tuple[str, Any]:
        self.polls += 1
        if self.polls == 1:
            return "cartCompletionAttempt", {"__typename": "CartCompletionProcessing", "pollDelay": 500}
        done = {"__typename": "CartCompletionSuccess", "orderId": "gid://shopify/OrderIdentity/42?key=k"}
        return "cartCompletionAttempt", done

    def ShopPaySessionCreate(self, asked: Any) -> tuple[str, Any]:
        return "shopPayPaymentRequestSessionCreate", session({"token": "session-1"})

    def ShopPaySessionSubmit(self, asked: Any) -> tuple[str, Any]:
        assert asked["t"] == "tok_stub_1"
        self.submitted = True
        return "shopPayPaymentRequestSessionSubmit", receipt("PROCESSING")


def prepared(result: Any, *codes: str) -> dict[str, Any]:
    return {"result": result, "userErrors": [{"code": code} for code in codes]}


def session(made: Any, *codes: str) -> dict[str, Any]:
    return {"shopPayPaymentRequestSession": made, "userErrors": [{"code": code} for code in codes]}


def receipt(status: str | None, *codes: str) -> dict[str, Any]:
    made = {"token": "receipt-1", "processingStatusType": status} if status else None
    return {"paymentRequestReceipt": made, "userErrors": [{"code": code} for code in codes]}


def changed(user_error: str | None = None, warning: str | None = None, **cart: Any) -> dict[str, Any]:
    return {
        "cart": {**CannedShopify(quantity=1).cart, **cart},
        "userErrors": [{"code": user_error}] if user_error else [],
        "warnings": [{"code": warning}] if warning else [],
    }


def asks(*operations: str) -> Callable[[Request], bool]:
    return lambda request: isinstance(request.json, dict) and request.json.get("operationName") in operations


def says(name: str, payload: Any) -> Response:
    return json_response({"data": {name: payload}}, headers=DATE)


def errors(code: str, message: str = "no") -> Response:
    """GraphQL's own errors come with a 200."""
    return json_response({"errors": [{"message": message, "extensions": {"code": code}}]})


def codes_of(*codes: str) -> list[dict[str, str]]:
    return [{"code": code} for code in codes]


def _prepare(name: str, result: Any, outcome: str, again_s: float | None = None) -> Failure:
    response = says("cartPrepareForCompletion", prepared(result))
    return Failure(name, "checkout.payment", response, outcome, again_s, asks("CartPrepareForCompletion"))


def _pay(name: str, code: str, outcome: str) -> Failure:
    response = says("cartPaymentUpdate", changed(code))
    return Failure(name, "checkout.payment", response, outcome, None, asks("CartPaymentUpdate"))


def _submit(name: str, result: Any, outcome: str, again_s: float | None = None) -> Failure:
    response = says("cartSubmitForCompletion", prepared(result))
    return Failure(name, "checkout.complete", response, outcome, again_s, asks("CartSubmitForCompletion"))


def _submit_failed(code: str, outcome: str) -> Failure:
    return _submit(f"submit failed {code}", {"__typename": "SubmitFailed", "errors": codes_of(code)}, outcome)


def _attempt(name: str, result: Any, outcome: str) -> Failure:
    response = says("cartCompletionAttempt", result)
    return Failure(name, "checkout.complete", response, outcome, None, asks("CartCompletionAttempt"))


def _attempt_failed(code: str, outcome: str) -> Failure:
    return _attempt(f"attempt failed {code}", {"__typename": "CartCompletionFailed", "errors": codes_of(code)}, outcome)


def _everywhere(name: str, response: Response, outcome: str, *steps: str) -> list[Failure]:
    return [Failure(f"{name} at {step}", step, response, outcome) for step in steps]


_SHOP_STEPS = ("home", "cart.create", "cart.add", "checkout.shipping", "checkout.payment", "checkout.complete")
_LATER = {"pollAfter": "2026-11-27T10:00:03Z"}
EXCHANGE = Exchange(
    platform="shopify",
    storefront=storefront,
    shop=CannedShopify,
    product=Product("linen-sheet", VARIANT, "L-1", 2000, "EUR", 5),
    coupon="BF20",
    check=shopify_schema.check,
    hosts=frozenset({"shop.example", "vault.example", "window.example"}),
    failures=(
        *_everywhere("THROTTLED", errors("THROTTLED"), "throttled", *_SHOP_STEPS, "wallet.complete"),
        *_everywhere("Throttled", errors("", "Throttled"), "throttled", "cart.create", "checkout.complete"),
        *_everywhere("430", Response(430, {}, b"<html>"), "throttled", *_SHOP_STEPS, "search", "wallet.start"),
        *_everywhere("ACCESS_DENIED", errors("ACCESS_DENIED"), "error", *_SHOP_STEPS, "wallet.start"),
        *_everywhere("401", json_response({"errors": "no"}, 401), "error", "home", "checkout.payment"),
        *_everywhere("423", json_response({"errors": "locked"}, 423), "error", "home", "cart.add"),
        *_everywhere("INTERNAL_SERVER_ERROR", errors("INTERNAL_SERVER_ERROR"), "error", "home", "cart.add"),
        *_everywhere("INTERNAL_SERVER_ERROR", errors("INTERNAL_SERVER_ERROR"), "unknown", "checkout.complete"),
        Failure("no such product", "product", says("product", None), "error"),
        Failure("no such collection", "collection", says("collection", None), "error"),
        Failure("sold out", "cart.add", says("cartLinesAdd", changed(warning="MERCHANDISE_OUT_OF_STOCK")), "rejected"),
        Failure(
            "too few", "cart.add", says("cartLinesAdd", changed(warning="MERCHANDISE_NOT_ENOUGH_STOCK")), "rejected"
        ),
        Failure("nothing added", "cart.add", says("cartLinesAdd", changed(lines={"nodes": []})), "rejected"),
        Failure("not applicable", "cart.add", says("cartLinesAdd", changed("MERCHANDISE_NOT_APPLICABLE")), "rejected"),
        Failure("invalid", "cart.add", says("cartLinesAdd", changed("INVALID")), "error"),
        Failure("unavailable", "cart.add", says("cartLinesAdd", changed("SERVICE_UNAVAILABLE")), "error"),
        Failure("maximum", "cart.update", says("cartLinesUpdate", changed("MAXIMUM_EXCEEDED")), "rejected"),
        Failure(
            "not applicable",
            "cart.discount",
            says("cartDiscountCodesUpdate", changed(discountCodes=[{"code": "BF20", "applicable": False}])),
            "rejected",
        ),
        Failure(
            "code unknown",
            "cart.discount",
            says("cartDiscountCodesUpdate", changed(warning="DISCOUNT_NOT_FOUND")),
            "rejected",
        ),
        Failure("gone", "cart.view", says("cart", None), "error"),
        Failure(
            "bad option",
            "checkout.shipping",
            says("cartSelectedDeliveryOptionsUpdate", changed("INVALID_DELIVERY_OPTION")),
            "error",
            None,
            asks("CartSelectedDeliveryOptionsUpdate"),
        ),
        _prepare("throttled", {"__typename": "CartThrottled", **_LATER}, "throttled", 3.0),
        _prepare(
            "sold out", {"__typename": "CartStatusNotReady", "errors": codes_of("MERCHANDISE_OUT_OF_STOCK")}, "rejected"
        ),
        _prepare(
            "not ready", {"__typename": "CartStatusNotReady", "errors": codes_of("DELIVERY_ADDRESS_REQUIRED")}, "error"
        ),
        _prepare("no reason", {"__typename": "CartStatusNotReady", "errors": []}, "error"),
        _prepare("nothing said", None, "unknown"),
        _pay("declined", "PAYMENTS_CREDIT_CARD_GENERIC", "rejected"),
        _pay("invalid payment", "INVALID_PAYMENT", "error"),
        _pay("unavailable", "SERVICE_UNAVAILABLE", "unknown"),
        Failure(
            "vault refuses", "checkout.payment", json_response({}, 422), "error", None, lambda one: one.url == VAULT
        ),
        Failure(
            "vault silent", "checkout.payment", json_response({"id": ""}), "error", None, lambda one: one.url == VAULT
        ),
        Failure(
            "vault fails", "checkout.payment", Response(503, {}, b""), "unknown", None, lambda one: one.url == VAULT
        ),
        _submit("throttled", {"__typename": "SubmitThrottled", **_LATER}, "throttled", 3.0),
        _submit("nothing said", None, "unknown"),
        _submit("accepted before", {"__typename": "SubmitAlreadyAccepted", "attemptId": "try-1"}, "ok"),
        _submit_failed("MERCHANDISE_OUT_OF_STOCK", "rejected"),
        _submit_failed("MERCHANDISE_NOT_ENOUGH_STOCK_AVAILABLE", "rejected"),
        _submit_failed("REDIRECT_TO_CHECKOUT_REQUIRED", "rejected"),
        _submit_failed("DELIVERY_NO_DELIVERY_AVAILABLE", "rejected"),
        _submit_failed("PAYMENTS_METHOD_REQUIRED", "error"),
        _attempt_failed("INVENTORY_RESERVATION_ERROR", "rejected"),
        _attempt_failed("PAYMENT_CARD_DECLINED", "rejected"),
        _attempt_failed("PAYMENT_TRANSIENT_ERROR", "error"),
        _attempt_failed("ERROR", "error"),
        _attempt("a challenge", {"__typename": "CartCompletionActionRequired", "action": None}, "rejected"),
        _attempt("no order id", {"__typename": "CartCompletionSuccess", "orderId": ""}, "unknown"),
        _attempt("nothing said", None, "unknown"),
        Failure(
            "bad request",
            "wallet.start",
            says("shopPayPaymentRequestSessionCreate", session(None, "PAYMENT_REQUEST_INVALID_INPUT")),
            "error",
            None,
            asks("ShopPaySessionCreate"),
        ),
        Failure("the buyer closes the window", "wallet.token", json_response({"declined": "closed"}), "rejected"),
        Failure("no token", "wallet.token", json_response({}), "error"),
        *(
            Failure(name, "wallet.complete", says("shopPayPaymentRequestSessionSubmit", payload), outcome)
            for name, payload, outcome in (
                ("key used", receipt(None, "IDEMPOTENCY_KEY_ALREADY_USED"), "unknown"),
                ("not confirmed", receipt(None, "PAYMENT_REQUEST_NOT_FOUND"), "error"),
                ("bad request", receipt(None, "PAYMENT_REQUEST_INVALID_INPUT"), "error"),
                ("failed", receipt("FAILED"), "rejected"),
                ("needs its buyer", receipt("ACTION_REQUIRED"), "rejected"),
                ("no receipt", receipt(None), "unknown"),
            )
        ),
    ),
)
