"""How a Vendure order is bought: who and where, the way of shipping and of payment, and the payment itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from doorbuster.storefronts.base import OK, Answer, Visit
from doorbuster.storefronts.people import address_of, email_of
from doorbuster.storefronts.staging_noticing import with_fact
from doorbuster.storefronts.vendure_answers import LATE, placed, refusal
from doorbuster.storefronts.vendure_session import VendureSession

_BOUGHT_ALREADY: Final = Answer("conflict", "another click was first")


@dataclass
class VendureCheckout:
    """One shopper's way through the checkout, by its pages or behind a wallet's button."""

    session: VendureSession
    visit: Visit
    _shipping: str = field(default="", init=False)
    _method: str = field(default="", init=False)
    _clicks: int = field(default=0, init=False)

    @property
    def customer(self) -> dict[str, str]:
        first, _, last = address_of(self.visit).name.partition(" ")
        return {"emailAddress": email_of(self.visit), "firstName": first, "lastName": last or first}

    @property
    def address(self) -> dict[str, str]:
        lives = address_of(self.visit, self.session.shop.options["country"])
        return {
            "fullName": lives.name,
            "streetLine1": lives.line_one,
            "city": lives.city,
            "province": lives.state,
            "postalCode": lives.postal_code,
            "countryCode": lives.country,
            "phoneNumber": lives.phone,
        }

    def choose_shipping(self, step: str) -> Answer:
        chosen: list[str] = []

        def reading(data: Any) -> Answer:
            wanted = self.session.shop.options["shipping_method"]
            for one in data["eligibleShippingMethods"]:
                if wanted in ("", one["code"]):
                    chosen.append(str(one["id"]))
                    self._shipping = str(one["code"])
                    return OK
            return Answer("rejected", "no way of shipping is offered")

        answer = self.session.ask(step, "ShippingMethods", {}, reading)
        return self.session.change(step, "SetShipping", {"method": chosen}) if answer.outcome == "ok" else answer

    def choose_payment(self, step: str, option: str) -> Answer:
        def reading(data: Any) -> Answer:
            wanted = self.session.shop.options[option]
            for one in data["eligiblePaymentMethods"]:
                if one["isEligible"] and wanted in ("", one["code"]):
                    self._method = str(one["code"])
                    return self.session.own(step, data["activeOrder"])
            return Answer("rejected", "no way of payment is offered")

        return self.session.ask(step, "PaymentMethods", {}, reading)

    def pay(self, step: str, operation: str, more: Mapping[str, str]) -> Answer:
        """Only an order that is placed is a purchase, and then whatever the mutations before it said."""
        self._clicks += 1
        second_click = self._clicks > 1

        def reading(data: Any) -> Answer:
            if data["paid"]["__typename"] == "Order":
                mine = self.session.own(step, data["paid"])
                if mine.outcome != "ok":
                    return mine._replace(outcome="unknown")  # somebody's order was bought: looked up by our own code
                return with_fact(
                    placed(step, data["paid"]), "shipping_chosen", {"option": self._shipping, "shipping_minor": None}
                )
            said = [member for member in data.values() if member is not None]  # null: there was nothing to arrange
            if second_click and {member.get("errorCode") for member in said} & LATE:
                return _BOUGHT_ALREADY
            return next(refused for refused in (refusal(step, member) for member in said) if refused)

        metadata = {**self.session.shop.options["payment_metadata"], **more}
        return self.session.ask(step, operation, {"payment": {"method": self._method, "metadata": metadata}}, reading)
