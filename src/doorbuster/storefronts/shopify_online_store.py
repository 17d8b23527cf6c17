"""A Shopify shop's own pages and Ajax cart, as one shopper's browser meets them, up to the door of the checkout.

What lies behind that door is Shopify's: a page that tells people from programs. No HTTP client goes through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import Field

from doorbuster.promises.words import decimals
from doorbuster.storefronts.answers import read, read_page, throttled
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Response, Shop, Visit
from doorbuster.storefronts.options import Options, by_card
from doorbuster.storefronts.people import NOTE
from doorbuster.storefronts.shopify_answers import SOLD_OUT, turned_away
from doorbuster.storefronts.shopify_cart import INTENT
from doorbuster.storefronts.shopify_online_store_backstage import ShopifyOnlineStoreBackstage, open_door

CHECKOUT: Final = Answer(
    "rejected", "the hosted checkout tells people from programs and HTTP cannot drive it; walk it with a browser"
)
_NO_WALLET: Final = Answer("rejected", "a wallet's sheet opens in a browser, which HTTP cannot drive")
_NO_APP: Final = Answer("rejected", "the Ajax cart knows no upsell app")
_NO_ORDER: Final = Answer("rejected", "no order for this purchase intent: HTTP cannot buy in an online store")
_PASSWORD: Final = Answer("error", "the shop asks for its password; set DOORBUSTER_STOREFRONT_TOKEN to it")


class OnlineStoreOptions(Options):
    """`[storefront.options]` of platform `shopify_online_store`."""

    api_version: str = Field("2026-04", pattern=r"\d{4}-\d{2}")
    """Of the Admin API, by which the books are read."""
    collections: tuple[str, ...] = Field(("all",), min_length=1)
    """Handles of those that shoppers look at."""
    admin_host: str | None = Field(None, pattern=r"[a-z0-9-]+\.myshopify\.com")
    """The shop's permanent name, for its books; None where the target has it."""
    orders_of_last_h: float = Field(24.0, gt=0, le=1440)
    """How far back the books are read."""
    no_live_payments: bool = False
    """The owner's word that a shop which looks live takes no real money; without it such a shop is a hazard."""


@dataclass(slots=True)
class ShopifyOnlineStore:
    """`base.Storefront` for one shopper in one session."""

    client: Client
    shop: Shop
    visit: Visit
    _inside: bool = field(default=False, init=False)
    _codes: tuple[str, ...] = field(default=(), init=False)

    def home(self) -> Answer:
        return self._page("home", "/", "/")

    def collection(self, product: Product) -> Answer:
        collections: Sequence[str] = self.shop.options["collections"]
        handle = collections[self.visit.session % len(collections)]
        return self._page("collection", f"/collections/{quote(handle)}", "/collections/")

    def search(self, query: str) -> Answer:
        return self._page("search", f"/search?q={quote_plus(query)}", "/search")

    def product(self, product: Product) -> Answer:
        return self._page("product", f"/products/{quote(product.product)}", "/products/")

    def cart_create(self) -> Answer:
        """The cart comes with a cookie; the first thing said of it is whose it is."""
        marks = {"note": NOTE, "attributes": {INTENT: self.visit.intent} if self.visit.intent else {}}
        return self._json("cart.create", "POST", "/cart/update.js", marks, _total)

    def cart_add(self, line: Line) -> Answer:
        variant = line.product.variant
        wanted = {"items": [{"id": variant, "quantity": line.quantity}]}

        def added(body: Any) -> Answer:
            held = sum(item["quantity"] for item in body["items"] if str(item["id"]) == variant)
            return OK if held >= line.quantity else Answer("rejected", SOLD_OUT)

        return self._json("cart.add", "POST", "/cart/add.js", wanted, added)

    def cart_update(self, line: Line, quantity: int) -> Answer:
        variant = line.product.variant

        def changed(body: Any) -> Answer:
            held = sum(item["quantity"] for item in body["items"] if str(item["id"]) == variant)
            return _total(body) if held == quantity else Answer("rejected", SOLD_OUT)

        return self._json("cart.update", "POST", "/cart/change.js", {"id": variant, "quantity": quantity}, changed)

    def cart_discount(self, code: str) -> Answer:
        """Try a code beside those that were taken: the list is the cart's whole set."""
        codes = (*self._codes, code)

        def taken(body: Any) -> Answer:
            honoured = {one["code"].lower() for one in body["discount_codes"] if one["applicable"]}
            if code.lower() not in honoured:
                return Answer("rejected", "discount code refused")
            self._codes = codes
            return _total(body)

        return self._json("cart.discount", "POST", "/cart/update.js", {"discount": ",".join(codes)}, taken)

    def cart_view(self) -> Answer:
        return self._json("cart.view", "GET", "/cart.js", None, _total)

    def upsell_view(self) -> Answer:
        return _NO_APP

    def upsell_add(self) -> Answer:
        return _NO_APP

    def checkout_start(self) -> Answer:
        """Press "check out" and follow to the hosted page, which is as far as HTTP goes."""
        response = self._send("POST", "/cart", form={"checkout": ""})
        path = urlsplit(response.url).path
        if path.startswith("/throttle/") and response.status < 400:
            return throttled()
        no = turned_away("checkout.start", response)
        if no:
            return no
        if path.endswith("/cart"):
            return Answer("rejected", "the shop sent its shopper back to the cart")
        return OK if "/checkouts/" in path else Answer("error", "checkout.start: the hosted checkout did not open")

    def checkout_address(self) -> Answer:
        return CHECKOUT

    def checkout_shipping(self) -> Answer:
        return CHECKOUT

    def checkout_payment(self) -> Answer:
        return CHECKOUT

    def checkout_complete(self) -> Answer:
        return CHECKOUT

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        return _NO_WALLET

    def wallet_update(self) -> Answer:
        return _NO_WALLET

    def wallet_token(self) -> Answer:
        return _NO_WALLET

    def wallet_complete(self) -> Answer:
        return _NO_WALLET

    def order_read(self) -> Answer:
        return _NO_ORDER

    def _send(self, method: str, path: str, json: Any = None, form: Mapping[str, str] | None = None) -> Response:
        """One request; a shop behind a password is opened first, once a session."""
        if self.shop.token and not self._inside:
            door = open_door(self.client, self.shop)
            if door is not None:
                return door
            self._inside = True
        return self.client.request(method, self.shop.base_url + path, json=json, form=form)

    def _page(self, step: str, path: str, stays_under: str) -> Answer:
        """A page of the theme: whole, and the one that was asked for."""
        response = self._send("GET", path)
        no = turned_away(step, response)
        if no:
            return no
        where = urlsplit(response.url).path or "/"
        if where.endswith("/password"):
            return _PASSWORD
        if where.startswith("/throttle/"):
            return throttled()
        # A shop may put a language before its paths.
        return read_page(step, response) if stays_under in where else Answer("error", f"{step}: sent elsewhere")

    def _json(self, step: str, method: str, path: str, wanted: Any, reading: Callable[[Any], Answer]) -> Answer:
        response = self._send(method, path, json=wanted)
        if response.status == 422 and step in ("cart.add", "cart.update"):
            return Answer("rejected", SOLD_OUT)
        if urlsplit(response.url).path.endswith("/password"):
            return _PASSWORD
        return turned_away(step, response) or read(step, response, reading)


def _total(body: Any) -> Answer:
    """What a cart costs: Shopify counts in hundredths of any currency, of one that has no cents as well."""
    cents, currency = int(body["total_price"]), str(body["currency"])
    if not body["token"] or not currency:
        raise ValueError
    return Answer("ok", total_minor=cents * 10 ** decimals(currency) // 100, currency=currency)


PLATFORM: Final = Platform(ShopifyOnlineStore, ShopifyOnlineStoreBackstage, by_card(OnlineStoreOptions))
