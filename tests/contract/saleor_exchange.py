"""Saleor played from canned answers: shapes as its schema (3.24) gives them, which checks each where it is at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from doorbuster.storefronts.base import Client, Product, Response, Shop, Visit
from doorbuster.storefronts.saleor import PLATFORM
from doorbuster.storefronts.saleor_options import SaleorOptions
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response
from tests.contract.saleor_schema import check_answer, check_request

CHECKOUT = "Q2hlY2tvdXQ6MQ=="
VARIANT = "UHJvZHVjdFZhcmlhbnQ6MQ=="
GATEWAY = "saleor.app.payment.dummy"
OPTIONS = SaleorOptions(
    collection="winter",
    payment_data={"event": {"type": "CHARGE_SUCCESS"}},
    wallet_data={"kind": "wallet"},
).model_dump(mode="json")
NODE = {"id": "UHJvZHVjdDox", "slug": "linen-shirt", "name": "Linen shirt"}
LIST = {"edges": [{"node": NODE}]}


def money(amount: float) -> dict[str, Any]:
    return {"gross": {"amount": amount, "currency": "EUR"}}


def checkout(quantity: int = 1, code: str | None = None, charge: str = "NONE") -> dict[str, Any]:
    line = {"id": "Q2hlY2tvdXRMaW5lOjE=", "quantity": quantity, "variant": {"id": VARIANT}}
    return {
        "id": CHECKOUT, "voucherCode": code, "chargeStatus": charge, "authorizeStatus": "NONE",
        "stockReservationExpires": "2026-11-27T20:10:00+00:00",
        "totalPrice": money(round(29.9 * quantity + 4.95, 2)), "lines": [line] if quantity else [],
    }  # fmt: skip


def changed(now: Mapping[str, Any]) -> dict[str, Any]:
    return {"checkout": now, "errors": []}


def order() -> dict[str, Any]:
    return {"id": "T3JkZXI6MQ==", "number": "1042", "status": "UNFULFILLED", "total": money(34.85)}


def event(kind: str) -> dict[str, Any]:
    told = {"type": kind, "pspReference": "psp-1", "message": ""}
    return {"transaction": {"id": "VHJhbnNhY3Rpb246MQ=="}, "transactionEvent": told, "data": None, "errors": []}


def answers() -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Operation to the data that a shop in order answers with; one shop for one shopper."""
    kept: dict[str, Any] = {"quantity": 0, "code": None, "charge": "NONE", "bought": False}

    def now() -> dict[str, Any]:
        return checkout(kept["quantity"], kept["code"], kept["charge"])

    def set_to(name: str, **to: Any) -> dict[str, Any]:
        kept.update(to)
        return {name: changed(now())}

    def complete(wanted: Mapping[str, Any]) -> dict[str, Any]:
        kept["bought"] = True
        return {"checkoutComplete": {"order": order(), "confirmationNeeded": False, "errors": []}}

    def pay(name: str) -> dict[str, Any]:
        kept["charge"] = "FULL"
        return {name: event("CHARGE_SUCCESS")}

    variants = [{"id": VARIANT, "quantityAvailable": 50, "pricing": {"price": money(29.9)}}]
    delivery = {"id": "RGVsaXZlcnk6MQ==", "shippingMethod": {"id": "U00=", "name": "Post", "price": None}}
    delivery["shippingMethod"] = {"id": "U00=", "name": "Post", "price": {"amount": 4.95, "currency": "EUR"}}
    return {
        "Home": lambda wanted: {"products": LIST},
        "Collection": lambda wanted: {"collection": {"id": "Q29sbGVjdGlvbjox", "products": LIST}},
        "Search": lambda wanted: {"products": {"totalCount": 1, **LIST}},
        "Product": lambda wanted: {"product": {"id": NODE["id"], "slug": NODE["slug"], "variants": variants}},
        "Create": lambda wanted: set_to("checkoutCreate", quantity=len(wanted["input"]["lines"])),
        "LinesAdd": lambda wanted: set_to("checkoutLinesAdd", quantity=wanted["lines"][0]["quantity"]),
        "LinesUpdate": lambda wanted: set_to("checkoutLinesUpdate", quantity=wanted["lines"][0]["quantity"]),
        "Promo": lambda wanted: set_to("checkoutAddPromoCode", code=wanted["code"]),
        "Checkout": lambda wanted: {"checkout": None if kept["bought"] else now()},
        "Email": lambda wanted: {"checkoutEmailUpdate": changed(now())},
        "LogIn": lambda wanted: {"tokenCreate": {"token": "customer-token", "errors": []}},
        "Attach": lambda wanted: {"checkoutCustomerAttach": changed(now())},
        "Addresses": lambda wanted: {
            "checkoutShippingAddressUpdate": changed(now()), "checkoutBillingAddressUpdate": changed(now())
        },
        "Deliveries": lambda wanted: {"deliveryOptionsCalculate": {"deliveries": [delivery], "errors": []}},
        "Listed": lambda wanted: {"checkout": {"shippingMethods": [{"id": "U00=", "name": "Post"}]}},
        "Delivery": lambda wanted: {"checkoutDeliveryMethodUpdate": changed(now())},
        "Gateway": lambda wanted: {
            "paymentGatewayInitialize": {
                "gatewayConfigs": [{"id": wanted["gateways"][0]["id"], "data": {}, "errors": []}], "errors": []
            }
        },
        "Pay": lambda wanted: pay("transactionInitialize"),
        "Process": lambda wanted: pay("transactionProcess"),
        "Complete": complete,
    }  # fmt: skip


def shop() -> Callable[[Request], Response]:
    told = answers()

    def answer(request: Request) -> Response:
        assert request.url == f"{BASE_URL}/graphql/"
        data = told[request.json["operationName"]](request.json["variables"])
        check_answer(request, data)
        return json_response({"data": data})

    return answer


def asked(operation: str) -> Callable[[Request], bool]:
    return lambda request: request.json["operationName"] == operation


def says(operation: str, name: str, **payload: Any) -> tuple[Response, Callable[[Request], bool]]:
    return json_response({"data": {name: payload}}), asked(operation)


def no(operation: str, name: str, code: str, field: str | None = None, **more: Any) -> Any:
    """A refusal with HTTP 200."""
    return says(operation, name, **more, errors=[{"field": field, "code": code, "message": "words of the shop's"}])


def of_checkout(operation: str, name: str, code: str, field: str | None = None) -> Any:
    return no(operation, name, code, field, checkout=None)


def of_payment(code: str) -> Any:
    return no("Pay", "transactionInitialize", code, transaction=None, transactionEvent=None, data=None)


def of_order(code: str) -> Any:
    return no("Complete", "checkoutComplete", code, order=None, confirmationNeeded=False)


def pays(kind: str) -> Any:
    return says("Pay", "transactionInitialize", **event(kind))


def failure(name: str, step: str, answered: tuple[Response, Callable[[Request], bool]], outcome: str) -> Failure:
    return Failure(name, step, answered[0], outcome, when=answered[1])


NOT_BOUGHT = [
    *[
        (code, of_order(code), "rejected")
        for code in ("INSUFFICIENT_STOCK", "VOUCHER_NOT_APPLICABLE", "CHECKOUT_NOT_FULLY_PAID", "PAYMENT_ERROR")
    ],
    ("TAX_ERROR", of_order("TAX_ERROR"), "error"),
    ("EMAIL_NOT_SET", of_order("EMAIL_NOT_SET"), "error"),
    ("NOT_FOUND", of_order("NOT_FOUND"), "unknown"),
    ("GRAPHQL_ERROR", of_order("GRAPHQL_ERROR"), "unknown"),
    (
        "wants to be confirmed",
        says("Complete", "checkoutComplete", order=None, confirmationNeeded=True, errors=[]),
        "unknown",
    ),
]
NOT_PAID = [
    ("CHARGE_FAILURE", pays("CHARGE_FAILURE"), "rejected"),
    ("AUTHORIZATION_FAILURE", pays("AUTHORIZATION_FAILURE"), "rejected"),
    ("CHARGE_BACK", pays("CHARGE_BACK"), "unknown"),
    ("CHECKOUT_COMPLETION_IN_PROGRESS", of_payment("CHECKOUT_COMPLETION_IN_PROGRESS"), "conflict"),
    ("UNIQUE", of_payment("UNIQUE"), "conflict"),
    ("INVALID", of_payment("INVALID"), "error"),
]
UNTAKEN = says("Promo", "checkoutAddPromoCode", **changed(checkout(code=None)))
NOWHERE = says("Deliveries", "deliveryOptionsCalculate", deliveries=[], errors=[])
NO_APP = says(
    "Gateway",
    "paymentGatewayInitialize",
    gatewayConfigs=[
        {"id": GATEWAY, "data": None, "errors": [{"field": "id", "code": "NOT_FOUND", "message": "words"}]}
    ],
    errors=[],
)
BROKEN = json_response(
    {"data": None, "errors": [{"message": "words", "extensions": {"exception": {"code": "OperationalError"}}}]}
)
FAILURES = [
    failure("no products", "home", says("Home", "products", edges=[]), "error"),
    failure("no such product", "product", (json_response({"data": {"product": None}}), asked("Product")), "error"),
    failure(
        "no such collection", "collection", (json_response({"data": {"collection": None}}), asked("Collection")), "error"
    ),
    failure("sold out", "cart.add", of_checkout("LinesAdd", "checkoutLinesAdd", "INSUFFICIENT_STOCK"), "rejected"),
    failure(
        "not in the channel", "cart.add",
        of_checkout("LinesAdd", "checkoutLinesAdd", "UNAVAILABLE_VARIANT_IN_CHANNEL"), "rejected",
    ),
    failure(
        "refused", "cart.discount", of_checkout("Promo", "checkoutAddPromoCode", "VOUCHER_NOT_APPLICABLE"), "rejected"
    ),
    failure(
        "no such code", "cart.discount", of_checkout("Promo", "checkoutAddPromoCode", "INVALID", "promoCode"), "rejected"
    ),
    failure("taken without effect", "cart.discount", UNTAKEN, "rejected"),
    failure(
        "an address it does not take", "checkout.address",
        (
            json_response(
                {
                    "data": {
                        "checkoutShippingAddressUpdate": {
                            "checkout": None,
                            "errors": [{"field": "postalCode", "code": "INVALID", "message": "words"}],
                        },
                        "checkoutBillingAddressUpdate": changed(checkout()),
                    }
                }
            ),
            asked("Addresses"),
        ),
        "error",
    ),
    failure("nowhere", "checkout.shipping", NOWHERE, "rejected"),
    failure(
        "not this way", "checkout.shipping",
        of_checkout("Delivery", "checkoutDeliveryMethodUpdate", "DELIVERY_METHOD_NOT_APPLICABLE"), "rejected",
    ),
    failure("no payment app", "checkout.payment", NO_APP, "error"),
    failure("no payment app", "wallet.token", NO_APP, "error"),
    *[failure(name, step, told, outcome) for step in ("checkout.payment", "wallet.complete")
      for name, told, outcome in NOT_PAID],
    *[failure(name, step, told, outcome) for step in ("checkout.complete", "wallet.complete")
      for name, told, outcome in NOT_BOUGHT],
    *[Failure("the shop breaks", step, BROKEN, outcome) for step, outcome in
      (("home", "error"), ("cart.add", "error"), ("checkout.complete", "unknown"), ("wallet.complete", "unknown"))],
    Failure("a queue", "checkout.complete", Response(429, {"retry-after": "3"}, b""), "throttled", 3.0),
]  # fmt: skip


def storefront(client: Client, visit: Visit) -> Any:
    return PLATFORM.storefront(client, Shop(BASE_URL, OPTIONS), visit)


EXCHANGE = Exchange(
    platform="saleor",
    storefront=storefront,
    shop=shop,
    product=Product("linen-shirt", VARIANT, "LS-1", 2990, "EUR", 50),
    coupon="NOVEMBER10",
    failures=FAILURES,
    check=check_request,
)
