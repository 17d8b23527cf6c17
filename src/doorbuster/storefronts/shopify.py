"""A Shopify shop behind its Storefront API, as one shopper of a headless front end meets it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import Field, HttpUrl

from doorbuster.storefronts.answers import Reading
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.options import Options, by_card
from doorbuster.storefronts.shopify_answers import SOLD_OUT
from doorbuster.storefronts.shopify_backstage import ShopifyBackstage
from doorbuster.storefronts.shopify_cart import Talk
from doorbuster.storefronts.shopify_cart_read import Cart
from doorbuster.storefronts.shopify_checkout import Completion
from doorbuster.storefronts.shopify_delivery import Delivery
from doorbuster.storefronts.shopify_shop_pay import ShopPay

_SHOWN: Final = 24
"""Products that a page lists."""
_NO_APP: Final = Answer("rejected", "the Storefront API knows no upsell app")


class ShopifyOptions(Options):
    """`[storefront.options]` of platform `shopify`."""

    api_version: str = Field("2026-04", pattern=r"\d{4}-\d{2}")
    """Pinned: later versions change what Shop Pay is asked."""
    country: str | None = Field(None, pattern=r"[A-Z]{2}")
    """Where every shopper lives; None for wherever the scenario's addresses are."""
    collections: tuple[str, ...] = ()
    """Handles of those that shoppers look at; empty for those that the shop shows first."""
    card_vault: Literal["shop"] | HttpUrl | None = None
    """What turns a card into a session id: the vault that the shop names, or a stub; None refuses native payment."""
    card: Literal["1", "2", "3", "4242424242424242", "4000000000000002"] = "1"
    """A test card: 1 to 3 are for Shopify's Bogus Gateway, the others for Shopify Payments in test mode."""
    wallet_stub: HttpUrl | None = None
    """A service that plays the buyer in Shop Pay's window; None refuses `wallet.token`."""
    admin_host: str | None = Field(None, pattern=r"[a-z0-9-]+\.myshopify\.com")
    """The shop's permanent name, for its books; None where the target has it."""
    orders_of_last_h: float = Field(24.0, gt=0, le=1440)
    """How far back the books are read."""
    no_live_payments: bool = False
    """The owner's word that a shop which looks live takes no real money; without it such a shop is a hazard."""


@dataclass(slots=True)
class ShopifyStorefront:
    """`base.Storefront` for one shopper in one session. Steps are taken in the order in which a shopper takes them."""

    client: Client
    shop: Shop
    visit: Visit
    _talk: Talk = field(init=False)
    _delivery: Delivery = field(init=False)
    _completion: Completion = field(init=False)
    _wallet: ShopPay | None = field(default=None, init=False)
    _codes: tuple[str, ...] = field(default=(), init=False)
    _collections: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        self._talk = Talk(self.client, self.shop, self.visit)
        self._delivery = Delivery(self._talk)
        self._completion = Completion(self._talk)
        self._collections = self.shop.options["collections"]

    def home(self) -> Answer:
        return self._talk.ask("home", "Home", "collections", {"n": _SHOWN}, self._shows)

    def collection(self, product: Product) -> Answer:
        """One of the shop's, the same for the same shopper: Shopify does not say of a product where it is listed."""
        if not self._collections:
            answer = self._talk.ask("collection", "Home", "collections", {"n": _SHOWN}, self._shows)
            if answer.outcome != "ok":
                return answer
            if not self._collections:
                return Answer("error", "collection: the shop shows none")
        handle = self._collections[self.visit.session % len(self._collections)]
        return self._page("collection", "CollectionPage", {"handle": handle, "n": _SHOWN}, lambda page: page["id"])

    def search(self, query: str) -> Answer:
        asked = {"q": query, "n": _SHOWN}
        return self._page("search", "SearchPage", asked, lambda page: page["totalCount"] is not None)

    def product(self, product: Product) -> Answer:
        def sells(page: Any) -> bool:
            return any(variant["id"] == product.variant for variant in page["variants"]["nodes"])

        return self._page("product", "ProductPage", {"handle": product.product}, sells)

    def cart_create(self) -> Answer:
        return self._talk.create("cart.create", {})

    def cart_add(self, line: Line) -> Answer:
        variant = line.product.variant
        wanted = [{"merchandiseId": variant, "quantity": line.quantity}]
        return self._talk.change("cart.add", "CartLinesAdd", {"lines": wanted}, self._holds(variant, line.quantity))

    def cart_update(self, line: Line, quantity: int) -> Answer:
        variant = line.product.variant
        own = next((one.id for one in self._talk.cart.lines if one.merchandise.id == variant), None)
        if own is None:
            return Answer("error", "cart.update: the product is not in the cart")
        wanted = [{"id": own, "quantity": quantity}]
        return self._talk.change("cart.update", "CartLinesUpdate", {"lines": wanted}, self._holds(variant, quantity))

    def cart_discount(self, code: str) -> Answer:
        """Try a code beside those that were taken: the list is the cart's whole set."""
        codes = (*self._codes, code)

        def taken(cart: Cart) -> Answer:
            if not cart.honours(code):
                return Answer("rejected", "discount code refused")
            self._codes = codes
            return self._talk.price

        return self._talk.change("cart.discount", "CartDiscountCodesUpdate", {"codes": list(codes)}, taken)

    def cart_view(self) -> Answer:
        return self._talk.view("cart.view")

    def upsell_view(self) -> Answer:
        return _NO_APP

    def upsell_add(self) -> Answer:
        return _NO_APP

    def checkout_start(self) -> Answer:
        return self._delivery.identity("checkout.start")

    def checkout_address(self) -> Answer:
        return self._delivery.address("checkout.address")

    def checkout_shipping(self) -> Answer:
        return self._delivery.shipping("checkout.shipping")

    def checkout_payment(self) -> Answer:
        return self._completion.payment("checkout.payment")

    def checkout_complete(self) -> Answer:
        return self._completion.complete("checkout.complete")

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        self._wallet = self._wallet or ShopPay(self._talk, self._delivery)
        return self._wallet.start(lines)

    def wallet_update(self) -> Answer:
        return self._pay().update()

    def wallet_token(self) -> Answer:
        return self._pay().confirm()

    def wallet_complete(self) -> Answer:
        return self._pay().complete()

    def order_read(self) -> Answer:
        return self._wallet.order() if self._wallet else self._completion.order("order.read")

    def _pay(self) -> ShopPay:
        if self._wallet is None:
            raise RuntimeError("wallet.start comes first")
        return self._wallet

    def _shows(self, collections: Any) -> Answer:
        shown = [one["handle"] for one in collections["nodes"]]
        self._collections = self._collections or shown
        return OK

    def _holds(self, variant: str, quantity: int) -> Callable[[Cart], Answer]:
        def reading(cart: Cart) -> Answer:
            return self._talk.price if cart.quantity_of(variant) >= quantity else Answer("rejected", SOLD_OUT)

        return reading

    def _page(self, step: str, operation: str, asked: Mapping[str, Any], right: Callable[[Any], Any]) -> Answer:
        def reading(page: Any) -> Answer:
            return OK if page and right(page) else Answer("error", f"{step}: the shop does not show it")

        read: Reading = reading
        return self._talk.ask(step, operation, step, asked, read)


PLATFORM: Final = Platform(ShopifyStorefront, ShopifyBackstage, by_card(ShopifyOptions))
