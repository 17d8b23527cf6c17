"""What one shopper's browser keeps while it talks to a Medusa shop: a region, a cart, and what was last shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from doorbuster.storefronts.answers import Decode, Reading, costs
from doorbuster.storefronts.base import OK, Answer, Client, Shop, Visit
from doorbuster.storefronts.escaped import part, query
from doorbuster.storefronts.medusa_answers import named, priced, read
from doorbuster.storefronts.medusa_shapes import CART, WAYS, CartBody, Ways
from doorbuster.storefronts.people import NOTE, address_of

INTENT: Final = "purchase_intent"
"""In a cart's metadata, which its order keeps: also where a customer's own e-mail address hides the intent."""


def store_headers(shop: Shop) -> dict[str, str]:
    """What opens the Store API: the publishable key of a sales channel."""
    return {"x-publishable-api-key": shop.token} if shop.token else {}


@dataclass
class MedusaSession:
    """One shopper's requests, each read at once. Money in minor units."""

    client: Client
    shop: Shop
    visit: Visit
    headers: dict[str, str] = field(init=False)
    address: Mapping[str, str] = field(init=False)
    cart: str = field(default="", init=False)
    lines: Mapping[str, str] = field(default_factory=dict, init=False)
    """Variant to line, as the cart was last shown."""
    codes: frozenset[str] = field(default=frozenset(), init=False)
    """Discount codes that the cart last shown holds."""
    region: str = field(init=False)
    collection: str = field(default="", init=False)
    """The payment collection of this cart."""

    def __post_init__(self) -> None:
        self.headers = store_headers(self.shop)
        self.region = self.shop.options["region"]
        lives = address_of(self.visit, self.shop.options["country"] or None)
        first, _, last = lives.name.rpartition(" ")
        self.address = {
            "first_name": first or last,
            "last_name": last,
            "address_1": lives.line_one,
            "city": lives.city,
            "province": lives.state,
            "country_code": lives.country.lower(),
            "postal_code": lives.postal_code,
            "phone": lives.phone,
        }

    @property
    def own(self) -> str:
        """Where this shopper's cart is."""
        return f"/store/carts/{part(self.cart or 'none')}"

    @property
    def addresses(self) -> dict[str, Any]:
        return {"shipping_address": self.address, "billing_address": self.address}

    def get(self, step: str, path: str, reading: Reading, decode: Decode = orjson.loads) -> Answer:
        return read(step, self.client.request("GET", self.shop.base_url + path, headers=self.headers), reading, decode)

    def post(
        self, step: str, path: str, body: Mapping[str, Any], reading: Reading, decode: Decode = orjson.loads
    ) -> Answer:
        url = self.shop.base_url + path
        return read(step, self.client.request("POST", url, json=body, headers=self.headers), reading, decode)

    def change(self, step: str, path: str, body: Mapping[str, Any]) -> Answer:
        """A request that is answered with the cart."""
        return self.post(step, path, body, self.shown, CART)

    def in_region(self, step: str) -> Answer | None:
        """Ask for the region that this shopper buys in, once; None when it is known."""
        if self.region:
            return None
        country = self.address["country_code"]

        def keep(body: Any) -> Answer:
            for region in body["regions"]:
                if any(one["iso_2"] == country for one in region["countries"]):
                    self.region = named(region["id"])
                    return OK
            return Answer("error", f"no region of the shop's has the country {country.upper()}")

        answer = self.get(step, "/store/regions?fields=id,currency_code,countries.iso_2&limit=100", keep)
        return None if answer.outcome == "ok" else answer

    def products(self, step: str, wanted: Mapping[str, Any], reading: Reading, decode: Decode = orjson.loads) -> Answer:
        """A list of products at this shopper's prices."""
        no = self.in_region(step)
        return no or self.get(step, f"/store/products?{query({**wanted, 'region_id': self.region})}", reading, decode)

    def new_cart(self, step: str, wanted: Mapping[str, Any]) -> Answer:
        """A cart that says whose rehearsal it is."""
        marks = {"note": NOTE, **({INTENT: self.visit.intent} if self.visit.intent else {})}
        no = self.in_region(step)
        return no or self.change(step, "/store/carts", {"region_id": self.region, "metadata": marks, **wanted})

    def ship(self, step: str) -> Answer:
        """Choose a way of shipping; then try codes again that the cart did not take: one for shipping fits only now."""
        ways: list[str] = []

        def keep(body: Ways) -> Answer:
            ways.extend(one.id for one in body.shipping_options)
            return OK if ways else Answer("error", "the shop has no way of shipping for this cart")

        answer = self.get(step, f"/store/shipping-options?cart_id={part(self.cart)}", keep, WAYS)
        if answer.outcome == "ok":
            chosen = {"option_id": ways[self.visit.session % len(ways)]}
            answer = self.change(step, f"{self.own}/shipping-methods", chosen)
        missing = [code for code in self.visit.codes if code not in self.codes]
        if answer.outcome != "ok" or not missing:
            return answer
        again = self.change(step, f"{self.own}/promotions", {"promo_codes": missing})
        return answer if again.outcome == "rejected" else again

    def pay(self, step: str, data: Mapping[str, Any]) -> Answer:
        """Open a payment of the cart's total with the provider."""
        provider = self.shop.options["payment_provider"]

        def keep(body: Any) -> Answer:
            collection = body["payment_collection"]
            self.collection = named(collection["id"])
            return costs(collection["amount"], str(collection["currency_code"]).upper())

        def opened(body: Any) -> Answer:
            next(one for one in body["payment_collection"]["payment_sessions"] if one["provider_id"] == provider)
            return keep(body)

        if not self.collection:
            answer = self.post(step, "/store/payment-collections", {"cart_id": self.cart}, keep)
            if answer.outcome != "ok":
                return answer
        path = f"/store/payment-collections/{part(self.collection)}/payment-sessions"
        return self.post(step, path, {"provider_id": provider, "data": dict(data)}, opened)

    def shown(self, body: CartBody) -> Answer:
        """A cart, which must be this shopper's own; keeps what later steps need of it."""
        cart = body.cart
        if self.cart and cart.id != self.cart:
            return Answer("error", "the cart shown is not this shopper's")
        self.cart = cart.id
        self.lines = {item.variant_id: item.id for item in cart.items if item.variant_id}
        self.codes = frozenset([one.code for one in cart.promotions if one.code])
        self.collection = (cart.payment_collection and cart.payment_collection.id) or ""
        return priced(cart)
