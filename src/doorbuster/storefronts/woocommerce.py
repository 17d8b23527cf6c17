"""WooCommerce as a shopper's browser meets it: pages of the shop, and the Store API behind its cart and checkout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from doorbuster.storefronts.answers import no_answer
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.escaped import query
from doorbuster.storefronts.options import Options, by_admin_token, by_card
from doorbuster.storefronts.woocommerce_backstage import WooBackstage
from doorbuster.storefronts.woocommerce_cart import WooCart

_NO_WALLET: Final = "no express wallet: name its payment method in storefront.options.wallet"
_NO_UPSELL: Final = "this platform has no upsell offers of its own"
_PAGE: Final = 24
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]


class WooOptions(Options):
    """`[storefront.options]` of platform `woocommerce`."""

    payment: str = Field("cod", min_length=1)
    """Id of the payment method of the native checkout; one that no money moves by."""
    payment_data: dict[str, str] = Field({})
    """What that method wants to be told."""
    wallet: str = ""
    """Id of the payment method behind the wallet buttons, as `stripe`; empty where there is none."""
    wallet_data: dict[str, str] = Field(
        {
            "wc-stripe-payment-method": "pm_card_visa",
            "express_payment_type": "apple_pay",
            "wc-stripe-is-deferred-intent": "true",
        }
    )
    """What it wants to be told; the names differ between versions of the plugin. The payment method is a test's."""
    shipping: str = ""
    """How the id of the wanted shipping rate begins, as `flat_rate`; empty for the first that the shop offers."""
    country: Country | None = None
    """Everybody lives there; None for where the scenario's people live."""
    coupons: tuple[str, ...] = ()
    """Codes that shoppers may try; without any, those that the admin API tells."""
    most_products: int = Field(1000, ge=1)
    """How much of the catalogue is read."""


@dataclass
class WooStorefront:
    """`base.Storefront` for one shopper in one session. Steps are taken in the order in which a shopper takes them."""

    client: Client
    shop: Shop
    visit: Visit
    _cart: WooCart = field(init=False)
    _categories: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._cart = WooCart(self.client, self.shop, self.visit)

    # Browsing

    def home(self) -> Answer:
        response = self.client.request("GET", f"{self.shop.base_url}/")
        no = no_answer("home", response)
        if no:
            return no
        if response.status >= 300:
            return Answer("error", f"HTTP {response.status}")
        return OK if b"</html>" in response.body else Answer("error", "home: the page is not whole")

    def collection(self, product: Product) -> Answer:
        """One of the shop's categories; they are asked for where the shopper has not seen them yet."""

        def keep(categories: Any) -> Answer:
            self._categories = [int(one["id"]) for one in categories if one["count"]]
            return OK if self._categories else Answer("error", "collection: the shop has no category with products")

        if not self._categories:
            listed = self._cart.send("collection", "GET", "/products/categories?per_page=100", None, keep)
            if listed.outcome != "ok":
                return listed
        category = self._categories[self.visit.session % len(self._categories)]
        return self._listed("collection", {"category": category})

    def search(self, query: str) -> Answer:
        return self._listed("search", {"search": query})

    def product(self, product: Product) -> Answer:
        def shown(body: Any) -> Answer:
            return OK if str(body["id"]) == product.variant else Answer("error", "product: another one is shown")

        return self._cart.send("product", "GET", f"/products/{int(product.variant)}", None, shown)

    # Carts

    def cart_create(self) -> Answer:
        return self._cart.view("cart.create")

    def cart_add(self, line: Line) -> Answer:
        return self._cart.add("cart.add", line)

    def cart_update(self, line: Line, quantity: int) -> Answer:
        return self._cart.update("cart.update", line.product.variant, quantity)

    def cart_discount(self, code: str) -> Answer:
        return self._cart.discount(code)

    def cart_view(self) -> Answer:
        return self._cart.view("cart.view")

    def upsell_view(self) -> Answer:
        return Answer("rejected", _NO_UPSELL)

    def upsell_add(self) -> Answer:
        return Answer("rejected", _NO_UPSELL)

    # Native checkout

    def checkout_start(self) -> Answer:
        return self._cart.draft("checkout.start")

    def checkout_address(self) -> Answer:
        return self._cart.deliver("checkout.address")

    def checkout_shipping(self) -> Answer:
        return self._cart.ship("checkout.shipping")

    def checkout_payment(self) -> Answer:
        """Look at the ways to pay and the price; the one that is chosen travels with the order."""
        seen, method = self._cart.view("checkout.payment"), self.shop.options["payment"]
        if seen.outcome == "ok" and self._cart.methods is not None and method not in self._cart.methods:
            return Answer("error", "checkout.payment: the shop does not offer storefront.options.payment")
        return seen

    def checkout_complete(self) -> Answer:
        return self._cart.pay("checkout.complete", self.shop.options["payment"], self.shop.options["payment_data"])

    # The wallet: the same order, paid by what a wallet's button hands over

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        if not self.shop.options["wallet"]:
            return Answer("rejected", _NO_WALLET)
        cart, step = self._cart, "wallet.start"
        answer = cart.view(step)
        for line in lines:
            if answer.outcome == "ok" and line.product.variant not in cart.keys:
                answer = cart.add(step, line)
        for code in self.visit.codes if answer.outcome == "ok" else ():
            tried = cart.discount(code)
            if tried.outcome not in ("ok", "rejected"):  # a refused code stops nobody
                return tried
        return answer

    def wallet_update(self) -> Answer:
        answer = self._cart.deliver("wallet.update")
        return self._cart.ship("wallet.update") if answer.outcome == "ok" else answer

    def wallet_token(self) -> Answer:
        """Open the draft order. The wallet's own token is a test's, from the options: no wallet is asked for one."""
        return self._cart.draft("wallet.token")

    def wallet_complete(self) -> Answer:
        if not self.shop.options["wallet"]:
            return Answer("rejected", _NO_WALLET)
        return self._cart.pay("wallet.complete", self.shop.options["wallet"], self.shop.options["wallet_data"])

    # Afterwards

    def order_read(self) -> Answer:
        return self._cart.order()

    def _listed(self, step: str, wanted: dict[str, Any]) -> Answer:
        path = f"/products?{query({**wanted, 'per_page': _PAGE})}"
        return self._cart.send(
            step, "GET", path, None, lambda body: OK if isinstance(body, list) else Answer("error", f"{step}: no list")
        )


PLATFORM: Final = Platform(WooStorefront, WooBackstage, by_card(WooOptions), by_admin_token)
