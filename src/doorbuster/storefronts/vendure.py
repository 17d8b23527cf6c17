"""A Vendure shop as one shopper meets it: its Shop API, with a wallet's purchase in documents of several mutations."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.options import by_admin_token, by_card
from doorbuster.storefronts.vendure_answers import NO_ORDER, PLACED, SOLD_OUT, placed, refusal
from doorbuster.storefronts.vendure_backstage import VendureBackstage
from doorbuster.storefronts.vendure_checkout import VendureCheckout
from doorbuster.storefronts.vendure_options import VendureOptions
from doorbuster.storefronts.vendure_session import VendureSession

_PAGE: Final = 24
_NO_UPSELL: Final = Answer("rejected", "Vendure has no upsell app of its own")


@dataclass
class VendureStorefront:
    """`base.Storefront` for one shopper in one session. Steps are taken in the order in which a shopper takes them."""

    client: Client
    shop: Shop
    visit: Visit
    _session: VendureSession = field(init=False)
    _menu: list[str] = field(default_factory=list, init=False)
    _checkout: VendureCheckout = field(init=False)

    def __post_init__(self) -> None:
        self._session = VendureSession(self.client, self.shop)
        self._checkout = VendureCheckout(self._session, self.visit)

    # Browsing

    def home(self) -> Answer:
        def reading(data: Any) -> Answer:
            self._menu = [str(one["slug"]) for one in data["collections"]["items"]]
            return OK if data["activeChannel"]["code"] else Answer("error", "home: no channel")

        return self._session.ask("home", "Home", {}, reading)

    def collection(self, product: Product) -> Answer:
        """One of the menu that the home page showed, its shopper's own; all products where there is no menu."""
        one = {"collectionSlug": self._menu[self.visit.session % len(self._menu)]} if self._menu else {}
        return self._list("collection", "Collection", one)

    def search(self, query: str) -> Answer:
        return self._list("search", "Search", {"term": query})

    def product(self, product: Product) -> Answer:
        def reading(data: Any) -> Answer:
            if data["product"] is None:
                return Answer("error", "product: the shop does not know it")
            levels = {str(one["id"]): one["stockLevel"] for one in data["product"]["variants"]}
            return self._session.noticing.shown("product", product.variant, levels[product.variant] != "OUT_OF_STOCK")

        return self._session.ask("product", "Product", {"slug": product.product}, reading)

    # Carts

    def cart_create(self) -> Answer:
        """Vendure makes an order with its first line; the page asks for one before that, and is given a session."""

        def reading(data: Any) -> Answer:
            return OK if data["activeOrder"] is None else self._session.noticing.anothers_cart("cart.create", [], False)

        return self._session.ask("cart.create", "ActiveOrder", {}, reading)

    def cart_add(self, line: Line) -> Answer:
        variant = line.product.variant
        self._session.noticing.goods.add(variant)
        began_s = time.perf_counter()
        answer = self._session.change("cart.add", "AddLine", {"variant": variant, "quantity": line.quantity})
        self._session.noticing.took("cart.add", began_s)
        return self._session.noticing.gone(answer, variant, (variant,), line) if answer.detail == SOLD_OUT else answer

    def cart_update(self, line: Line, quantity: int) -> Answer:
        wanted = {"line": self._session.line_of.get(line.product.variant, ""), "quantity": quantity}
        return self._session.change("cart.update", "AdjustLine", wanted)

    def cart_discount(self, code: str) -> Answer:
        return self._session.change("cart.discount", "ApplyCode", {"code": code})

    def cart_view(self) -> Answer:
        began_s = time.perf_counter()
        answer = self._session.ask(
            "cart.view", "ActiveOrder", {}, lambda data: self._session.own("cart.view", data["activeOrder"])
        )
        self._session.noticing.took("cart.view", began_s)
        return self._session.noticing.cart_seen(answer, self._session.order)

    def upsell_view(self) -> Answer:
        return _NO_UPSELL

    def upsell_add(self) -> Answer:
        return _NO_UPSELL

    # Native checkout

    def checkout_start(self) -> Answer:
        who = self.visit.customer
        if who is None:
            return self._session.change("checkout.start", "SetCustomer", {"customer": self._checkout.customer})
        wanted = {"username": who.email, "password": who.password}
        answer = self._session.ask(
            "checkout.start", "LogIn", wanted, lambda data: refusal("checkout.start", data["user"], "CurrentUser") or OK
        )
        return self._session.adopt("checkout.start") if answer.outcome == "ok" else answer

    def checkout_address(self) -> Answer:
        return self._session.change("checkout.address", "SetAddress", {"address": self._checkout.address})

    def checkout_shipping(self) -> Answer:
        return self._checkout.choose_shipping("checkout.shipping")

    def checkout_payment(self) -> Answer:
        """The order leaves the cart's hands: nothing in it changes from here on."""
        answer = self._checkout.choose_payment("checkout.payment", "payment_method")
        return self._session.change("checkout.payment", "ArrangePayment", {}) if answer.outcome == "ok" else answer

    def checkout_complete(self) -> Answer:
        return self._checkout.pay("checkout.complete", "Pay", {})

    # The wallet: documents of several mutations, carried out in order and each with an answer of its own

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        self._session.noticing.goods.update(line.product.variant for line in lines)

        def reading(data: Any) -> Answer:
            refused = (refusal("wallet.start", one) for one in data["added"]["errorResults"])
            return next((one for one in refused if one), None) or self._session.own(
                "wallet.start", data["added"]["order"]
            )

        items = [{"productVariantId": line.product.variant, "quantity": line.quantity} for line in lines]
        answer = self._session.ask("wallet.start", "WalletStart", {"items": items}, reading)
        for code in self.visit.codes if answer.outcome == "ok" else ():
            applied = self._session.change("wallet.start", "ApplyCode", {"code": code})
            if applied.outcome != "rejected":  # a refused code stops nobody
                answer = applied
        return answer

    def wallet_update(self) -> Answer:
        wanted = {"customer": self._checkout.customer, "address": self._checkout.address}
        answer = self._session.change("wallet.update", "WalletUpdate", wanted)
        return self._checkout.choose_shipping("wallet.update") if answer.outcome == "ok" else answer

    def wallet_token(self) -> Answer:
        """What the wallet may be used for and the amount that it shows; the token itself is a stand-in."""
        return self._checkout.choose_payment("wallet.token", "wallet_method")

    def wallet_complete(self) -> Answer:
        token = {str(self.shop.options["wallet_token_key"]): f"rehearsal-{self.visit.intent}"}
        answer = self._checkout.pay("wallet.complete", "WalletComplete", token)
        return self._session.noticing.cart_seen(answer, self._session.order)

    # Afterwards

    def order_read(self) -> Answer:
        """By the code that its first line was given; guests may look for two hours."""
        if not self._session.order:
            return NO_ORDER

        def reading(data: Any) -> Answer:
            order = data["orderByCode"]
            return NO_ORDER if order is None or order["state"] not in PLACED else placed("order.read", order)

        answer = self._session.ask("order.read", "OrderByCode", {"code": self._session.order}, reading)
        # Nobody may look at an order that is not placed, not even who is about to place it.
        return NO_ORDER if answer.detail == "order.read: FORBIDDEN" else answer

    def _list(self, step: str, operation: str, what: Mapping[str, str]) -> Answer:
        def reading(data: Any) -> Answer:
            for one in data["search"]["items"]:
                one["slug"]  # a teaser that leads nowhere is no teaser
            return OK

        wanted = {"groupByProduct": True, "take": _PAGE, **what}
        return self._session.ask(step, operation, {"input": wanted}, reading)


PLATFORM: Final = Platform(VendureStorefront, VendureBackstage, by_card(VendureOptions), by_admin_token, accounts=True)
