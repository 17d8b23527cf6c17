"""Any shop that sells through agents by the Agentic Commerce Protocol, 2026-04-17: carts and the express wallet.

Its pages for people are no part of the protocol: options say where they are. A native checkout has nothing that HTTP
could drive here: only a wallet completes a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import getrandbits
from typing import Any, Final

from doorbuster.storefronts.acp_answers import completed, looked_up, priced, read_acp, ready, refusal_in
from doorbuster.storefronts.acp_backstage import AcpBackstage
from doorbuster.storefronts.acp_cart import AcpCart
from doorbuster.storefronts.acp_options import AcpOptions
from doorbuster.storefronts.acp_session import AcpSession, Agent
from doorbuster.storefronts.agents_only import AgentsOnly
from doorbuster.storefronts.answers import id_in
from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.options import by_card
from doorbuster.storefronts.own_pages import look_at
from doorbuster.storefronts.people import address_of, email_of

_CODES: Final = Answer("rejected", "carts of this protocol take no discount codes; its checkout sessions do")
_DELEGATED: Final = "/agentic_commerce/delegate_payment"


@dataclass
class AcpStorefront(AgentsOnly):
    """`base.Storefront` for one shopper in one session."""

    client: Client
    shop: Shop
    visit: Visit
    _session: AcpSession = field(init=False)
    _cart: AcpCart = field(init=False)
    _items: Sequence[str] = field(default=(), init=False)
    _completing: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        # Who buys nothing has no intent; their keys need only be their own.
        name = self.visit.intent or f"{getrandbits(128):032x}"
        agent = Agent(self.client, self.shop.base_url + self.shop.options["api"], self.shop.token, name)
        self._session = AcpSession(agent, email_of(self.visit))
        self._cart = AcpCart(agent, self._session.email)

    # Browsing: the shop's own pages

    def home(self) -> Answer:
        return self._page("home")

    def collection(self, product: Product) -> Answer:
        return self._page("collection", product=product.product)

    def search(self, query: str) -> Answer:
        return self._page("search", query=query)

    def product(self, product: Product) -> Answer:
        return self._page("product", product=product.product, variant=product.variant, sku=product.sku)

    # Carts

    def cart_create(self) -> Answer:
        """Nothing to send: the protocol makes a cart with its first item."""
        return OK

    def cart_add(self, line: Line) -> Answer:
        return self._cart.add(line)

    def cart_update(self, line: Line, quantity: int) -> Answer:
        return self._cart.change("cart.update", line.product, quantity)

    def cart_discount(self, code: str) -> Answer:
        return _CODES

    def cart_view(self) -> Answer:
        return self._cart.view()

    # The wallet

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        self._items = [line.product.variant for line in lines]

        def kept(session: Any) -> Answer:
            self._session.keep(session)
            return refusal_in(session) or priced(session)

        return read_acp("wallet.start", self._session.create(lines, self.visit.codes), kept)

    def wallet_update(self) -> Answer:
        """Say where it goes; where the shop knows its ways of shipping only then, choose one in a second request."""
        home = address_of(self.visit, self.shop.options["country"])
        address = {name: value for name, value in home._asdict().items() if name != "phone"}
        details = {"name": home.name, "email": self._session.email, "address": address}
        if home.phone:
            details["phone_number"] = home.phone

        def say(chosen: bool) -> Answer:
            def kept(session: Any) -> Answer:
                self._session.keep(session)
                if not chosen and session["status"] != "ready_for_payment" and self._session.options:
                    return refusal_in(session) or say(True)
                return ready(session)

            options = self._session.options
            option = options[self.visit.session % len(options)] if chosen else None
            return read_acp("wallet.update", self._session.update(details, option, self._items), kept)

        return say(bool(self._session.options))

    def wallet_token(self) -> Answer:
        def keep(answer: Any) -> Answer:
            self._session.token = id_in(answer["id"])
            return OK

        handler = self._session.handler
        if handler is None or not handler.delegates:
            return Answer("rejected", "the shop names no way to pay with a delegated card, the only one driven here")
        url = self.shop.options["delegate_payment_url"] or handler.delegate_url or _DELEGATED
        return read_acp("wallet.token", self._session.delegate(url), keep)

    def wallet_complete(self) -> Answer:
        """Buy; while the shop says that it is at it, ask how it stands."""
        response = self._session.get() if self._completing else self._session.complete()
        answer = read_acp("wallet.complete", response, completed)
        self._completing = self._completing or (answer.outcome == "ok" and answer.again_s is not None)
        return answer

    # Afterwards

    def order_read(self) -> Answer:
        none = Answer("rejected", "no order for this purchase intent")
        if not self._session.id:
            return none
        response = self._session.get()
        return none if response.status == 404 else read_acp("order.read", response, looked_up)

    def _page(self, step: str, **named: str) -> Answer:
        return look_at(step, self.client, self.shop, named)


def _untold(shop: Shop) -> str:
    return "whether its payment handlers are live: the protocol does not say; ask whoever set them up"


PLATFORM: Final = Platform(AcpStorefront, AcpBackstage, by_card(AcpOptions), _untold)
