"""A checkout of the Universal Commerce Protocol, version 2026-04-08, as a shopper's agent drives it.

What is sent and what must be remembered of the answers. An update replaces the whole checkout, so each says it all.
Amounts are minor units. Source: the protocol's REST OpenAPI file and JSON schemas of that version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from doorbuster.storefronts import ucp_shapes
from doorbuster.storefronts.answers import id_in
from doorbuster.storefronts.base import Address, Line, Response
from doorbuster.storefronts.ucp_agent import UcpAgent
from doorbuster.storefronts.ucp_shapes import Checkout

VERSION: Final = "2026-04-08"
CARD: Final = "4242424242424242"
"""A test number: sandboxes accept it, and no live payment service does."""
_HOME: Final = "rehearsal-address"


class Method(NamedTuple):
    """A way out of the shop's house."""

    id: str | None
    line_ids: Sequence[str]
    groups: Sequence[tuple[str, Sequence[str]]]
    """The shop's parcels: id, and ids of the ways of shipping to choose from."""


@dataclass(slots=True)
class UcpCheckout:
    """One checkout from its first item to its order; steps are taken in that order."""

    agent: UcpAgent
    email: str
    home: Address
    codes: Sequence[str]
    credential: Mapping[str, Any] | None = None
    """What is given for the money: a token of the payment service's."""
    id: str = ""
    handler: str = ""
    """Id of the way to pay that the options name, or of the first that the shop does."""
    _lines: Sequence[Line] = ()
    _line_ids: Mapping[str, str] = field(default_factory=dict)
    """The shop's name for each line, by item."""
    _methods: Sequence[Method] = ()

    def create(self, lines: Sequence[Line]) -> Response:
        self._lines = lines
        body = {"line_items": lines_of(lines), "buyer": {"email": self.email}, **self._discounts()}
        return self.agent.send("POST", "/checkout-sessions", body, "wallet.start")

    def update(self, shipped: bool) -> Response:
        """Say where it goes; `shipped`: and choose a way of shipping for each of the shop's parcels."""
        first, _, last = self.home.name.partition(" ")
        buyer = {"email": self.email, "first_name": first, "last_name": last, "phone_number": self.home.phone}
        body = {
            "line_items": [self._named(line) for line in lines_of(self._lines)],
            "buyer": {name: value for name, value in buyer.items() if value},
            "fulfillment": {"methods": [self._chosen(method, shipped) for method in self._methods or self._ours()]},
            **self._discounts(),
        }
        key = f"wallet.update{' shipped' if shipped else ''}"
        return self.agent.send("PUT", f"/checkout-sessions/{self.id}", body, key)

    def tokenize(self, url: str) -> Response:
        """Exchange the card for a token at the payment service, for this checkout alone."""
        card = {"type": "card", "card_number_type": "fpan", "number": CARD, "expiry_month": 12, "expiry_year": 2039}
        binding: dict[str, Any] = {"checkout_id": self.id}
        identity = self.agent.shop.options["identity"]
        if identity is not None:
            binding["identity"] = {"access_token": identity}
        body = {"credential": {**card, "cvc": "123", "name": self.home.name}, "binding": binding}
        return self.agent.send("POST", url, body, "wallet.token")

    def complete(self) -> Response:
        instrument = {
            "id": "rehearsal-card",
            "handler_id": self.handler,
            "type": "card",
            "selected": True,
            "credential": self.credential,
        }
        body = {"payment": {"instruments": [instrument]}}
        return self.agent.send("POST", f"/checkout-sessions/{self.id}/complete", body, "")

    def get(self) -> Response:
        return self.agent.send("GET", f"/checkout-sessions/{self.id}")

    def keep(self, checkout: Checkout) -> None:
        """Remember what the next steps need. Raises one of `answers.MALFORMED` where an answer does not say it."""
        self.id = id_in(checkout.id)
        self._line_ids = {str(line.item.id): id_in(line.id) for line in checkout.line_items}
        self._methods = [_method(one) for one in checkout.fulfillment.methods if one.type == "shipping"]
        if not self.handler:
            wanted, named = self.agent.shop.options["payment_handler"], checkout.ucp.payment_handlers
            if named is None:
                raise ValueError("no ways to pay")
            handlers = [id_in(one.id) for each in named.values() for one in each]
            self.handler = next((one for one in handlers if wanted in (None, one)), "")

    @property
    def can_be_shipped(self) -> bool:
        """Whether the shop has said by which ways."""
        return any(options for method in self._methods for _, options in method.groups)

    def _discounts(self) -> dict[str, Any]:
        return {"discounts": {"codes": list(self.codes)}} if self.codes else {}

    def _named(self, line: dict[str, Any]) -> dict[str, Any]:
        known = self._line_ids.get(line["item"]["id"])
        return line if known is None else {"id": known, **line}

    def _ours(self) -> Sequence[Method]:
        """One way out of the house for all goods, where the shop has named none yet."""
        return (Method(None, list(self._line_ids.values()), ()),)

    def _chosen(self, method: Method, shipped: bool) -> dict[str, Any]:
        said: dict[str, Any] = {
            "type": "shipping",
            "line_item_ids": method.line_ids,
            "destinations": [{"id": _HOME, **postal(self.home)}],
            "selected_destination_id": _HOME,
        }
        if method.id is not None:
            said["id"] = method.id
        if shipped:
            said["groups"] = [
                {"id": group, "selected_option_id": options[0]} for group, options in method.groups if options
            ]
        return said


def _method(said: ucp_shapes.Method) -> Method:
    if said.line_item_ids is None:
        raise ValueError("a way of shipping for no lines")
    groups = [(id_in(group.id), [id_in(option.id) for option in group.options]) for group in said.groups]
    return Method(id_in(said.id), said.line_item_ids, groups)


def lines_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [{"item": {"id": line.product.variant}, "quantity": line.quantity} for line in lines]


def postal(home: Address) -> dict[str, str]:
    return {
        "street_address": home.line_one,
        "address_locality": home.city,
        "address_region": home.state,
        "address_country": home.country,
        "postal_code": home.postal_code,
    }
