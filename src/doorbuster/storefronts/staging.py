"""The staging shop as one shopper meets it: native checkout in separate calls, and an agentic wallet."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, quote_plus

from doorbuster.storefronts.acp_session import CARD
from doorbuster.storefronts.answers import id_in
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.options import NO_OPTIONS
from doorbuster.storefronts.staging_answers import SOLD_OUT, Reading, check, read, read_cart, read_order, read_page
from doorbuster.storefronts.staging_backstage import StagingBackstage
from doorbuster.storefronts.staging_noticing import Noticing
from doorbuster.storefronts.staging_people import address_of, email_of, saves_cart, shipping_of
from doorbuster.storefronts.staging_wallet import StagingWallet


@dataclass
class StagingStorefront:
    """`base.Storefront` for one shopper in one session. Steps are taken in the order in which a shopper takes them."""

    client: Client
    shop: Shop
    visit: Visit
    _cart: str = field(default="", init=False)
    _offered: str = field(default="", init=False)
    _noticing: Noticing = field(default_factory=Noticing, init=False)
    _wallet: StagingWallet = field(init=False)

    def __post_init__(self) -> None:
        self._wallet = StagingWallet(self.client, self.shop, self.visit, self._noticing)

    # Browsing

    def home(self) -> Answer:
        return read_page("home", self.client.request("GET", f"{self.shop.base_url}/"))

    def collection(self, product: Product) -> Answer:
        def reading(body: Any) -> Answer:
            teaser = next(one for one in body["products"] if one["id"] == product.product)
            return self._noticing.shown("collection", product.product, teaser["in_stock"])

        # The staging shop numbers its products within their collection.
        return self._get("collection", f"/collections/{quote(product.product.rsplit('-', 1)[0])}", reading)

    def search(self, query: str) -> Answer:
        def reading(body: Any) -> Answer:
            for hit in body["results"]:
                self._noticing.shown("search", hit["id"], hit["in_stock"])
            return OK

        return self._get("search", f"/search?q={quote_plus(query)}", reading)

    def product(self, product: Product) -> Answer:
        def reading(body: Any) -> Answer:
            check(body["id"] == product.product)
            variants = {one["id"]: one["in_stock"] for one in body["variants"]}
            if not any(variants.values()):
                return self._noticing.gone(OK, product.product, variants, Line(product, 1))
            return self._noticing.shown("product", product.variant, variants[product.variant])

        return self._get("product", f"/products/{quote(product.product)}", reading)

    # Carts

    def cart_create(self) -> Answer:
        def keep(body: Any) -> Answer:
            self._cart = id_in(body["id"])
            return OK

        wanted = {"email": email_of(self.visit)} if saves_cart(self.visit) else {}
        return self._send("cart.create", "POST", "/carts", wanted, keep)

    def cart_add(self, line: Line) -> Answer:
        variant = line.product.variant
        self._noticing.goods.add(variant)
        wanted = {"variant": variant, "quantity": line.quantity}
        began_s = time.perf_counter()
        answer = self._change("cart.add", "POST", f"/carts/{self._cart}/lines", wanted)
        self._noticing.took("cart.add", began_s)
        return self._noticing.gone(answer, variant, (variant,), line) if answer.detail == SOLD_OUT else answer

    def cart_update(self, line: Line, quantity: int) -> Answer:
        path = f"/carts/{self._cart}/lines/{quote(line.product.variant)}"
        return self._change("cart.update", "PUT", path, {"quantity": quantity})

    def cart_discount(self, code: str) -> Answer:
        return self._change("cart.discount", "POST", f"/carts/{self._cart}/discounts", {"code": code})

    def cart_view(self) -> Answer:
        began_s = time.perf_counter()
        answer = self._get("cart.view", f"/carts/{self._cart}", self._own("cart.view"))
        self._noticing.took("cart.view", began_s)
        return self._noticing.cart_seen(answer, self._cart)

    # The upsell app

    def upsell_view(self) -> Answer:
        def keep(body: Any) -> Answer:
            self._offered = id_in(body["offer"]["variant"])
            return OK

        return self._get("cart.view", f"/apps/upsell/{self._bought}", keep)

    def upsell_add(self) -> Answer:
        self._noticing.goods.add(self._offered)
        return self._change("cart.add", "POST", f"/apps/upsell/{self._bought}", {"variant": self._offered})

    # Native checkout

    def checkout_start(self) -> Answer:
        path = f"/carts/{self._cart}/checkout"
        return self._change("checkout.start", "POST", path, {"email": email_of(self.visit)})

    def checkout_address(self) -> Answer:
        path = f"/carts/{self._cart}/checkout/address"
        return self._change("checkout.address", "PUT", path, address_of(self.visit))

    def checkout_shipping(self) -> Answer:
        own = self._own("checkout.shipping")

        def chosen(body: Any) -> Answer:
            self._noticing.shipping = (self._option, int(body["totals"]["shipping_minor"]))
            return own(body)

        path = f"/carts/{self._cart}/checkout/shipping"
        return self._send("checkout.shipping", "PUT", path, {"option": self._option}, chosen)

    def checkout_payment(self) -> Answer:
        path = f"/carts/{self._cart}/checkout/payment"
        return self._send(
            "checkout.payment", "POST", path, {"card": CARD}, lambda body: check(body["status"] == "authorised")
        )

    def checkout_complete(self) -> Answer:
        path = f"/carts/{self._cart}/checkout/complete"
        return self._noticing.placed(self._send("checkout.complete", "POST", path, {}, read_order))

    # The wallet: Agentic Commerce Protocol

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        return self._wallet.start(lines)

    def wallet_update(self) -> Answer:
        return self._wallet.update()

    def wallet_token(self) -> Answer:
        return self._wallet.token()

    def wallet_complete(self) -> Answer:
        return self._wallet.complete()

    # Afterwards

    def order_read(self) -> Answer:
        path = f"/orders/by-intent/{quote(self.visit.intent or '', safe='')}"
        answer = self._get("order.read", path, read_order)
        if answer.detail == "HTTP 404 no_such_order":
            return answer._replace(outcome="rejected", detail="no order for this purchase intent")
        return self._noticing.placed(answer)

    @property
    def _option(self) -> str:
        return shipping_of(self.visit.session)

    @property
    def _bought(self) -> str:
        """What is being bought: the wallet's session where there is one, else the cart."""
        return self._wallet.session.id or self._cart

    def _own(self, step: str) -> Reading:
        """Read a cart that must be this shopper's own."""
        goods = self._noticing.goods

        def reading(body: Any) -> Answer:
            answer, mine = read_cart(body), body["id"] == self._bought
            foreign = [line["variant"] for line in body["lines"] if line["variant"] not in goods]
            return self._noticing.anothers_cart(step, foreign, mine) if foreign or not mine else answer

        return reading

    def _change(self, step: str, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        return self._send(step, method, path, body, self._own(step))

    def _get(self, step: str, path: str, reading: Reading) -> Answer:
        self._noticing.asked_s = time.monotonic()
        return read(step, self.client.request("GET", self.shop.base_url + path), reading)

    def _send(self, step: str, method: str, path: str, body: Mapping[str, Any], reading: Reading) -> Answer:
        headers = {"X-Purchase-Intent": self.visit.intent} if self.visit.intent else {}
        return read(step, self.client.request(method, self.shop.base_url + path, json=body, headers=headers), reading)


PLATFORM: Final = Platform(StagingStorefront, StagingBackstage, NO_OPTIONS)
