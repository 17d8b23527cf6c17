"""The staging shop's side of the contract: its pages in the shapes that tests/staging sees live."""

from __future__ import annotations

from typing import Any

from doorbuster.storefronts.base import Product, Response, Shop
from doorbuster.storefronts.staging import PLATFORM
from tests.contract.canned_acp import CannedAcp, message, session
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response

PRODUCT = Product("linen-1", "linen-1-one", "linen-1-one", 4000, "EUR", 50)
TOTALS = {"items_minor": 4000, "discount_minor": 0, "shipping_minor": 495, "tax_minor": 0, "total_minor": 4495}
LINES = [{"variant": PRODUCT.variant, "quantity": 1, "price_minor": 4000}]
CART = {"id": "c1", "lines": LINES, "codes": [], "currency": "EUR", "totals": TOTALS}
ORDER = {"order": {"id": "DB-000001", "status": "paid", "currency": "EUR", "totals": TOTALS}}
TEASER = {"id": PRODUCT.product, "in_stock": True}
VARIANT = {"id": PRODUCT.variant, "in_stock": True}
PAGES: dict[str, Any] = {
    "/collections/linen": {"collection": "linen", "products": [TEASER]},
    "/search?q=linen": {"query": "linen", "results": [TEASER]},
    "/products/linen-1": {"id": PRODUCT.product, "variants": [VARIANT]},
}


def shop() -> Any:
    acp = CannedAcp(PRODUCT)

    def answer(request: Request) -> Response:
        path = request.url.removeprefix(BASE_URL)
        if path == "/":
            return Response(200, {"content-type": "text/html"}, b"<html>Black Friday</html>")
        if path in PAGES:
            return json_response(PAGES[path])
        if path.endswith("/payment"):
            return json_response({"status": "authorised"})
        if (path.endswith("/complete") and "/carts/" in path) or path.startswith("/orders/"):
            return json_response(ORDER)
        return acp.answer(request) or json_response(CART)

    return answer


def refusal(code: str, **more: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "No.", **more}}


BUSY = json_response(refusal("too_many_requests"), 429, {"retry-after": "1"})
DECLINED = session(PRODUCT, "ready_for_payment", message("payment_declined"))
EXCHANGE = Exchange(
    "staging",
    lambda client, visit: PLATFORM.storefront(client, Shop(BASE_URL), visit),
    shop,
    PRODUCT,
    "BF25",
    (
        Failure("declined", "checkout.payment", json_response(refusal("payment_declined"), 422), "rejected"),
        Failure("sold out", "cart.add", json_response(refusal("out_of_stock"), 422), "rejected"),
        Failure("code used up", "cart.discount", json_response(refusal("discount_code_invalid"), 422), "rejected"),
        Failure("busy", "checkout.complete", BUSY, "throttled", 1.0),
        Failure("busy with 200", "cart.add", json_response(refusal("too_many_requests")), "throttled"),
        Failure("other intent", "checkout.complete", json_response(refusal("intent_mismatch"), 409), "conflict"),
        Failure("pending", "checkout.complete", json_response(refusal("payment_pending"), 503), "unknown"),
        Failure("not paid", "checkout.complete", json_response({"order": {"status": "pending"}}), "unknown"),
        Failure("no such cart", "cart.view", json_response(refusal("no_such_cart"), 404), "error"),
        Failure("declined with 200", "wallet.complete", json_response(DECLINED), "rejected"),
    ),
    marked=False,  # its own addresses say whose night it is; its books are emptied before each run anyway
)
