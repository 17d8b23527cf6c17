"""A Shopify online store played from PROTOCOLS' rows: theme pages and the Ajax cart, for which there is no schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from doorbuster.storefronts.base import Client, Product, Response, Shop, Visit
from doorbuster.storefronts.shopify_online_store import PLATFORM, ShopifyOnlineStore
from tests.conftest import ROOT
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response

VARIANT = "47"
SHOP = Shop(BASE_URL, PLATFORM.read_options({}, ROOT))
PAGE = b"<!doctype html><html><body>Linen</body></html>"
SOLD_OUT = {"status": 422, "message": "Cart Error", "description": "The product 'Sheet' is already sold out."}


def storefront(client: Client, visit: Visit) -> ShopifyOnlineStore:
    return ShopifyOnlineStore(client, SHOP, visit)


@dataclass
class CannedOnlineStore:
    """One shopper's shop."""

    quantity: int = 0
    codes: list[dict[str, Any]] = field(default_factory=list)
    hosted: str = f"{BASE_URL}/checkouts/cn/token-1"

    def __call__(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        if path == "/cart/add.js":
            (item,) = request.json["items"]
            self.quantity += item["quantity"]
            return json_response({"items": [{"id": int(VARIANT), "quantity": self.quantity}]})
        if path == "/cart/change.js":
            self.quantity = request.json["quantity"]
        elif path == "/cart/update.js" and "discount" in request.json:
            self.codes = [{"code": code, "applicable": True} for code in request.json["discount"].split(",")]
        elif path == "/cart" and request.method == "POST":
            return Response(200, {}, PAGE, None, self.hosted)
        elif not path.endswith(".js"):
            return Response(200, {"content-type": "text/html"}, PAGE)
        return json_response(self.cart)

    @property
    def cart(self) -> dict[str, Any]:
        items = [{"id": int(VARIANT), "quantity": self.quantity}] if self.quantity else []
        total = 2000 * self.quantity
        return {"token": "t", "currency": "EUR", "total_price": total, "items": items, "discount_codes": self.codes}


def cart(**other: Any) -> Response:
    return json_response({**CannedOnlineStore(quantity=1).cart, **other})


def moved(path: str) -> Response:
    """Where the shopper's browser ended up."""
    return Response(200, {"content-type": "text/html"}, PAGE, None, BASE_URL + path)


_REFUSED = [{"code": "BF20", "applicable": False}]
_STEPS = ("home", "collection", "product", "cart.create", "cart.add", "cart.update", "cart.view")
EXCHANGE = Exchange(
    platform="shopify_online_store",
    storefront=storefront,
    shop=CannedOnlineStore,
    product=Product("linen-sheet", VARIANT, "L-1", 2000, "EUR", None),
    coupon="BF20",
    journeys=("browse", "cart"),
    failures=(
        *(Failure(f"430 at {step}", step, Response(430, {}, b"<html>"), "throttled") for step in _STEPS),
        *(Failure(f"403 at {step}", step, Response(403, {}, b"<html>"), "error") for step in ("home", "cart.add")),
        Failure("password page", "home", moved("/password"), "error"),
        Failure("password page", "cart.add", moved("/password"), "error"),
        Failure("queue", "home", moved("/throttle/queue"), "throttled"),
        Failure("not found", "product", Response(404, {}, PAGE), "error"),
        Failure("sent home", "product", moved("/"), "error"),
        Failure("half a page", "collection", Response(200, {}, b"<html><body>Lin"), "error"),
        Failure("sold out", "cart.add", json_response(SOLD_OUT, 422), "rejected"),
        Failure("fewer", "cart.add", json_response({"items": [{"id": 47, "quantity": 0}]}), "rejected"),
        Failure("another's", "cart.add", json_response({"items": [{"id": 48, "quantity": 1}]}), "rejected"),
        Failure("sold out", "cart.update", json_response(SOLD_OUT, 422), "rejected"),
        Failure("fewer", "cart.update", cart(), "rejected"),
        Failure("not applicable", "cart.discount", cart(discount_codes=_REFUSED), "rejected"),
        Failure("not taken", "cart.discount", cart(), "rejected"),
        Failure("no cart", "cart.view", json_response({"items": []}), "error"),
        Failure("a page instead", "cart.view", Response(200, {}, PAGE), "error"),
    ),
)
