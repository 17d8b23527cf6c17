"""One shopper's talk with the Storefront API: each question with the shop's token, and the cart as last told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from msgspec.json import Decoder

from doorbuster.storefronts.answers import costs
from doorbuster.storefronts.base import OK, Address, Answer, Client, Response, Shop, Visit
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.people import NOTE, address_of
from doorbuster.storefronts.shopify_answers import ANYTHING, Field, Payload, Said, read_field, refusal
from doorbuster.storefronts.shopify_cart_read import Cart, Told, read_cart

INTENT: Final = "doorbuster_intent"
"""The cart attribute that an order keeps as its own, so that it can be joined to its purchase intent."""
_FIELDS: Final = {
    "CartCreate": "cartCreate",
    "CartLinesAdd": "cartLinesAdd",
    "CartLinesUpdate": "cartLinesUpdate",
    "CartDiscountCodesUpdate": "cartDiscountCodesUpdate",
    "CartBuyerIdentityUpdate": "cartBuyerIdentityUpdate",
    "CartDeliveryAddressesAdd": "cartDeliveryAddressesAdd",
    "CartSelectedDeliveryOptionsUpdate": "cartSelectedDeliveryOptionsUpdate",
    "CartBillingAddressUpdate": "cartBillingAddressUpdate",
    "CartPaymentUpdate": "cartPaymentUpdate",
}


class Changed(Payload):
    """What a mutation of the cart comes to."""

    cart: Told | None = None


_CHANGED: Final = Decoder(Said[Changed | None]).decode
_VIEWED: Final = Decoder(Said[Told | None]).decode


@dataclass(slots=True)
class Talk:
    """Asks, and remembers the cart."""

    client: Client
    shop: Shop
    visit: Visit
    known: Cart | None = None
    """The cart as last told; None before the first."""
    response: Response = field(default_factory=lambda: Response(0, {}, b""))
    """The last answer, for readings that need its headers."""
    price: Answer = OK
    """`ok`, with what the cart costs."""
    _reached: dict[str, int] = field(default_factory=dict)
    _url: str = field(init=False)
    _headers: Mapping[str, str] | None = field(init=False)

    def __post_init__(self) -> None:
        self._url = f"{self.shop.base_url}/api/{self.shop.options['api_version']}/graphql.json"
        # Never Shopify-Storefront-Buyer-IP: an address that no buyer has would be made up to get round limits.
        self._headers = {"X-Shopify-Storefront-Access-Token": self.shop.token} if self.shop.token else None

    def ask(
        self,
        step: str,
        operation: str,
        name: str,
        variables: Mapping[str, Any],
        reading: Callable[[Field], Answer],
        decode: Callable[[bytes], Said[Field]] = ANYTHING,
    ) -> Answer:
        """One operation; `reading` gets its field `name`, as `decode` takes it."""
        self.response = ask(self.client, self._url, "shopify", operation, variables, self._headers)
        return read_field(step, self.response, name, reading, decode)

    def change(
        self, step: str, operation: str, variables: Mapping[str, Any], also: Callable[[Cart], Answer] | None = None
    ) -> Answer:
        """A mutation of the cart; `also` reads what else has to be true of the cart."""

        def reading(payload: Changed | None) -> Answer:
            if payload is None:
                raise ValueError("the mutation says nothing")
            no = refusal(step, payload)
            if no:
                return no
            answer = self.keep(payload.cart)
            return also(self.cart) if also else answer

        if self.known:
            variables = {"cartId": self.known.id, **variables}
        return self.ask(step, operation, _FIELDS[operation], variables, reading, _CHANGED)

    def view(self, step: str) -> Answer:
        """Read the cart anew."""
        return self.ask(step, "CartView", "cart", {"cartId": self.cart.id}, self.keep, _VIEWED)

    def create(self, step: str, more: Mapping[str, Any]) -> Answer:
        """A new cart, marked as a rehearsal's; `more` of what a `CartInput` holds."""
        marks = [{"key": INTENT, "value": self.visit.intent}] if self.visit.intent else []
        identity = {"countryCode": self.address.country}
        self.known = None
        given = {"note": NOTE, "attributes": marks, "buyerIdentity": identity, **more}
        return self.change(step, "CartCreate", {"input": given})

    def through(self, step: str, *stages: Callable[[str], Answer]) -> Answer:
        """Several questions that are one step to the shopper; called again, it goes on where it stopped."""
        while True:
            at = self._reached.get(step, 0)
            answer = stages[at](step)
            if answer.outcome != "ok" or answer.again_s is not None:
                return answer
            if at + 1 == len(stages):
                self._reached[step] = 0
                return answer
            self._reached[step] = at + 1

    def keep(self, told: Told | None) -> Answer:
        """Remember a cart; what it costs by now is the answer. Raises ValueError where there is none."""
        if told is None:
            raise ValueError("no cart")
        self.known = cart = read_cart(told)
        self.price = costs(cart.total, cart.currency)
        return self.price

    @property
    def cart(self) -> Cart:
        """The cart as last told. Raises RuntimeError before the first: no journey asks for it then."""
        if self.known is None:
            raise RuntimeError("there is no cart yet")
        return self.known

    def money(self, amount: Decimal) -> dict[str, str]:
        """An amount as Shopify's `MoneyInput`."""
        return {"amount": str(amount), "currencyCode": self.cart.currency}

    @property
    def address(self) -> Address:
        return address_of(self.visit, self.shop.options["country"])


def mailing(address: Address) -> dict[str, str]:
    """An address as `MailingAddressInput`."""
    first, _, last = address.name.rpartition(" ")
    told = {
        "firstName": first,
        "lastName": last,
        "address1": address.line_one,
        "city": address.city,
        "province": address.state,
        "country": address.country,
        "zip": address.postal_code,
        "phone": address.phone,
    }
    return {name: value for name, value in told.items() if value}


def delivery(address: Address) -> dict[str, str]:
    """An address as `CartDeliveryAddressInput`, which knows a region by its code alone (`CA`, not `California`)."""
    told = mailing(address)
    state = told.pop("province", "")
    told["countryCode"] = told.pop("country")
    return {**told, "provinceCode": state} if len(state) <= 3 and state.isupper() else told
