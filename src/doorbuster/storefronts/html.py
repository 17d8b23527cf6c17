"""Any shop, from a description in TOML: its pages, its forms, what they must show and what is read there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from doorbuster.promises.words import decimals
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.html_backstage import HtmlBackstage
from doorbuster.storefronts.html_description import COMPLETING
from doorbuster.storefronts.html_reading import description_in, read_options
from doorbuster.storefronts.html_tab import Tab

UPSELL: Final = Answer("rejected", "this shop's description knows no upsell app")


class HtmlStorefront:
    """`base.Storefront` for one shopper in one session, on the page where the step before ended."""

    def __init__(self, client: Client, shop: Shop, visit: Visit) -> None:
        self._about = description_in(shop.options)
        self._is_customer = visit.customer is not None
        self._tab = Tab(client, shop, visit, self._about)
        self._resume: dict[str, int] = {}
        """Step to the request at which it was turned away; those before are not sent again."""

    def home(self) -> Answer:
        return self._take("home")

    def collection(self, product: Product) -> Answer:
        return self._take("collection", _of_product(product))

    def search(self, query: str) -> Answer:
        return self._take("search", {"query": query})

    def product(self, product: Product) -> Answer:
        return self._take("product", _of_product(product))

    def cart_create(self) -> Answer:
        return self._take("cart.create")

    def cart_add(self, line: Line) -> Answer:
        return self._take("cart.add", _of_line(line))

    def cart_update(self, line: Line, quantity: int) -> Answer:
        return self._take("cart.update", _of_line(Line(line.product, quantity)))

    def cart_discount(self, code: str) -> Answer:
        return self._take("cart.discount", {"code": code})

    def cart_view(self) -> Answer:
        return self._take("cart.view")

    def upsell_view(self) -> Answer:
        return UPSELL

    def upsell_add(self) -> Answer:
        return UPSELL

    def checkout_start(self) -> Answer:
        return self._take("checkout.start")

    def checkout_address(self) -> Answer:
        return self._take("checkout.address")

    def checkout_shipping(self) -> Answer:
        return self._take("checkout.shipping")

    def checkout_payment(self) -> Answer:
        return self._take("checkout.payment")

    def checkout_complete(self) -> Answer:
        return self._take("checkout.complete")

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        if len(lines) > 1 and not any(one.each_line for one in self._about.steps.get("wallet.start", ())):
            return Answer("rejected", "this shop's wallet button buys one product at a time")
        return self._take("wallet.start", _of_line(lines[0]), lines)

    def wallet_update(self) -> Answer:
        return self._take("wallet.update")

    def wallet_token(self) -> Answer:
        return self._take("wallet.token")

    def wallet_complete(self) -> Answer:
        return self._take("wallet.complete")

    def order_read(self) -> Answer:
        return self._take("order.read")

    def _take(self, step: str, about: Mapping[str, str] | None = None, lines: Sequence[Line] = ()) -> Answer:
        """Send a step's requests one after the other, as far as the shop goes along."""
        cannot = self._about.cannot.get(step)
        if cannot:
            return Answer("rejected", cannot)
        tab, found = self._tab, dict[str, str]()
        if about:
            tab.values.update(about)
        requests, first = self._about.steps.get(step, ()), self._resume.pop(step, 0)
        for at, request in enumerate(requests[first:], first):
            if request.only is not None and (request.only == "customer") != self._is_customer:
                continue
            for line in lines if request.each_line else (None,):
                if line is not None:
                    tab.values.update(_of_line(line))
                no = tab.ask(step, request, found, begun=at > 0)
                if no is not None:
                    if no.outcome == "throttled":
                        self._resume[step] = at
                    return no
        if step in COMPLETING:
            return tab.bought(step, found)
        return Answer("ok", "", None, tab.total_minor, tab.currency) if "total" in found else OK


def _of_product(product: Product) -> dict[str, str]:
    price = str(Decimal(product.price_minor).scaleb(-decimals(product.currency)))
    return {"product": product.product, "variant": product.variant, "sku": product.sku, "price": price}


def _of_line(line: Line) -> dict[str, str]:
    return {**_of_product(line.product), "quantity": str(line.quantity)}


PLATFORM: Final = Platform(HtmlStorefront, HtmlBackstage, read_options)
