"""Adobe Commerce and Magento Open Source by the guest REST API, as the Luma checkout and older apps use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from doorbuster.storefronts.answers import costs
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.escaped import part, query
from doorbuster.storefronts.magento_answers import ok_if, through, whatever_it_says
from doorbuster.storefronts.magento_backstage import MagentoBackstage
from doorbuster.storefronts.magento_lookup import criteria, order_of, rest_url
from doorbuster.storefronts.magento_options import NO_UPSELL, NO_WALLET, WALLET_METHODS, MagentoRestOptions
from doorbuster.storefronts.magento_rest_answers import entity_id_in, read_rest, read_true
from doorbuster.storefronts.magento_rest_cart import MagentoRestCart
from doorbuster.storefronts.options import by_card
from doorbuster.storefronts.people import email_of

_NO_LOG_IN: Final = "the guest REST API has no log-in; rehearse customers with platform magento"


@dataclass
class MagentoRestStorefront:
    """`base.Storefront` for one guest in one session. Steps are taken in the order in which a shopper takes them."""

    client: Client
    shop: Shop
    visit: Visit
    _cart: MagentoRestCart = field(init=False)

    def __post_init__(self) -> None:
        self._cart = MagentoRestCart(self.client, self.shop, self.visit)

    # Browsing

    def home(self) -> Answer:
        return self._shown("home", [], 12)

    def collection(self, product: Product) -> Answer:
        category = ("category_ids", "eq", str(self.shop.options["category"]))
        return self._found("collection", "catalog_view_container", category)

    def search(self, query: str) -> Answer:
        return self._found("search", "quick_search_container", ("search_term", "like", query))

    def product(self, product: Product) -> Answer:
        return self._shown("product", [("sku", "eq", product.sku)], 1)

    # Carts

    def cart_create(self) -> Answer:
        return self._cart.create("cart.create")

    def cart_add(self, line: Line) -> Answer:
        return self._cart.add("cart.add", line)

    def cart_update(self, line: Line, quantity: int) -> Answer:
        path = f"/items/{self._cart.items.get(line.product.variant, 0)}"
        item = {"cartItem": {"qty": quantity, "quote_id": self._cart.id}}
        return self._cart.send("cart.update", "PUT", path, item, lambda body: ok_if(body["qty"] == quantity))

    def cart_discount(self, code: str) -> Answer:
        return self._cart.send("cart.discount", "PUT", f"/coupons/{part(code)}", None, read_true)

    def cart_view(self) -> Answer:
        return self._cart.send("cart.view", "GET", "/totals", None, self._cart.priced)

    def upsell_view(self) -> Answer:
        return Answer("rejected", NO_UPSELL)

    def upsell_add(self) -> Answer:
        return Answer("rejected", NO_UPSELL)

    # Native checkout

    def checkout_start(self) -> Answer:
        """What the e-mail field of the checkout asks: whether this guest has an account."""
        if self.visit.customer:
            return Answer("rejected", _NO_LOG_IN)
        url, wanted = rest_url(self.shop, "customers/isEmailAvailable"), {"customerEmail": email_of(self.visit)}
        response = self.client.request("POST", url, json=wanted)
        return read_rest("checkout.start", response, lambda body: ok_if(isinstance(body, bool)))

    def checkout_address(self) -> Answer:
        return self._cart.deliver("checkout.address")

    def checkout_shipping(self) -> Answer:
        return self._cart.ship("checkout.shipping")

    def checkout_payment(self) -> Answer:
        self._cart.payment = {"method": self.shop.options["payment"]}
        told = self._cart.send("checkout.payment", "POST", "/set-payment-information", self._cart.paying(), read_true)
        return self._cart.price if told.outcome == "ok" else told

    def checkout_complete(self) -> Answer:
        return self._cart.place("checkout.complete")

    # The wallet: Payment Services

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        if not self.shop.options["wallet"]:
            return Answer("rejected", NO_WALLET)
        if self.visit.customer:
            return Answer("rejected", _NO_LOG_IN)
        adding = [line for line in lines if line.product.variant not in self._cart.items]
        return through(
            lambda: OK if self._cart.id else self._cart.create("wallet.start"),
            *(lambda line=line: self._cart.add("wallet.start", line) for line in adding),
            *(lambda code=code: whatever_it_says(self.cart_discount(code)) for code in self.visit.codes),
        )

    def wallet_update(self) -> Answer:
        return through(lambda: self._cart.deliver("wallet.update"), lambda: self._cart.ship("wallet.update"))

    def wallet_token(self) -> Answer:
        wallet = self.shop.options["wallet"]
        if not wallet:
            return Answer("rejected", NO_WALLET)
        method = WALLET_METHODS[wallet]

        def use(made: Any) -> Answer:
            ids = {"payments_order_id": str(made["mp_order_id"]), "paypal_order_id": str(made["id"])}
            self._cart.payment = {"method": method, "additional_data": {"payment_source": wallet, **ids}}
            return costs(made["amount"], str(made["currency_code"]))

        wanted = {"methodCode": method, "paymentSource": wallet, "location": "PRODUCT_DETAIL"}
        return self._cart.send("wallet.token", "POST", "/payment-order", wanted, use)

    def wallet_complete(self) -> Answer:
        return self._cart.place("wallet.complete")

    # Afterwards

    def order_read(self) -> Answer:
        headers = {"Store": self.shop.options["store"]}
        return order_of(self.client, self.shop, self.visit, self._cart.id, entity_id_in, headers)

    def _found(self, step: str, request_name: str, wanted: tuple[str, str, str]) -> Answer:
        """A page of hits: the search knows ids, what is shown of them is asked for after."""
        ids: list[str] = []

        def keep(body: Any) -> Answer:
            ids.extend(str(hit["id"]) for hit in body["items"])
            return OK

        url = rest_url(self.shop, f"search?{criteria([wanted], requestName=request_name, pageSize=24, currentPage=0)}")
        return through(
            lambda: read_rest(step, self.client.request("GET", url), keep),
            lambda: self._shown(step, [("entity_id", "in", ",".join(ids))], 24) if ids else OK,
        )

    def _shown(self, step: str, filters: Sequence[tuple[str, str, str]], page_size: int) -> Answer:
        currency = self.visit.lines[0].product.currency
        store = query({"storeId": self.shop.options["store_id"], "currencyCode": currency})
        url = rest_url(self.shop, f"products-render-info?{criteria(filters, pageSize=page_size)}&{store}")
        return read_rest(step, self.client.request("GET", url), lambda body: ok_if(body["items"]))


class MagentoRestBackstage(MagentoBackstage):
    """The same shop, whose orders have other ids here: the guest REST API tells the entity's."""

    order_id: ClassVar[str] = "entity_id"


PLATFORM: Final = Platform(MagentoRestStorefront, MagentoRestBackstage, by_card(MagentoRestOptions))
