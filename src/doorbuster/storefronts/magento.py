"""Adobe Commerce and Magento Open Source as a shopper's app meets them: GraphQL, and Payment Services' wallets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from doorbuster.storefronts.answers import Reading, minor
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.graphql import operations
from doorbuster.storefronts.magento_answers import ok_if, read_graphql, through, whatever_it_says
from doorbuster.storefronts.magento_backstage import MagentoBackstage
from doorbuster.storefronts.magento_cart import MagentoCart
from doorbuster.storefronts.magento_options import NO_UPSELL, NO_WALLET, WALLET_METHODS, MagentoOptions
from doorbuster.storefronts.options import by_card


@dataclass
class MagentoStorefront:
    """`base.Storefront` for one shopper in one session. Steps are taken in the order in which a shopper takes them."""

    client: Client
    shop: Shop
    visit: Visit
    _cart: MagentoCart = field(init=False)
    _menu: list[str] = field(default_factory=list, init=False)
    """Uids of the categories that the shop's menu shows."""

    def __post_init__(self) -> None:
        self._cart = MagentoCart(self.client, self.shop, self.visit)

    # Browsing

    def home(self) -> Answer:
        def keep(data: Any) -> Answer:
            top = data["categories"]["items"]
            below = [one["uid"] for category in top for one in category["children"] if one["product_count"]]
            self._menu = below or [one["uid"] for one in top]
            return ok_if(data["storeConfig"]["store_code"])

        return self._page("home", "Home", {}, keep)

    def collection(self, product: Product) -> Answer:
        """A category of the shop's menu; the menu is asked for where the shopper has not seen it yet."""
        return through(lambda: OK if self._menu else self.home(), self._category)

    def search(self, query: str) -> Answer:
        return self._page(
            "search", "Search", {"query": query}, lambda data: ok_if(data["products"]["total_count"] >= 0)
        )

    def product(self, product: Product) -> Answer:
        def shown(data: Any) -> Answer:
            return ok_if(data["products"]["items"][0]["url_key"] == product.product)

        return self._page("product", "Product", {"key": product.product}, shown)

    # Carts

    def cart_create(self) -> Answer:
        return self._cart.create("cart.create")

    def cart_add(self, line: Line) -> Answer:
        return self._cart.add("cart.add", (line,))

    def cart_update(self, line: Line, quantity: int) -> Answer:
        return self._cart.update("cart.update", line.product.variant, quantity)

    def cart_discount(self, code: str) -> Answer:
        return self._cart.discount(code)

    def cart_view(self) -> Answer:
        return self._cart.view("cart.view")

    def upsell_view(self) -> Answer:
        return Answer("rejected", NO_UPSELL)

    def upsell_add(self) -> Answer:
        return Answer("rejected", NO_UPSELL)

    # Native checkout

    def checkout_start(self) -> Answer:
        return self._cart.identify("checkout.start")

    def checkout_address(self) -> Answer:
        return self._cart.deliver("checkout.address")

    def checkout_shipping(self) -> Answer:
        return self._cart.ship("checkout.shipping")

    def checkout_payment(self) -> Answer:
        return self._cart.pay("checkout.payment", {"code": self.shop.options["payment"]})

    def checkout_complete(self) -> Answer:
        return self._cart.place("checkout.complete")

    # The wallet: Payment Services

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        if not self.shop.options["wallet"]:
            return Answer("rejected", NO_WALLET)
        cart, step = self._cart, "wallet.start"
        return through(
            lambda: OK if cart.id else cart.create(step),
            lambda: OK if cart.items else cart.add(step, lines),
            *(lambda code=code: whatever_it_says(cart.discount(code)) for code in self.visit.codes),
            lambda: cart.identify(step),
        )

    def wallet_update(self) -> Answer:
        return through(lambda: self._cart.deliver("wallet.update"), lambda: self._cart.ship("wallet.update"))

    def wallet_token(self) -> Answer:
        """Payment Services opens an order at PayPal for the whole price; the cart then names it as its payment."""
        wallet = self.shop.options["wallet"]
        if not wallet:
            return Answer("rejected", NO_WALLET)
        method, cart, step = WALLET_METHODS[wallet], self._cart, "wallet.token"

        def use(data: Any) -> Answer:
            made = data["createPaymentOrder"]
            asked_minor = minor(made["amount"], str(made["currency_code"]))
            ids = {"payments_order_id": str(made["mp_order_id"]), "paypal_order_id": str(made["id"])}
            paid = cart.pay(step, {"code": method, method: {"payment_source": wallet, **ids}})
            return paid._replace(total_minor=asked_minor) if paid.outcome == "ok" else paid

        wanted = {"cartId": cart.id, "location": "PRODUCT_DETAIL", "methodCode": method, "paymentSource": wallet}
        return cart.send(step, "CreatePaymentOrder", {"input": wanted}, use)

    def wallet_complete(self) -> Answer:
        return self._cart.place("wallet.complete")

    # Afterwards

    def order_read(self) -> Answer:
        return self._cart.order()

    def _category(self) -> Answer:
        if not self._menu:
            return Answer("error", "collection: the shop's menu is empty")
        uid = self._menu[self.visit.session % len(self._menu)]
        return self._page(
            "collection", "Category", {"uid": uid}, lambda data: ok_if(data["categories"]["items"][0]["uid"] == uid)
        )

    def _page(self, step: str, operation: str, variables: Mapping[str, Any], reading: Reading) -> Answer:
        """One query; by GET, so that the shop's page cache may answer it, unless the options say otherwise."""
        if not self.shop.options["cached_pages"]:
            return self._cart.send(step, operation, variables, reading)
        url = _page_url(self.shop.base_url, operation, orjson.dumps(variables))
        return read_graphql(step, self.client.request("GET", url, headers=self._cart.headers), reading)


@lru_cache(maxsize=4096)  # most shoppers look at the same pages
def _page_url(base_url: str, operation: str, variables: bytes) -> str:
    asked = {"query": operations("magento")[operation], "operationName": operation, "variables": variables.decode()}
    return f"{base_url}/graphql?{urlencode(asked)}"


PLATFORM: Final = Platform(MagentoStorefront, MagentoBackstage, by_card(MagentoOptions))
