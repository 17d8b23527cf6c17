"""django-oscar's side of the contract: pages recorded from 4.2.1, without their blanks, scripts and menus.

Recorded with tests/live/oscar, of which a card field and an express button are not Oscar's own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from doorbuster.storefronts.base import Product, Response, Shop
from doorbuster.storefronts.html import PLATFORM
from tests.conftest import ROOT
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response

PAGES = Path(__file__).with_name("oscar_pages")
PRODUCT = Product("linen-shirt-1_1", "1", "1", 1200, "EUR", None)
OPTIONS = PLATFORM.read_options({"description": "shops/oscar.toml"}, ROOT / "scenarios")
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
_GETS = {
    "/": ("catalogue", "/catalogue/"),
    "/catalogue/": ("catalogue", ""),
    "/search/?q=linen": ("search", ""),
    "/catalogue/linen-shirt-1_1/": ("product", ""),
    "/basket/": ("basket", ""),
    "/checkout/": ("start", ""),
}
_POSTS = {
    "/basket/add/1/": ("added", "/catalogue/linen-shirt-1_1/"),
    "/basket/": ("updated", ""),
    "/basket/vouchers/add/": ("code_taken", "/basket/"),
    "/checkout/": ("address", "/checkout/shipping-address/"),
    "/checkout/shipping-address/": ("shipping", "/checkout/shipping-method/"),
    "/checkout/shipping-method/": ("payment", "/checkout/payment-details/"),
}
"""Address to the page that is shown in the end, and where redirects lead."""
_ORDER = {"order": "100007", "total": "15.60", "currency": "EUR"}


def page(name: str, path: str = "", status: int = 200) -> Response:
    kind = {"content-type": "text/html; charset=utf-8"}
    return Response(status, kind, (PAGES / f"{name}.html").read_bytes(), None, BASE_URL + path if path else "")


class CannedOscar:
    """Refuses a form without the token of a page that it showed, as Django does."""

    def __init__(self) -> None:
        self._tokens: set[bytes] = set()
        self._bought = False

    def __call__(self, request: Request) -> Response:
        shown = self._shown(request, request.url.removeprefix(BASE_URL))
        self._tokens |= set(_TOKEN.findall(shown.body))
        return shown

    def _shown(self, request: Request, path: str) -> Response:
        if path.startswith("/express/"):
            return json_response(_ORDER if path == "/express/buy/" else {"total": "15.60", "currency": "EUR"})
        if path == "/checkout/thank-you/":
            return page("thanks", path) if self._bought else page("catalogue", "/catalogue/")
        if request.method == "GET":
            return page(*_GETS[path])
        form = request.form or {}
        if form.get("csrfmiddlewaretoken", "").encode() not in self._tokens:
            return page("no_token", path, 403)
        if path == "/checkout/preview/" and form.get("action") == "place_order":
            self._bought = True
            return page("thanks", "/checkout/thank-you/")
        return page("preview", path) if path == "/checkout/preview/" else page(*_POSTS[path])


def _posted(request: Request) -> bool:
    return request.method == "POST"


def refusal(sentence: str) -> Response:
    return json_response({"error": sentence}, 409)


def storefront(client: Any, visit: Any) -> Any:
    return PLATFORM.storefront(client, Shop(BASE_URL, OPTIONS), visit)


HERE = "/catalogue/linen-shirt-1_1/"
EXCHANGE = Exchange(
    "html-oscar",
    storefront,
    CannedOscar,
    PRODUCT,
    "WELCOME10",
    (
        Failure("another's page", "product", page("sold_out"), "error"),
        Failure("sold out", "cart.add", page("sold_out_adding", HERE), "rejected"),
        Failure("more than there are", "cart.add", page("more_than_there_are", HERE), "rejected"),
        Failure("more than it sells", "cart.add", page("more_than_sold", HERE), "rejected"),
        Failure("shown, not added", "cart.add", page("product", HERE), "error"),
        Failure("no token", "cart.add", page("no_token", "/basket/add/1/", 403), "error"),
        Failure("more than there are", "cart.update", page("too_many"), "rejected", when=_posted),
        Failure("not updated", "cart.update", page("basket"), "error", when=_posted),
        Failure("unknown", "cart.discount", page("code_unknown", "/basket/"), "rejected", when=_posted),
        Failure("twice", "cart.discount", page("code_again", "/basket/"), "rejected", when=_posted),
        Failure("used up", "cart.discount", page("code_used", "/basket/"), "rejected", when=_posted),
        Failure("not said", "cart.discount", page("basket", "/basket/"), "error", when=_posted),
        Failure("empty basket", "checkout.start", page("empty", "/basket/"), "rejected"),
        Failure("not let in", "checkout.start", page("start", "/checkout/"), "error", when=_posted),
        Failure("not filled in", "checkout.address", page("bad_address", "/checkout/shipping-address/"), "error"),
        Failure("sold out", "checkout.shipping", page("stock_gone", "/basket/"), "rejected"),
        Failure("no card", "checkout.payment", page("bad_card", "/checkout/preview/"), "rejected"),
        Failure("sold out", "checkout.payment", page("stock_gone", "/basket/"), "rejected"),
        Failure("declined", "checkout.complete", page("declined", "/checkout/preview/"), "rejected"),
        Failure("sold out", "checkout.complete", page("stock_gone", "/basket/"), "rejected"),
        Failure("bought before", "checkout.complete", page("empty", "/basket/"), "rejected"),
        Failure("a problem", "checkout.complete", page("code_gone_late", "/checkout/preview/"), "unknown"),
        Failure("no token", "checkout.complete", page("no_token", "/checkout/preview/", 403), "unknown"),
        Failure("sold out", "wallet.update", refusal("no stock available"), "rejected"),
        Failure("sold out", "wallet.complete", refusal("a maximum of 2 can be bought"), "rejected"),
        Failure("declined", "wallet.complete", refusal("The card was declined."), "rejected"),
        Failure("another reason", "wallet.complete", refusal("There is no shop"), "unknown"),
    ),
)
