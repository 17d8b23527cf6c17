"""A Medusa shop from canned answers: recorded from version 2.21.2 as tests/live/medusa seeds it, one shopper's walk.

Each answer is kept by its method, path, query and the keys of the request's body; of lists the first two entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from doorbuster.storefronts.base import Client, Product, Response, Shop, Visit
from doorbuster.storefronts.medusa import PLATFORM
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response
from tests.contract.medusa_schema import check

RECORDED: Mapping[str, Any] = orjson.loads(Path(__file__).with_name("medusa_recorded.json").read_bytes())
CART = next(body["cart"]["id"] for key, body in RECORDED.items() if key.startswith("POST /store/carts metadata"))
_COMPLETED = f"GET /store/carts/{CART}?fields"
PRODUCT = Product("linen-3", "variant_01M821TFVFNZ2FA4856A0BA5K4", "linen-3", 3500, "EUR", 99998)


def shop(**options: str) -> Shop:
    return Shop(BASE_URL, PLATFORM.read_options(options, Path()), "pk_contract")


SHOP = shop()
"""Read once, as a run reads its scenario."""


def storefront(client: Client, visit: Visit, **options: str) -> Any:
    return PLATFORM.storefront(client, shop(**options) if options else SHOP, visit)


class CannedMedusa:
    """Answers as recorded; a cart is completed from when it was completed."""

    def __init__(self) -> None:
        self.completed = False

    def __call__(self, request: Request) -> Response:
        key = key_of(request)
        if key not in RECORDED:
            return error(404, "not_found", f"no such answer: {key}")
        body = deepcopy(RECORDED[key])
        if key == _COMPLETED and not self.completed:
            body["cart"]["completed_at"] = None
        self.completed = self.completed or key.endswith("/complete")
        return json_response(body)


def key_of(request: Request) -> str:
    """As the recordings are named."""
    parts = urlsplit(request.url)
    names = "&".join(sorted(name for name, _ in parse_qsl(parts.query)))
    keys = ",".join(sorted(request.json or ()))
    return f"{request.method} {parts.path}{'?' if names else ''}{names}{' ' if keys else ''}{keys}"


def error(status: int, kind: str, message: str, **more: str) -> Response:
    """How Medusa says no."""
    return json_response({"type": kind, "message": message, **more}, status)


def given_back(kind: str) -> Response:
    """/complete where the payment's provider raised an error: 200, and no order."""
    cart = deepcopy(RECORDED[f"POST /store/carts/{CART}/shipping-methods option_id"]["cart"])
    told = {"message": "Payment authorization failed", "name": "Error", "type": kind}
    return json_response({"type": "cart", "cart": cart, "error": told})


_TAKEN = "The request conflicted with another request. You may retry the request with the provided Idempotency-Key."
_SOLD_OUT = error(
    400, "not_allowed", "Some variant does not have the required inventory", code="insufficient_inventory"
)
_TOO_LATE = error(400, "not_allowed", "Not enough stock available for item iitem_01M821 at location sloc_01M821")
_DECLINED = error(400, "not_allowed", "Session: payses_01M821 was not authorized with the provider.")
_USED_UP = error(400, "not_allowed", "Promotion usage exceeds the limit.")
_CONFLICT = error(409, "conflict", _TAKEN, code="invalid_state_error")
_NO_KEY = error(400, "not_allowed", "A valid publishable key is required to proceed with the request")
_NO_CODE = error(400, "invalid_data", "The promotion code NOPE is invalid")
_UNKNOWN_KEY = error(400, "invalid_data", "Invalid request: Unrecognized fields: 'bogus'")
_NO_PAYMENT = error(400, "invalid_data", "Payment collection has not been initiated for cart")
_STUMBLE = error(500, "unknown_error", "An unknown error occurred.", code="unknown_error")
_QUEUE = Response(503, {"retry-after": "4"}, b"")
_FIREWALL = Response(403, {"content-type": "text/html"}, b"<html>no</html>")
_WITHOUT_CODE = json_response(RECORDED[f"POST /store/carts/{CART}/line-items quantity,variant_id"])
_COMPLETING = ("checkout.complete", "wallet.complete")


def _failures() -> list[Failure]:
    found = []
    for step in _COMPLETING:
        found += [
            Failure("payment failed with 200", step, given_back("payment_authorization_error"), "rejected"),
            Failure("payment wants more with 200", step, given_back("payment_requires_more_error"), "rejected"),
            Failure("given back for a reason unheard of", step, given_back("not_allowed"), "error"),
            Failure("payment declined", step, _DECLINED, "rejected"),
            Failure("payment refused with 422", step, error(422, "payment_authorization_error", "no"), "rejected"),
            Failure("code used up by now", step, _USED_UP, "rejected"),
            Failure("sold out by now", step, _TOO_LATE, "rejected"),
            Failure("being completed", step, _CONFLICT, "conflict"),
            Failure("no payment opened", step, _NO_PAYMENT, "error"),
            Failure("stumble", step, _STUMBLE, "unknown"),
            Failure("a firewall in between", step, _FIREWALL, "unknown"),
            Failure("queue", step, _QUEUE, "throttled", 4.0),
            Failure("neither order nor cart", step, _completed_as("swap"), "unknown"),
            Failure("an order without a name", step, json_response({"type": "order", "order": {}}), "unknown"),
        ]
    return [
        *found,
        Failure("key refused", "home", _NO_KEY, "error"),
        Failure("no region", "home", json_response({"regions": []}), "error"),
        Failure("product gone", "product", json_response({"products": []}), "error"),
        Failure("sold out", "cart.add", _SOLD_OUT, "rejected"),
        Failure(
            "not in the cart", "cart.add", json_response(RECORDED["POST /store/carts metadata,region_id"]), "error"
        ),
        Failure("strict body", "cart.add", _UNKNOWN_KEY, "error"),
        Failure("no such code", "cart.discount", _NO_CODE, "rejected"),
        Failure("code used up", "cart.discount", _WITHOUT_CODE, "rejected"),
        Failure("sold out", "wallet.start", _SOLD_OUT, "rejected"),
        Failure("no such code", "wallet.start", _NO_CODE, "rejected"),
        Failure("no way of shipping", "checkout.shipping", json_response({"shipping_options": []}), "error"),
        Failure("no way of shipping", "wallet.update", json_response({"shipping_options": []}), "error", None, _is_get),
        Failure("provider switched off", "checkout.payment", error(400, "invalid_data", "not enabled"), "error"),
        Failure("no session opened", "checkout.payment", _session_of("pp_other"), "unknown", None, _opens),
        Failure("stumble", "checkout.payment", _STUMBLE, "unknown"),
    ]


def _completed_as(kind: str) -> Response:
    return json_response({**RECORDED[f"POST /store/carts/{CART}/complete"], "type": kind})


def _is_get(request: Request) -> bool:
    return request.method == "GET"


def _opens(request: Request) -> bool:
    return request.url.endswith("/payment-sessions")


def _session_of(provider: str) -> Response:
    body = deepcopy(next(one for key, one in RECORDED.items() if "/payment-sessions" in key))
    for session in body["payment_collection"]["payment_sessions"]:
        session["provider_id"] = provider
    return json_response(body)


EXCHANGE = Exchange(
    platform="medusa",
    storefront=storefront,
    shop=CannedMedusa,
    product=PRODUCT,
    coupon="WELCOME10",
    failures=_failures(),
    check=check,
)
