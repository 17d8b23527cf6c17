"""Vendure 3.7.3 played from canned answers: shapes as its Shop API gave them, with the words of its messages left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from doorbuster.storefronts.base import Client, Product, Response, Shop, Visit
from doorbuster.storefronts.graphql import operations
from doorbuster.storefronts.vendure import PLATFORM, VendureOptions
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response

CODE = "T3SHJ7G2XNLZ5FTT"
TOKEN = "b1a7f0"
OPTIONS = VendureOptions(wallet_method="wallet").model_dump(mode="json")


def order(state: str = "AddingItems", quantity: int = 1, code: str = CODE) -> dict[str, Any]:
    lines = [{"id": "31", "quantity": quantity, "productVariant": {"id": "1"}}]
    return {
        "__typename": "Order", "id": "17", "code": code, "state": state, "totalWithTax": 1776 * quantity,
        "currencyCode": "EUR", "lines": lines,
    }  # fmt: skip


def union(alias: str, code: str, **more: Any) -> Response:
    """200, and a member that is no order."""
    return data({alias: member(code, **more)})


def member(code: str, **more: Any) -> dict[str, Any]:
    name = "".join(word.title() for word in code.split("_"))
    return {"__typename": name, "errorCode": code, "message": "words of the shop's", **more}


def data(told: Mapping[str, Any]) -> Response:
    return json_response({"data": told}, headers={"vendure-auth-token": TOKEN})


def errors(code: str, status: int = 200, told: Any = None) -> Response:
    wrong = {"message": "words of the shop's", "path": ["paid"], "extensions": {"code": code}}
    return json_response({"errors": [wrong], "data": told}, status)


def shop() -> Callable[[Request], Response]:
    kept: dict[str, Any] = {"order": None}

    def add(wanted: Mapping[str, Any]) -> dict[str, Any]:
        kept["order"] = order()
        return {"added": kept["order"]}

    def wallet_start(wanted: Mapping[str, Any]) -> dict[str, Any]:
        kept["order"] = order()
        return {"added": {"order": kept["order"], "errorResults": []}}

    def changed(*aliases: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        return lambda wanted: dict.fromkeys(aliases, kept["order"])

    def in_state(state: str, *aliases: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        def move(wanted: Mapping[str, Any]) -> dict[str, Any]:
            kept["order"] = {**kept["order"], "state": state}
            return dict.fromkeys(aliases, kept["order"])

        return move

    def adjust(wanted: Mapping[str, Any]) -> dict[str, Any]:
        assert wanted["line"] == "31"
        kept["order"] = order(quantity=int(wanted["quantity"]))
        return {"adjusted": kept["order"]}

    teaser = {"slug": "linen-shirt-1", "productName": "linen shirt 1", "currencyCode": "EUR"}
    variant = {
        "id": "1",
        "sku": "LINEN-1",
        "name": "one",
        "stockLevel": "IN_STOCK",
        "priceWithTax": 1188,
        "currencyCode": "EUR",
    }
    found = {"search": {"totalItems": 1, "items": [teaser]}}
    ways = [{"id": "1", "code": "standard-shipping", "priceWithTax": 588}]
    pay = [{"code": "card", "isEligible": True}, {"code": "wallet", "isEligible": True}]
    menu = {"items": [{"slug": "clothes", "name": "Clothes"}]}
    tells: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "Home": lambda wanted: {"activeChannel": {"code": "main", "defaultCurrencyCode": "EUR"}, "collections": menu},
        "Collection": lambda wanted: found,
        "Search": lambda wanted: found,
        "Product": lambda wanted: {"product": {"id": "1", "slug": wanted["slug"], "name": "", "variants": [variant]}},
        "ActiveOrder": lambda wanted: {"activeOrder": kept["order"]},
        "AddLine": add,
        "AdjustLine": adjust,
        "ApplyCode": changed("applied"),
        "SetCustomer": changed("customer"),
        "SetAddress": changed("shipping", "billing"),
        "ShippingMethods": lambda wanted: {"eligibleShippingMethods": ways},
        "SetShipping": changed("method"),
        "PaymentMethods": lambda wanted: {"eligiblePaymentMethods": pay, "activeOrder": kept["order"]},
        "ArrangePayment": in_state("ArrangingPayment", "arranging"),
        "Pay": in_state("PaymentSettled", "paid"),
        "WalletStart": wallet_start,
        "WalletUpdate": changed("customer", "shipping", "billing"),
        "WalletComplete": in_state("PaymentAuthorized", "arranging", "paid"),
        "OrderByCode": lambda wanted: {"orderByCode": kept["order"]},
    }

    def answer(request: Request) -> Response:
        return data(tells[request.json["operationName"]](request.json["variables"]))

    return answer


def check(request: Request) -> None:
    """An operation of the file, asked of the Shop API; the session that it was given is the one it comes with."""
    assert request.url == f"{BASE_URL}/shop-api"
    assert request.json["query"] == operations("vendure")[request.json["operationName"]]
    assert request.headers.get("authorization") in (None, f"Bearer {TOKEN}")


def storefront(client: Client, visit: Visit) -> Any:
    return PLATFORM.storefront(client, Shop(BASE_URL, OPTIONS), visit)


def asked(operation: str) -> Callable[[Request], bool]:
    return lambda request: bool(request.json["operationName"] == operation)


TO_PAYMENT = "ORDER_STATE_TRANSITION_ERROR"
ARRANGED = order("ArrangingPayment")
OVERLOADED = Response(503, {"retry-after": "3"}, b"")

FAILURES = [
    # What is refused for a business reason
    Failure("fewer-left-than-wanted", "cart.add", union("added", "INSUFFICIENT_STOCK_ERROR"), "rejected"),
    Failure("more-than-one-may-have", "cart.add", union("added", "ORDER_LIMIT_ERROR"), "rejected"),
    Failure("a-rule-of-the-shops", "cart.add", union("added", "ORDER_INTERCEPTOR_ERROR"), "rejected"),
    Failure("sold-out-meanwhile", "cart.update", union("adjusted", "INSUFFICIENT_STOCK_ERROR"), "rejected"),
    Failure("unknown-code", "cart.discount", union("applied", "COUPON_CODE_INVALID_ERROR"), "rejected"),
    Failure("old-code", "cart.discount", union("applied", "COUPON_CODE_EXPIRED_ERROR"), "rejected"),
    Failure("used-up-code", "cart.discount", union("applied", "COUPON_CODE_LIMIT_ERROR"), "rejected"),
    Failure("an-account", "checkout.start", union("customer", "EMAIL_ADDRESS_CONFLICT_ERROR"), "rejected"),
    Failure("no-guests", "checkout.start", union("customer", "GUEST_CHECKOUT_ERROR"), "rejected"),
    Failure("no-way-there", "checkout.shipping", data({"eligibleShippingMethods": []}), "rejected"),
    Failure(
        "way-gone", "checkout.shipping", union("method", "INELIGIBLE_SHIPPING_METHOD_ERROR"), "rejected",
        when=asked("SetShipping"),
    ),
    Failure(
        "nothing-to-pay-with", "checkout.payment", data({"eligiblePaymentMethods": [], "activeOrder": order()}),
        "rejected",
    ),
    Failure(
        "sold-out-at-the-till", "checkout.payment",
        union("arranging", TO_PAYMENT, transitionError='... due to insufficient stock of "linen shirt 1"'), "rejected",
        when=asked("ArrangePayment"),
    ),
    Failure("declined", "checkout.complete", union("paid", "PAYMENT_DECLINED_ERROR"), "rejected"),
    Failure("method-gone", "checkout.complete", union("paid", "INELIGIBLE_PAYMENT_METHOD_ERROR"), "rejected"),
    Failure("code-gone", "checkout.complete", union("paid", "COUPON_REMOVED_DURING_CHECKOUT_ERROR"), "rejected"),
    # What another request of the same shopper did first
    Failure("being-paid", "cart.add", union("added", "ORDER_MODIFICATION_ERROR"), "conflict"),
    Failure("not-to-be-paid", "checkout.complete", union("paid", "ORDER_PAYMENT_STATE_ERROR"), "conflict"),
    # What went wrong
    Failure("no-cart", "cart.update", union("adjusted", "NO_ACTIVE_ORDER_ERROR"), "error"),
    Failure("never-heard-of", "cart.add", union("added", "SOME_NEW_ERROR"), "error"),
    Failure("no-such-variant", "cart.add", errors("ENTITY_NOT_FOUND"), "error"),
    Failure("another-question", "home", errors("GRAPHQL_VALIDATION_FAILED", 400), "error"),
    Failure(
        "a-menu-and-an-error",
        "home",
        errors("INTERNAL_SERVER_ERROR", told={"activeChannel": {"code": "main"}, "collections": {"items": []}}),
        "error",
    ),
    Failure("no-such-product", "product", data({"product": None}), "error"),
    Failure("half-an-address", "checkout.address", data({"shipping": order(), "billing": member("NO_ACTIVE_ORDER_ERROR")}), "error"),
    Failure("anothers-cart", "cart.view", data({"activeOrder": order(code="ANOTHERS")}), "error"),
    Failure("provider-failed", "checkout.complete", union("paid", "PAYMENT_FAILED_ERROR"), "error"),
    # What nobody knows: looked up by the order's code
    Failure("bought-already", "checkout.complete", union("paid", "NO_ACTIVE_ORDER_ERROR"), "unknown"),
    Failure("stuck", "checkout.complete", union("paid", TO_PAYMENT, transitionError="..."), "unknown"),
    Failure("not-placed", "checkout.complete", data({"paid": ARRANGED}), "unknown"),
    Failure("without-a-code", "checkout.complete", data({"paid": {**order("PaymentSettled"), "code": ""}}), "unknown"),
    Failure("stumbled", "checkout.complete", errors("INTERNAL_SERVER_ERROR"), "unknown"),
    Failure("stumbled-after-arranging", "wallet.complete", errors("INTERNAL_SERVER_ERROR", told={"arranging": ARRANGED}), "unknown"),
    # The wallet's documents: each alias has its own answer
    Failure(
        "fewer-left-than-wanted", "wallet.start",
        data({"added": {"order": order(), "errorResults": [member("INSUFFICIENT_STOCK_ERROR")]}}), "rejected",
    ),
    Failure("used-up-code", "wallet.start", union("applied", "COUPON_CODE_LIMIT_ERROR"), "ok", when=asked("ApplyCode")),
    Failure(
        "an-account", "wallet.update",
        data({"customer": member("EMAIL_ADDRESS_CONFLICT_ERROR"), "shipping": order(), "billing": order()}), "rejected",
    ),
    Failure(
        "no-cart", "wallet.update",
        data({"customer": order(), "shipping": order(), "billing": member("NO_ACTIVE_ORDER_ERROR")}), "error",
    ),
    Failure("nothing-to-pay-with", "wallet.token", data({"eligiblePaymentMethods": [], "activeOrder": order()}), "rejected"),
    Failure("declined", "wallet.complete", data({"arranging": ARRANGED, "paid": member("PAYMENT_DECLINED_ERROR")}), "rejected"),
    Failure(
        "sold-out", "wallet.complete",
        data({
            "arranging": member(TO_PAYMENT, transitionError="... insufficient stock of ..."),
            "paid": member("ORDER_PAYMENT_STATE_ERROR"),
        }),
        "rejected",
    ),
    Failure(
        "bought-already", "wallet.complete",
        data({"arranging": None, "paid": member("NO_ACTIVE_ORDER_ERROR")}), "unknown",
    ),
    Failure("arranged-only", "wallet.complete", data({"arranging": ARRANGED, "paid": ARRANGED}), "unknown"),
    # Turned away: nothing was done
    Failure("too-many", "checkout.complete", Response(429, {"retry-after": "2"}, b""), "throttled", 2.0),
    Failure("a-queue", "wallet.complete", OVERLOADED, "throttled", 3.0),
]  # fmt: skip

EXCHANGE = Exchange(
    platform="vendure",
    storefront=storefront,
    shop=shop,
    product=Product("linen-shirt-1", "1", "LINEN-1", 1188, "EUR", 5000),
    coupon="TENOFF",
    failures=FAILURES,
    check=check,
)
