"""One shopper's checkout at a Saleor shop: what is remembered of it, and how the shop is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from doorbuster.storefronts.base import OK, Answer, Client, Line, Shop, Visit
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.people import address_of, email_of
from doorbuster.storefronts.saleor_answers import NO_CODE, Payload, order_of, read_data, refused, total_of
from doorbuster.storefronts.saleor_options import MARK
from doorbuster.storefronts.saleor_payment import SaleorPayment

Reading = Callable[[Payload], Answer]


@dataclass
class SaleorSession:
    """What all steps of one shopper share."""

    client: Client
    shop: Shop
    visit: Visit
    checkout: str = field(default="", init=False)
    line_ids: dict[str, str] = field(default_factory=dict, init=False)
    """Variant to the line of the checkout that holds it."""
    amount: float = field(default=0.0, init=False)
    """What the checkout costs, as the shop writes it; it wants the same number back."""
    customer_token: str = field(default="", init=False, repr=False)
    _payment: SaleorPayment | None = field(default=None, init=False)

    def create(self, step: str, lines: Sequence[Line]) -> Answer:
        wanted = {
            "channel": self.shop.options["channel"],
            "email": email_of(self.visit),
            "lines": [{"variantId": line.product.variant, "quantity": line.quantity} for line in lines],
            "metadata": [{"key": MARK, "value": self.visit.intent or f"session-{self.visit.session}"}],
        }
        self.checkout = ""
        return self.change(step, "Create", "checkoutCreate", {"input": wanted})

    def code(self, step: str, code: str) -> Answer:
        """Try a discount code; a checkout without it afterwards has refused it, whatever it says."""

        def reading(data: Payload) -> Answer:
            payload = data["checkoutAddPromoCode"]
            answer = self._changed(step, payload)
            taken = answer.outcome != "ok" or payload["checkout"]["voucherCode"]
            return answer if taken else Answer("rejected", NO_CODE)

        return self.send(step, "Promo", {"id": self.checkout, "code": code}, reading)

    def at_home(self, step: str) -> Answer:
        home = address_of(self.visit, self.shop.options["country"])
        first, _, last = home.name.partition(" ")
        address = {
            "firstName": first,
            "lastName": last or first,
            "streetAddress1": home.line_one,
            "city": home.city,
            "postalCode": home.postal_code,
            "country": home.country,
            "countryArea": home.state if self.shop.options["states"] else "",
            "phone": home.phone,
        }

        def reading(data: Payload) -> Answer:
            no = refused(step, data["checkoutShippingAddressUpdate"]["errors"])
            return no or self._changed(step, data["checkoutBillingAddressUpdate"])

        return self.send(step, "Addresses", {"id": self.checkout, "address": address}, reading)

    def delivered(self, step: str) -> Answer:
        """Ask how it can be delivered, and take one of the ways."""
        found: list[str] = []

        def calculated(data: Payload) -> Answer:
            payload = data["deliveryOptionsCalculate"]
            return refused(step, payload["errors"]) or offered(payload["deliveries"])

        def offered(ways: Sequence[Payload]) -> Answer:
            found.extend(str(one["id"]) for one in ways)
            return OK if found else Answer("rejected", "not delivered to this address")

        if self.shop.options["deliveries"] == "calculate":
            answer = self.send(step, "Deliveries", {"id": self.checkout}, calculated)
        else:
            wanted = {"id": self.checkout}
            answer = self.send(step, "Listed", wanted, lambda data: offered(data["checkout"]["shippingMethods"]))
        if answer.outcome != "ok":
            return answer
        taken = found[self.visit.session % len(found)]
        return self.change(step, "Delivery", "checkoutDeliveryMethodUpdate", {"delivery": taken})

    def pays(self, gateway: str, data: str) -> SaleorPayment:
        """This purchase's payment, by the payment app and with the data that those options hold."""
        if self._payment is None:
            options, intent = self.shop.options, self.visit.intent
            handed = dict(options[data])
            if data == "wallet_data":
                handed.setdefault("token", f"tok_stub_{intent}")
            by = options[gateway] or options["gateway"]
            self._payment = SaleorPayment(self.send, by, handed, options["confirmation_data"], intent)
        return self._payment

    def complete(self, step: str) -> Answer:
        return self.send(step, "Complete", {"id": self.checkout}, lambda data: order_of(step, data["checkoutComplete"]))

    def change(self, step: str, operation: str, name: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """One mutation of the checkout, whose new state it answers with."""
        wanted = {**({"id": self.checkout} if self.checkout else {}), **(variables or {})}
        return self.send(step, operation, wanted, lambda data: self._changed(step, data[name]))

    def keep(self, checkout: Payload) -> Answer:
        """Remember what the next steps need. `ok` with the whole price as it stands."""
        self.checkout = self.checkout or str(checkout["id"])
        if checkout["id"] != self.checkout:
            return Answer("error", "the shop answered with another checkout")
        self.line_ids = {str(line["variant"]["id"]): str(line["id"]) for line in checkout["lines"]}
        self.amount = checkout["totalPrice"]["gross"]["amount"]
        return total_of(checkout)

    def in_channel(self, **more: str) -> dict[str, str]:
        return {"channel": self.shop.options["channel"], **more}

    def send(self, step: str, operation: str, variables: Mapping[str, Any], reading: Reading) -> Answer:
        """One operation of saleor.graphql. The header leaves `Authorization` to whoever guards the shop's door."""
        token = self.customer_token or self.shop.token
        headers = {"authorization-bearer": token} if token else {}
        url = self.shop.base_url + self.shop.options["api"]
        return read_data(step, ask(self.client, url, "saleor", operation, variables, headers), reading)

    def _changed(self, step: str, payload: Payload) -> Answer:
        return refused(step, payload["errors"]) or self.keep(payload["checkout"])
