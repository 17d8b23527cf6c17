"""One shopper's cart in an Adobe Commerce shop: what the native checkout and the wallet do with it alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from doorbuster.storefronts.answers import Reading
from doorbuster.storefronts.base import OK, Answer, Client, Line, Shop, Visit
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.magento_answers import (
    item_errors,
    ok_if,
    read_cart,
    read_graphql,
    read_order,
    read_placed,
    through,
)
from doorbuster.storefronts.magento_lookup import order_of
from doorbuster.storefronts.magento_options import name_of, region_among, shipping_among
from doorbuster.storefronts.people import NOTE, address_of, email_of


@dataclass
class MagentoCart:
    """Every method takes the name of the step that it is part of, and may be called again after it was turned away."""

    client: Client
    shop: Shop
    visit: Visit
    id: str = field(default="", init=False)
    """Masked, as guests know it."""
    items: dict[str, str] = field(default_factory=dict, init=False)
    """SKU to the uid of its line."""
    headers: dict[str, str] = field(init=False)
    _way: tuple[str, str] | None = field(default=None, init=False)
    _number: str | None = field(default=None, init=False)
    """Of the order, once the shopper was told it."""

    def __post_init__(self) -> None:
        self.headers = {"Store": self.shop.options["store"]}

    def create(self, step: str) -> Answer:
        def keep(data: Any) -> Answer:
            self.id = str(data["createGuestCart"]["cart"]["id"])
            return OK

        return self.send(step, "CreateCart", {}, keep)

    def add(self, step: str, lines: Sequence[Line]) -> Answer:
        """Put products in; a variant of a configurable product comes with its parent, as `Product.sku` names it."""
        items = [
            {
                "sku": line.product.variant,
                "quantity": line.quantity,
                **({"parent_sku": line.product.sku} if line.product.sku != line.product.variant else {}),
            }
            for line in lines
        ]

        def filled(data: Any) -> Answer:
            added = data["addProductsToCart"]
            return item_errors(step, added["user_errors"]) or self._filled(step, added["cart"])

        return self.send(step, "AddProducts", {"cart": self.id, "items": items}, filled)

    def update(self, step: str, sku: str, quantity: int) -> Answer:
        def filled(data: Any) -> Answer:
            updated = data["updateCartItems"]
            return item_errors(step, updated["errors"]) or self._filled(step, updated["cart"])

        item = {"cart_item_uid": self.items.get(sku, ""), "quantity": quantity}
        return self.send(step, "UpdateItems", {"input": {"cart_id": self.id, "cart_items": [item]}}, filled)

    def discount(self, code: str) -> Answer:
        return self.send(
            "cart.discount",
            "ApplyCoupon",
            {"cart": self.id, "code": code},
            lambda data: read_cart(data["applyCouponToCart"]["cart"]),
        )

    def view(self, step: str) -> Answer:
        return self.send(step, "Cart", {"cart": self.id}, lambda data: self._filled(step, data["cart"]))

    def identify(self, step: str) -> Answer:
        """Say who is buying: a guest's e-mail address, or a customer's log-in that takes the cart over."""
        customer = self.visit.customer
        if customer is None:
            wanted = {"cart": self.id, "email": email_of(self.visit)}
            return self.send(step, "SetEmail", wanted, lambda data: ok_if(data["setGuestEmailOnCart"]["cart"]["email"]))

        def keep(data: Any) -> Answer:
            self.headers["Authorization"] = f"Bearer {data['generateCustomerToken']['token']}"
            return OK

        def taken(data: Any) -> Answer:
            self.id = str(data["assignCustomerToGuestCart"]["id"])
            return OK

        logged_in = {"email": customer.email, "password": customer.password}
        return through(
            lambda: self.send(step, "LogIn", logged_in, keep),
            lambda: self.send(step, "TakeCart", {"cart": self.id}, taken),
        )

    def deliver(self, step: str) -> Answer:
        """Say where to; the shop's own list of regions is asked first, as an address form does."""
        home = address_of(self.visit, self.shop.options["country"])
        first, last = name_of(home.name)
        address = {
            "firstname": first,
            "lastname": last,
            "street": [home.line_one],
            "city": home.city,
            "postcode": home.postal_code,
            "country_code": home.country,
            "telephone": home.phone,
            "save_in_address_book": False,
        }

        def place(data: Any) -> Answer:
            region = region_among(data["country"]["available_regions"], home.state)
            address.update({"region": region["code"], "region_id": region["id"]} if region else {"region": home.state})
            return OK

        def keep(data: Any) -> Answer:
            parcel = data["setShippingAddressesOnCart"]["cart"]["shipping_addresses"][0]
            self._way = shipping_among(parcel["available_shipping_methods"], self.shop.options["shipping"])
            return OK

        wanted = {"cart_id": self.id, "shipping_addresses": [{"address": address, "customer_notes": NOTE}]}
        return through(
            lambda: self.send(step, "Regions", {"country": home.country}, place),
            lambda: self.send(step, "SetShippingAddress", {"input": wanted}, keep),
        )

    def ship(self, step: str) -> Answer:
        """Choose a way of shipping; from here on the price is whole."""
        way = self._way
        if way is None:
            return Answer("error", f"{step}: the shop offers no such way of shipping to this address")
        method = {"carrier_code": way[0], "method_code": way[1]}
        return self.send(
            step,
            "SetShippingMethod",
            {"input": {"cart_id": self.id, "shipping_methods": [method]}},
            lambda data: read_cart(data["setShippingMethodsOnCart"]["cart"]),
        )

    def pay(self, step: str, method: Mapping[str, Any]) -> Answer:
        """Choose how to pay; no money moves before the order is placed."""

        def chosen(data: Any) -> Answer:
            cart = data["setPaymentMethodOnCart"]["cart"]
            return read_cart(cart) if cart["selected_payment_method"]["code"] == method["code"] else ok_if(False)

        bill = {"cart_id": self.id, "billing_address": {"same_as_shipping": True}}
        wanted = {"cart_id": self.id, "payment_method": dict(method)}
        return through(
            lambda: self.send(
                step, "SetBillingAddress", {"input": bill}, lambda data: ok_if(data["setBillingAddressOnCart"]["cart"])
            ),
            lambda: self.send(step, "SetPaymentMethod", {"input": wanted}, chosen),
        )

    def place(self, step: str) -> Answer:
        def placed(data: Any) -> Answer:
            return read_placed(step, data["placeOrder"], again=self._number is not None)

        answer = self.send(step, "PlaceOrder", {"cart": self.id}, placed)
        self._number = answer.order_id or self._number
        return answer

    def order(self) -> Answer:
        return order_of(self.client, self.shop, self.visit, self.id, read_order, self.headers, self._number)

    def send(self, step: str, operation: str, variables: Mapping[str, Any], reading: Reading) -> Answer:
        """One operation, as it was answered; money is only at stake where the order is placed."""
        response = ask(self.client, f"{self.shop.base_url}/graphql", "magento", operation, variables, self.headers)
        return read_graphql(step, response, reading)

    def _filled(self, step: str, cart: Any) -> Answer:
        if cart["id"] != self.id:
            raise ValueError
        lines = cart["itemsV2"]["items"]
        self.items = {(line.get("configured_variant") or line["product"])["sku"]: line["uid"] for line in lines}
        ailing = [error for line in lines for error in line["errors"] or ()]
        return item_errors(step, ailing) or read_cart(cart)
