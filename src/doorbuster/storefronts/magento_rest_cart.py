"""One guest's cart over Adobe Commerce's REST API: what the native checkout and the wallet do with it alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from doorbuster.storefronts.answers import Reading
from doorbuster.storefronts.base import OK, Answer, Client, Line, Shop, Visit
from doorbuster.storefronts.escaped import part
from doorbuster.storefronts.magento_answers import ok_if, through
from doorbuster.storefronts.magento_lookup import rest_url
from doorbuster.storefronts.magento_options import name_of, region_among, shipping_among
from doorbuster.storefronts.magento_rest_answers import entity_id, read_rest, read_totals
from doorbuster.storefronts.people import address_of, email_of


@dataclass
class MagentoRestCart:
    """Every method takes the name of the step that it is part of, and may be called again after it was turned away."""

    client: Client
    shop: Shop
    visit: Visit
    id: str = field(default="", init=False)
    """Masked, as guests know it."""
    items: dict[str, int] = field(default_factory=dict, init=False)
    """SKU to the id of its line."""
    payment: Mapping[str, Any] = field(default_factory=dict, init=False)
    price: Answer = field(default=OK, init=False)
    """What the cart costs, as the shop last said: an order's id is all that this API tells of the order."""
    _address: dict[str, Any] = field(default_factory=dict, init=False)
    _way: tuple[str, str] | None = field(default=None, init=False)

    def create(self, step: str) -> Answer:
        def keep(body: Any) -> Answer:
            self.id = body if isinstance(body, str) else ""
            return ok_if(self.id)

        return read_rest(step, self.client.request("POST", rest_url(self.shop, "guest-carts")), keep)

    def add(self, step: str, line: Line) -> Answer:
        sku = line.product.variant

        def keep(item: Any) -> Answer:
            self.items[sku] = int(item["item_id"])
            return OK

        wanted = {"cartItem": {"sku": sku, "qty": line.quantity, "quote_id": self.id}}
        return self.send(step, "POST", "/items", wanted, keep)

    def deliver(self, step: str) -> Answer:
        home = address_of(self.visit, self.shop.options["country"])
        first, last = name_of(home.name)

        def place(country: Any) -> Answer:
            listed = region_among(country.get("available_regions"), home.state)
            region = listed or {"id": 0, "code": "", "name": home.state}
            self._address = {
                "firstname": first,
                "lastname": last,
                "street": [home.line_one],
                "city": home.city,
                "postcode": home.postal_code,
                "country_id": home.country,
                "region": region["name"],
                "region_id": int(region["id"]),
                "region_code": region["code"],
                "telephone": home.phone,
                "email": email_of(self.visit),
            }
            return OK

        def keep(ways: Any) -> Answer:
            self._way = shipping_among(ways, self.shop.options["shipping"])
            return OK

        url = rest_url(self.shop, f"directory/countries/{home.country}")
        return through(
            lambda: read_rest(step, self.client.request("GET", url), place),
            lambda: self.send(step, "POST", "/estimate-shipping-methods", {"address": self._address}, keep),
        )

    def ship(self, step: str) -> Answer:
        way = self._way
        if way is None:
            return Answer("error", f"{step}: the shop offers no such way of shipping to this address")
        addresses = {"shipping_address": self._address, "billing_address": self._address}
        wanted = {**addresses, "shipping_carrier_code": way[0], "shipping_method_code": way[1]}
        return self.send(
            step, "POST", "/shipping-information", {"addressInformation": wanted},
            lambda body: self.priced(body["totals"]),
        )  # fmt: skip

    def place(self, step: str) -> Answer:
        return self.send(
            step, "POST", "/payment-information", self.paying(),
            lambda body: self.price._replace(order_id=entity_id(body)),
        )  # fmt: skip

    def paying(self) -> Mapping[str, Any]:
        return {"email": email_of(self.visit), "paymentMethod": self.payment, "billingAddress": self._address}

    def priced(self, totals: Any) -> Answer:
        self.price = read_totals(totals)
        return self.price

    def send(self, step: str, method: str, path: str, body: Any, reading: Reading) -> Answer:
        url = rest_url(self.shop, f"guest-carts/{part(self.id)}{path}")
        return read_rest(step, self.client.request(method, url, json=body), reading)
