"""The staging shop as one shopper meets it: native checkout in separate calls, and an agentic wallet."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, quote_plus

from doorbuster.storefronts.base import OK, Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.options import NO_OPTIONS
from doorbuster.storefronts.staging_answers import (
    SOLD_OUT,
    Reading,
    check,
    read,
    read_cart,
    read_completed,
    read_order,
    refused,
    refused_by_message,
    session_total_minor,
    turned_away,
)
from doorbuster.storefronts.staging_backstage import StagingBackstage
from doorbuster.storefronts.staging_noticing import Noticing
from doorbuster.storefronts.staging_people import address_of, email_of, saves_cart, shipping_of

API_VERSION: Final = "2026-04-17"
CARD: Final = "4242424242424242"
"""A test number: the staging gateway accepts any card but 4000000000000002."""


@dataclass
class StagingStorefront:
    """`base.Storefront` for one shopper in one session. Steps are taken in the order in which a shopper takes them."""

    client: Client
    shop: Shop
    visit: Visit
    _cart: str = field(default="", init=False)
    _offered: str = field(default="", init=False)
    _noticing: Noticing = field(default_factory=Noticing, init=False)
    _wallet: str = field(default="", init=False)
    _wallet_total_minor: int = field(default=0, init=False)
    _wallet_pay: Mapping[str, Any] = field(default_factory=dict, init=False)
    _wallet_token: str = field(default="", init=False)

    # Browsing

    def home(self) -> Answer:
        response = self.client.request("GET", f"{self.shop.base_url}/")
        no = refused("home", response) or turned_away("home", response)
        if no:
            return no
        return OK if b"</html>" in response.body else Answer("error", "home: the page is not whole")

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
            self._cart = str(body["id"])
            return OK

        wanted = {"email": email_of(self.visit)} if saves_cart(self.visit) else {}
        return self._send("cart.create", "POST", "/carts", wanted, keep)

    def cart_add(self, line: Line) -> Answer:
        variant = line.product.variant
        self._noticing.goods.add(variant)
        wanted = {"variant": variant, "quantity": line.quantity}
        began_s = time.perf_counter()
        answer = self._send("cart.add", "POST", f"/carts/{self._cart}/lines", wanted, self._own("cart.add"))
        self._noticing.took("cart.add", began_s)
        return self._noticing.gone(answer, variant, (variant,), line) if answer.detail == SOLD_OUT else answer

    def cart_update(self, line: Line, quantity: int) -> Answer:
        path = f"/carts/{self._cart}/lines/{quote(line.product.variant)}"
        return self._send("cart.update", "PUT", path, {"quantity": quantity}, self._own("cart.update"))

    def cart_discount(self, code: str) -> Answer:
        path = f"/carts/{self._cart}/discounts"
        return self._send("cart.discount", "POST", path, {"code": code}, self._own("cart.discount"))

    def cart_view(self) -> Answer:
        began_s = time.perf_counter()
        answer = self._get("cart.view", f"/carts/{self._cart}", self._own("cart.view"))
        self._noticing.took("cart.view", began_s)
        return self._noticing.cart_seen(answer, self._cart)

    # The upsell app

    def upsell_view(self) -> Answer:
        def keep(body: Any) -> Answer:
            self._offered = str(body["offer"]["variant"])
            return OK

        return self._get("cart.view", f"/apps/upsell/{self._wallet or self._cart}", keep)

    def upsell_add(self) -> Answer:
        path = f"/apps/upsell/{self._wallet or self._cart}"
        self._noticing.goods.add(self._offered)
        return self._send("cart.add", "POST", path, {"variant": self._offered}, self._own("cart.add"))

    # Native checkout

    def checkout_start(self) -> Answer:
        path = f"/carts/{self._cart}/checkout"
        return self._send("checkout.start", "POST", path, {"email": email_of(self.visit)}, self._own("checkout.start"))

    def checkout_address(self) -> Answer:
        path = f"/carts/{self._cart}/checkout/address"
        return self._send("checkout.address", "PUT", path, address_of(self.visit), self._own("checkout.address"))

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
        body: dict[str, Any] = {
            # This version of the protocol says "two of them" by naming an item twice.
            "line_items": [{"id": line.product.variant} for line in lines for _ in range(line.quantity)],
            "currency": lines[0].product.currency.lower(),
            "capabilities": {},
            "metadata": {"purchase_intent": self.visit.intent},
        }
        if self.visit.codes:
            body["discounts"] = {"codes": list(self.visit.codes)}
        self._noticing.goods.update(line.product.variant for line in lines)
        answer = self._wallet_post("wallet.start", "", body, self._keep_session)
        variant = lines[0].product.variant
        return self._noticing.gone(answer, variant, (variant,), lines[0]) if answer.detail == SOLD_OUT else answer

    def wallet_update(self) -> Answer:
        items = [line.product.variant for line in self.visit.lines]
        body = {
            "buyer": {"email": email_of(self.visit)},
            "fulfillment_details": {"address": address_of(self.visit)},
            "selected_fulfillment_options": [{"type": "shipping", "option_id": self._option, "item_ids": items}],
        }

        def ready(session: Any) -> Answer:
            kept = self._keep_session(session)
            if kept.outcome == "ok" and session["status"] != "ready_for_payment":
                return Answer("error", "wallet.update: the session is not ready for payment")
            self._noticing.shipping = (self._option, session_total_minor(session, "fulfillment"))
            return kept

        began_s = time.perf_counter()
        answer = self._wallet_post("wallet.update", f"/{self._wallet}", body, ready)
        self._noticing.took("wallet.update", began_s)
        return answer

    def wallet_token(self) -> Answer:
        """Exchange the card for a token at the gateway, for this session and this amount alone."""
        expires = datetime.now(UTC) + timedelta(minutes=30)
        body = {
            "payment_method": {
                "type": "card",
                "card_number_type": "fpan",
                "number": CARD,
                "display_card_funding_type": "credit",
                "metadata": {},
            },
            "allowance": {
                "reason": "one_time",
                "max_amount": self._wallet_total_minor,
                "currency": "eur",
                "checkout_session_id": self._wallet,
                "merchant_id": self._wallet_pay.get("merchant_id", ""),
                "expires_at": expires.isoformat(timespec="seconds"),
            },
            "risk_signals": [{"type": "card_testing", "score": 0, "action": "authorized"}],
            "metadata": {},
        }

        def keep(answer: Any) -> Answer:
            self._wallet_token = str(answer["id"])
            return OK

        url = str(self._wallet_pay.get("delegate_payment_url", ""))
        return read(
            "wallet.token", self.client.request("POST", url, json=body, headers=self._headers("wallet.token")), keep
        )

    def wallet_complete(self) -> Answer:
        credential = {"type": "spt", "token": self._wallet_token}
        instrument = {"type": "card", "credential": credential}
        body = {
            "buyer": {"email": email_of(self.visit)},
            "payment_data": {"handler_id": self._wallet_pay.get("handler_id", ""), "instrument": instrument},
        }
        began_s = time.perf_counter()
        answer = self._wallet_post("wallet.complete", f"/{self._wallet}/complete", body, read_completed)
        self._noticing.took("wallet.complete", began_s)
        return self._noticing.cart_seen(self._noticing.placed(answer), self._wallet)

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

    def _own(self, step: str) -> Reading:
        """Read a cart that must be this shopper's own."""

        goods = self._noticing.goods

        def reading(body: Any) -> Answer:
            answer, mine = read_cart(body), body["id"] == (self._wallet or self._cart)
            foreign = [line["variant"] for line in body["lines"] if line["variant"] not in goods]
            return self._noticing.anothers_cart(step, foreign, mine) if foreign or not mine else answer

        return reading

    def _keep_session(self, session: Any) -> Answer:
        """Remember what the next wallet steps need; a message of the shop's is a refusal, whatever the status."""
        mine = self._wallet in ("", session["id"])
        self._wallet = self._wallet or str(session["id"])
        self._wallet_total_minor = session_total_minor(session)
        handler = session["capabilities"]["payment"]["handlers"][0]
        self._wallet_pay = {**handler["config"], "handler_id": handler["id"]}
        answer = refused_by_message(session) or Answer("ok", total_minor=self._wallet_total_minor, currency="EUR")
        items = [line["item"]["id"] for line in session["line_items"]]
        foreign = [item for item in items if item not in self._noticing.goods]
        return self._noticing.anothers_cart("wallet session", foreign, mine) if foreign or not mine else answer

    def _get(self, step: str, path: str, reading: Reading) -> Answer:
        return read(step, self.client.request("GET", self.shop.base_url + path), reading)

    def _send(self, step: str, method: str, path: str, body: Mapping[str, Any], reading: Reading) -> Answer:
        headers = {"X-Purchase-Intent": self.visit.intent} if self.visit.intent else {}
        return read(step, self.client.request(method, self.shop.base_url + path, json=body, headers=headers), reading)

    def _wallet_post(self, step: str, path: str, body: Mapping[str, Any], reading: Reading) -> Answer:
        url = f"{self.shop.base_url}/checkout_sessions{path}"
        return read(step, self.client.request("POST", url, json=body, headers=self._headers(step)), reading)

    def _headers(self, step: str) -> dict[str, str]:
        """One key a step and purchase intent: a retry carries the same one, and so cannot buy twice."""
        return {
            "Authorization": "Bearer staging-wallet",
            "API-Version": API_VERSION,
            "Idempotency-Key": (self.visit.intent or "")
            if step == "wallet.complete"
            else f"{self.visit.intent}-{step}",
        }


PLATFORM: Final = Platform(StagingStorefront, StagingBackstage, NO_OPTIONS)
