"""One shopper's cart in a WooCommerce shop: its tokens, its address, its draft order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from doorbuster.storefronts.answers import Reading
from doorbuster.storefronts.base import OK, Answer, Client, Line, Response, Shop, Visit
from doorbuster.storefronts.people import NOTE, address_of, email_of
from doorbuster.storefronts.woocommerce_answers import WAITS, read_cart, read_order, read_paid, read_store

API = "/wp-json/wc/store/v1"
_TOKENS: Final = (("Nonce", "nonce"), ("Cart-Token", "cart-token"))
"""As they are sent, and as answers tell them."""


@dataclass
class WooCart:
    """Every method takes the name of the step that it is part of, and may be called again after it was turned away."""

    client: Client
    shop: Shop
    visit: Visit
    keys: dict[str, str] = field(default_factory=dict, init=False)
    """Variant to the key of its line."""
    price: Answer = field(default=OK, init=False)
    """What the cart costs, as the shop last said: whoever pays is told the order's number, not its total."""
    methods: list[str] | None = field(default=None, init=False)
    """Ways to pay, where the shop tells them with the cart."""
    _tokens: dict[str, str] = field(default_factory=dict, init=False)
    _packages: list[tuple[Any, list[str]]] = field(default_factory=list, init=False)
    _draft: tuple[int, str] | None = field(default=None, init=False)
    """(order id, order key)"""

    def view(self, step: str) -> Answer:
        return self.send(step, "GET", "/cart", None, self._seen)

    def add(self, step: str, line: Line) -> Answer:
        item = {"id": int(line.product.variant), "quantity": line.quantity}
        return self.send(step, "POST", "/cart/add-item", item, self._seen)

    def update(self, step: str, variant: str, quantity: int) -> Answer:
        item = {"key": self.keys.get(variant, ""), "quantity": quantity}
        return self.send(step, "POST", "/cart/update-item", item, self._seen)

    def discount(self, code: str) -> Answer:
        return self.send("cart.discount", "POST", "/cart/apply-coupon", {"code": code}, self._seen)

    def draft(self, step: str) -> Answer:
        """Open the checkout: the shop makes a draft order of the cart and holds its goods for some minutes."""

        def keep(body: Any) -> Answer:
            self._draft = (int(body["order_id"]), str(body["order_key"]))
            return self.price

        return self.send(step, "GET", "/checkout", None, keep)

    def deliver(self, step: str) -> Answer:
        return self.send(step, "POST", "/cart/update-customer", self._addresses(), self._seen)

    def ship(self, step: str) -> Answer:
        """Choose a way of shipping for every package; nothing to send where nothing is shipped."""
        answer = self.price
        for package_id, rates in self._packages:
            wanted = self.shop.options["shipping"]
            rate = next((one for one in rates if one.startswith(wanted)), None)
            if rate is None:
                return Answer("error", f"{step}: the shop offers no such way of shipping to this address")
            chosen = {"package_id": package_id, "rate_id": rate}
            answer = self.send(step, "POST", "/cart/select-shipping-rate", chosen, self._seen)
            if answer.outcome != "ok":
                break
        return answer

    def pay(self, step: str, method: str, data: Mapping[str, str]) -> Answer:
        """Place the order and pay it.

        Where that leads to a payment page, the page is opened, on allowed hosts only, and the order then looked up.
        """
        wanted = {
            **self._addresses(),
            "customer_note": f"{NOTE} {self.visit.intent or ''}".strip(),
            "payment_method": method,
            "payment_data": [{"key": key, "value": value} for key, value in data.items()],
        }
        leads_to: list[str] = []

        def paid(body: Any) -> Answer:
            if body["order_id"] and body.get("order_key"):
                self._draft = (int(body["order_id"]), str(body["order_key"]))
            leads_to.append(str(body["payment_result"].get("redirect_url") or ""))
            return read_paid(step, body, self.price)

        answer = self.send(step, "POST", "/checkout", wanted, paid)
        if answer.detail != WAITS or not leads_to[0]:
            return answer
        page = self.client.request("GET", leads_to[0])
        if not 200 <= page.status < 300:
            return answer._replace(detail="the order waits at a payment page that could not be opened")
        found = self.order()
        return found if found.outcome == "ok" else answer

    def order(self) -> Answer:
        """The order of this cart, by the key that its draft came with."""
        if self._draft is None:
            return Answer("rejected", "no order: the checkout was never opened")
        number, key = self._draft
        asked = urlencode({"key": key, "billing_email": email_of(self.visit)})
        response = self._request("GET", f"/order/{number}?{asked}", None)
        if response.status not in (401, 403, 404):
            return read_store("order.read", response, read_order)
        # A draft knows no e-mail address yet and so is not shown to it; the checkout shows it to this cart.
        unclear = Answer("unknown", "the shop does not tell what became of the order")

        def still_open(body: Any) -> Answer:
            same = (body["order_id"], body["status"]) == (number, "checkout-draft")
            return Answer("rejected", "no order: it is still a draft") if same else unclear

        found = self.send("order.read", "GET", "/checkout", None, still_open)
        return unclear if found.outcome == "error" else found

    def send(self, step: str, method: str, path: str, body: Any, reading: Reading) -> Answer:
        return read_store(step, self._request(method, path, body), reading)

    def _request(self, method: str, path: str, body: Any) -> Response:
        """With the tokens of the answer before: some versions want the one, some the other, and both change."""
        response = self.client.request(method, f"{self.shop.base_url}{API}{path}", json=body, headers=self._tokens)
        for name, told_as in _TOKENS:
            if token := response.headers.get(told_as):
                self._tokens[name] = token
        return response

    def _seen(self, cart: Any) -> Answer:
        self.keys = {str(item["id"]): str(item["key"]) for item in cart["items"]}
        self._packages = [
            (package["package_id"], [str(rate["rate_id"]) for rate in package["shipping_rates"]])
            for package in cart["shipping_rates"]
        ]
        methods = cart.get("payment_methods")
        self.methods = list(methods) if methods is not None else None
        self.price = read_cart(cart)
        return self.price

    def _addresses(self) -> dict[str, Any]:
        home = address_of(self.visit, self.shop.options["country"])
        first, _, last = home.name.partition(" ")
        address = {
            "first_name": first,
            "last_name": last or first,
            "company": "",
            "address_1": home.line_one,
            "address_2": "",
            "city": home.city,
            "state": home.state,
            "postcode": home.postal_code,
            "country": home.country,
            "phone": home.phone,
        }
        return {"billing_address": {**address, "email": email_of(self.visit)}, "shipping_address": address}
