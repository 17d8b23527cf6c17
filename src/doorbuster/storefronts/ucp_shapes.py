"""What a shopper's agent reads of answers by the Universal Commerce Protocol, and nothing else of them.

Decoding these alone takes half of the time that the whole answer takes.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta, Raw, Struct, field
from msgspec.json import Decoder

Id = Annotated[str, Meta(min_length=1)] | int


class Named(Struct):
    """Something with an id."""

    id: Id


class Protocol(Struct):
    """What the protocol says of itself in each answer."""

    status: str | None = None


class Message(Struct):
    """What the shop says beside its answer; an error has all three."""

    type: str
    code: str | None = None
    severity: str | None = None


class Said(Struct):
    """Any answer of the shop's, an error too."""

    ucp: Protocol
    messages: list[Message] = []
    status: str | None = None


class Listing(Said, kw_only=True):
    """A page of the catalogue, looked at no closer."""

    products: list[Raw]


class Found(Said, kw_only=True):
    """What was searched for."""

    products: list[Named]


class Shown(Said, kw_only=True):
    """One product."""

    product: Named


class Total(Struct):
    """One of the sums under a cart."""

    type: str
    amount: Any


class Line(Named):
    """What is in a cart, and how often."""

    item: Named
    quantity: Any


class Priced(Said, kw_only=True):
    """A cart or a checkout, and what it costs."""

    id: Id
    line_items: list[Line]
    totals: list[Total]
    currency: str


class Applied(Struct):
    """A discount that counts."""

    code: Any = ""


class Discounts(Struct):
    """Those of a cart."""

    applied: list[Applied] = []


class Cart(Priced, kw_only=True):
    """A cart."""

    discounts: Discounts = field(default_factory=Discounts)


class Group(Named):
    """A parcel, and the ways of shipping that it can take."""

    options: list[Named] = []


class Method(Struct):
    """A way out of the shop's house; those to ship have an id and lines."""

    type: str
    id: Id | None = None
    line_item_ids: list[str] | None = None
    groups: list[Group] = []


class Fulfillment(Struct):
    """Those of a checkout."""

    methods: list[Method] = []


class Paying(Protocol):
    """What a checkout says besides: its ways to pay, by whose they are."""

    payment_handlers: dict[str, list[Named]] | None = None


class Checkout(Priced, kw_only=True):
    """A checkout, from its first item to its order."""

    ucp: Paying
    fulfillment: Fulfillment = field(default_factory=Fulfillment)
    order: Named | None = None


SAID: Final = Decoder(Said).decode
LISTING: Final = Decoder(Listing).decode
FOUND: Final = Decoder(Found).decode
SHOWN: Final = Decoder(Shown).decode
CART: Final = Decoder(Cart).decode
CHECKOUT: Final = Decoder(Checkout).decode
