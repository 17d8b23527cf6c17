"""A Medusa shop (version 2) as one shopper meets it: its Store API, as a shop's own pages call it.

`unknown` on a money step: the shopper's cart is read, and only where the shop says that it was completed is it
completed again, which Medusa answers with the order that it made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import Field

from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.escaped import part
from doorbuster.storefronts.medusa_answers import NOT_APPLIED, named, read_completed
from doorbuster.storefronts.medusa_backstage import MANUAL, MedusaBackstage
from doorbuster.storefronts.medusa_session import MedusaSession
from doorbuster.storefronts.medusa_shapes import CART, COMPLETED, LISTING, PAGE, CartBody, Listing, Page
from doorbuster.storefronts.options import Options, by_admin_token, by_card
from doorbuster.storefronts.people import email_of

_TEASERS: Final = {"limit": 12, "fields": "id,handle,title,thumbnail,*variants.calculated_price"}
_WHOLE: Final = {"fields": "*variants.calculated_price,+variants.inventory_quantity"}
_NO_UPSELL: Final = Answer("rejected", "a stock Medusa shop offers no upsell")
_NO_ORDER: Final = Answer("rejected", "no order for this purchase intent")


class MedusaOptions(Options):
    """What a scenario may say in [storefront.options]."""

    region: str = ""
    """A region's id. Without one the shop is asked, and the region is taken to which a shopper's country belongs."""
    country: str = Field("", pattern=r"^([A-Z]{2})?$")
    """Where every shopper lives; else each where their address is."""
    payment_provider: str = MANUAL
    """Any other is named by whoever knows that it leads to a stub of the shop's own: no live payment."""
    express_path: str = Field("", pattern=r"^(/[\w./-]+)?$")
    """A route of the shop's own that gives a wallet's cart its address, its shipping and a payment collection in one
    call: {cart_id, email, shipping_address, billing_address} -> {cart}."""


@dataclass
class MedusaStorefront:
    """`base.Storefront` for one shopper in one session. Steps are taken in the order in which a shopper takes them."""

    client: Client
    shop: Shop
    visit: Visit
    _session: MedusaSession = field(init=False)
    _collections: Sequence[str] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._session = MedusaSession(self.client, self.shop, self.visit)

    # Browsing

    def home(self) -> Answer:
        def keep(body: Any) -> Answer:
            self._collections = [named(one["id"]) for one in body["collections"]]
            return OK

        no = self._session.in_region("home")
        return no or self._session.get("home", "/store/collections?fields=id,handle,title", keep)

    def collection(self, product: Product) -> Answer:
        """One of the collections that the home page showed, or all products where it showed none."""
        shown = self._collections
        within = {"collection_id[]": shown[self.visit.session % len(shown)]} if shown else {}
        return self._session.products("collection", {**within, **_TEASERS}, _is_list, LISTING)

    def search(self, query: str) -> Answer:
        return self._session.products("search", {"q": query, **_TEASERS}, _is_list, LISTING)

    def product(self, product: Product) -> Answer:
        def reading(body: Page) -> Answer:
            found = next(one for one in body.products if one.handle == product.product)
            next(one for one in found.variants if one.id == product.variant)
            return OK

        return self._session.products("product", {"handle": product.product, **_WHOLE}, reading, PAGE)

    # Carts

    def cart_create(self) -> Answer:
        return self._session.new_cart("cart.create", {})

    def cart_add(self, line: Line) -> Answer:
        def added(body: CartBody) -> Answer:
            answer = self._session.shown(body)
            there = line.product.variant in self._session.lines
            return answer if there else Answer("error", "cart.add: the cart shown does not hold it")

        wanted = {"variant_id": line.product.variant, "quantity": line.quantity}
        return self._session.post("cart.add", f"{self._session.own}/line-items", wanted, added, CART)

    def cart_update(self, line: Line, quantity: int) -> Answer:
        path = f"{self._session.own}/line-items/{part(self._session.lines.get(line.product.variant, 'none'))}"
        return self._session.change("cart.update", path, {"quantity": quantity})

    def cart_discount(self, code: str) -> Answer:
        path = f"{self._session.own}/promotions"
        answer = self._session.change("cart.discount", path, {"promo_codes": [code]})
        taken = answer.outcome != "ok" or code in self._session.codes
        return answer if taken else Answer("rejected", NOT_APPLIED)

    def cart_view(self) -> Answer:
        return self._session.get("cart.view", self._session.own, self._session.shown, CART)

    def upsell_view(self) -> Answer:
        return _NO_UPSELL

    def upsell_add(self) -> Answer:
        return _NO_UPSELL

    # Native checkout

    def checkout_start(self) -> Answer:
        """A guest leaves an e-mail address; a customer logs in, and the cart becomes theirs."""
        session, customer = self._session, self.visit.customer
        if customer is None:
            return session.change("checkout.start", session.own, {"email": email_of(self.visit)})

        def keep(body: Any) -> Answer:
            session.headers["authorization"] = f"Bearer {named(body['token'])}"
            return OK

        login = {"email": customer.email, "password": customer.password}
        answer = session.post("checkout.start", "/auth/customer/emailpass", login, keep)
        if answer.outcome != "ok":
            return answer
        return session.change("checkout.start", f"{session.own}/customer", {})

    def checkout_address(self) -> Answer:
        session = self._session
        return session.change("checkout.address", session.own, session.addresses)

    def checkout_shipping(self) -> Answer:
        return self._session.ship("checkout.shipping")

    def checkout_payment(self) -> Answer:
        return self._session.pay("checkout.payment", {})

    def checkout_complete(self) -> Answer:
        return self._session.post("checkout.complete", f"{self._session.own}/complete", {}, read_completed, COMPLETED)

    # The wallet: the same calls, as an express button makes them

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        items = [{"variant_id": line.product.variant, "quantity": line.quantity} for line in lines]
        codes = {"promo_codes": list(self.visit.codes)} if self.visit.codes else {}
        return self._session.new_cart("wallet.start", {"items": items, **codes})

    def wallet_update(self) -> Answer:
        session, express = self._session, self.shop.options["express_path"]
        body = {"email": email_of(self.visit), **session.addresses}
        if express:
            return session.change("wallet.update", express, {"cart_id": session.cart, **body})
        answer = session.change("wallet.update", session.own, body)
        return session.ship("wallet.update") if answer.outcome == "ok" else answer

    def wallet_token(self) -> Answer:
        """The wallet's token, which no gateway takes for a real one, goes to the shop with the payment session."""
        return self._session.pay("wallet.token", {"wallet_token": f"tok_stub_{self.visit.intent}"})

    def wallet_complete(self) -> Answer:
        return self._session.post("wallet.complete", f"{self._session.own}/complete", {}, read_completed, COMPLETED)

    # Afterwards

    def order_read(self) -> Answer:
        """The order that this shopper's cart became; never places one."""
        session = self._session
        if not session.cart:
            return _NO_ORDER

        def completed(body: Any) -> Answer:
            return _NO_ORDER if body["cart"]["completed_at"] is None else OK

        answer = session.get("order.read", f"{session.own}?fields=id,completed_at", completed)
        if answer.outcome != "ok":
            return answer
        return session.post("order.read", f"{session.own}/complete", {}, read_completed, COMPLETED)


def _is_list(body: Listing) -> Answer:
    """A page of products, though it may be empty."""
    return OK


PLATFORM: Final = Platform(MedusaStorefront, MedusaBackstage, by_card(MedusaOptions), by_admin_token)
