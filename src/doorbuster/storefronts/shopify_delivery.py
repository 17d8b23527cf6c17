"""Who buys, where the parcel goes and by which way: what a Shopify cart has to know before it has a price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from doorbuster.storefronts.base import OK, Answer
from doorbuster.storefronts.people import email_of
from doorbuster.storefronts.shopify_answers import PENDING_S, meaning
from doorbuster.storefronts.shopify_cart import Talk, delivery

_MOST_LOOKS: Final = 10
"""At delivery groups that stay empty, after which the shop delivers nowhere near."""


@dataclass(slots=True)
class Delivery:
    """A buyer's way to a price, each step repeatable."""

    talk: Talk
    _login: str = ""
    _looks: int = 0

    def identity(self, step: str) -> Answer:
        """Who buys: a guest by e-mail, a customer after logging in."""
        visit = self.talk.visit
        if visit.customer and not self._login:
            given = {"input": {"email": visit.customer.email, "password": visit.customer.password}}
            answer = self.talk.ask(step, "CustomerLogin", "customerAccessTokenCreate", given, self._logged_in(step))
            if answer.outcome != "ok":
                return answer
        who = {"email": email_of(visit), "countryCode": self.talk.address.country}
        if self._login:
            who["customerAccessToken"] = self._login
        return self.talk.change(step, "CartBuyerIdentityUpdate", {"b": who})

    def address(self, step: str) -> Answer:
        """Where the parcel goes."""
        place = {"address": {"deliveryAddress": delivery(self.talk.address)}, "selected": True, "oneTimeUse": True}
        return self.talk.change(step, "CartDeliveryAddressesAdd", {"a": [place]})

    def shipping(self, step: str) -> Answer:
        """Wait until the shop has priced its ways of shipping, then choose one for every parcel."""
        if not self._ways():
            answer = self.talk.view(step)
            self._looks += 1
            if answer.outcome != "ok":
                return answer
            if not self._ways():
                if self._looks >= _MOST_LOOKS:
                    return Answer("rejected", "no delivery to this address")
                return answer._replace(again_s=PENDING_S)
        chosen = [{"deliveryGroupId": group, "deliveryOptionHandle": handle} for group, handle in self._ways().items()]
        answer = self.talk.change(step, "CartSelectedDeliveryOptionsUpdate", {"o": chosen})
        if answer.outcome == "ok" and answer.again_s is not None:  # the parcels are being put together anew
            self.talk.cart = {**self.talk.cart, "deliveryGroups": {"nodes": []}}
        return answer

    def _logged_in(self, step: str) -> Callable[[Any], Answer]:
        def reading(payload: Any) -> Answer:
            for error in payload["customerUserErrors"]:
                return meaning(step, error["code"])
            self._login = str(payload["customerAccessToken"]["accessToken"])
            return OK

        return reading

    def _ways(self) -> Mapping[str, str]:
        """Group to a way of shipping; empty while any group has none. The same shopper chooses the same."""
        groups = self.talk.cart["deliveryGroups"]["nodes"]
        if not all(group["deliveryOptions"] for group in groups):
            return {}
        number = self.talk.visit.session
        return {
            group["id"]: group["deliveryOptions"][number % len(group["deliveryOptions"])]["handle"] for group in groups
        }
