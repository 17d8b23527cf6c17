"""Any shop that sells through agents by the Universal Commerce Protocol, 2026-04-08: catalogue, carts and the wallet.

Requests are not signed: a shop that authenticates by HTTP message signatures has to take a bearer token on staging.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import getrandbits
from typing import Any, Final

from doorbuster.storefronts.agents_only import AgentsOnly
from doorbuster.storefronts.answers import id_in, understood
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.options import by_card
from doorbuster.storefronts.own_pages import look_at
from doorbuster.storefronts.people import address_of, email_of
from doorbuster.storefronts.ucp_agent import UcpAgent
from doorbuster.storefronts.ucp_answers import (
    NO_ORDER,
    completed,
    looked_up,
    priced,
    read_ucp,
    ready,
    refusal_in,
    turned_away,
)
from doorbuster.storefronts.ucp_backstage import UcpBackstage
from doorbuster.storefronts.ucp_cart import UcpCart
from doorbuster.storefronts.ucp_options import UcpOptions
from doorbuster.storefronts.ucp_session import UcpCheckout
from doorbuster.storefronts.ucp_shapes import CHECKOUT, FOUND, LISTING, SHOWN, Checkout, Found, Listing, Said, Shown

_PAGE: Final = {"limit": 24}
"""How many products an agent looks at together."""


@dataclass
class UcpStorefront(AgentsOnly):
    """`base.Storefront` for one shopper in one session."""

    client: Client
    shop: Shop
    visit: Visit
    _agent: UcpAgent = field(init=False)
    _cart: UcpCart = field(init=False)
    _paying: UcpCheckout | None = field(default=None, init=False)
    _completing: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        # Who buys nothing has no intent; their keys need only be their own.
        self._agent = UcpAgent(self.client, self.shop, self.visit.intent or f"{getrandbits(128):032x}")
        self._cart = UcpCart(self._agent)

    @property
    def _checkout(self) -> UcpCheckout:
        if self._paying is None:
            home = address_of(self.visit, self.shop.options["country"])
            self._paying = UcpCheckout(self._agent, email_of(self.visit), home, self.visit.codes)
        return self._paying

    # Browsing: the catalogue

    def home(self) -> Answer:
        return look_at("home", self.client, self.shop, {})

    def collection(self, product: Product) -> Answer:
        category = self.shop.options["category"]
        filters = {"filters": {"categories": [category]}} if category else {}
        return self._ask("collection", "/catalog/search", {**filters, "pagination": _PAGE}, _some, LISTING)

    def search(self, query: str) -> Answer:
        return self._ask("search", "/catalog/search", {"query": query, "pagination": _PAGE}, _found, FOUND)

    def product(self, product: Product) -> Answer:
        def asked(page: Shown) -> Answer:
            return OK if page.product.id == product.product else Answer("error", "product: it is another one")

        return self._ask("product", "/catalog/product", {"id": product.product}, asked, SHOWN)

    # Carts

    def cart_create(self) -> Answer:
        """Nothing to send: the shop makes a cart with its first item."""
        return OK

    def cart_add(self, line: Line) -> Answer:
        return self._cart.add(line)

    def cart_update(self, line: Line, quantity: int) -> Answer:
        return self._cart.change("cart.update", line.product, quantity)

    def cart_discount(self, code: str) -> Answer:
        return self._cart.discount(code)

    def cart_view(self) -> Answer:
        return self._cart.view()

    # The wallet

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        def kept(checkout: Checkout) -> Answer:
            self._checkout.keep(checkout)
            return refusal_in(checkout, goes_on=True) or priced(checkout)

        return read_ucp("wallet.start", self._checkout.create(lines), kept, CHECKOUT)

    def wallet_update(self) -> Answer:
        """Say where it goes; where the shop knows its ways of shipping only then, choose them in a second request."""

        def say(shipped: bool) -> Answer:
            def kept(checkout: Checkout) -> Answer:
                self._checkout.keep(checkout)
                if not shipped and checkout.status == "incomplete" and self._checkout.can_be_shipped:
                    return refusal_in(checkout, goes_on=True) or say(True)
                return ready(checkout)

            return read_ucp("wallet.update", self._checkout.update(shipped), kept, CHECKOUT)

        return say(self._checkout.can_be_shipped)

    def wallet_token(self) -> Answer:
        options = self.shop.options
        if not self._checkout.handler:
            return Answer("rejected", "the shop names no way to pay that storefront.options.payment_handler allows")
        if options["credential"] is not None:
            self._checkout.credential = options["credential"]
            return OK
        if options["tokenize_url"] is None:
            return Answer("rejected", "nothing to pay with: set storefront.options.tokenize_url or credential")

        def keep(answer: Any) -> Answer:
            self._checkout.credential = {"type": "token", "token": id_in(answer["token"])}
            return OK

        response = self._checkout.tokenize(options["tokenize_url"])
        # The payment service's answers do not speak of the protocol.
        return turned_away("wallet.token", response) or understood("wallet.token", response, keep)

    def wallet_complete(self) -> Answer:
        """Buy; while the shop says that it is at it, ask how it stands."""
        response = self._checkout.get() if self._completing else self._checkout.complete()
        answer = read_ucp("wallet.complete", response, completed, CHECKOUT)
        self._completing = self._completing or (answer.outcome == "ok" and answer.again_s is not None)
        return answer

    # Afterwards

    def order_read(self) -> Answer:
        if not self._checkout.id:
            return NO_ORDER
        response = self._checkout.get()
        return NO_ORDER if response.status == 404 else read_ucp("order.read", response, looked_up, CHECKOUT)

    def _ask(
        self,
        step: str,
        path: str,
        body: Mapping[str, Any],
        reading: Callable[[Any], Answer],
        decode: Callable[[bytes], Said],
    ) -> Answer:
        def judged(said: Said) -> Answer:
            return refusal_in(said) or reading(said)

        return read_ucp(step, self._agent.send("POST", path, body), judged, decode)


def _some(page: Listing) -> Answer:
    return OK if page.products else Answer("error", "collection: the catalogue is empty")


def _found(page: Found) -> Answer:
    """Whatever it is, each has a name."""
    return OK


PLATFORM: Final = Platform(UcpStorefront, UcpBackstage, by_card(UcpOptions))
