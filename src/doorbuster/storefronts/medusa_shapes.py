"""What shoppers read of a Medusa shop's longer answers: a cart is a hundred fields, of which they need six.

Decoding these alone takes a third of the time that the whole answer takes.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

Id = Annotated[str, Meta(min_length=1)]


class Named(Struct):
    """Something with an id."""

    id: Id


class Item(Named):
    """A line of a cart."""

    variant_id: str | None


class Promotion(Struct):
    """A discount code that a cart holds."""

    code: str | None


class Collection(Struct):
    """What a cart is paid by."""

    id: str | None = None


class Priced(Named):
    """A cart or an order with its price, in units of the currency."""

    total: Any
    currency_code: str


class Cart(Priced):
    """A cart, as far as its shopper goes on from it."""

    items: list[Item]
    promotions: list[Promotion]
    payment_collection: Collection | None = None


class CartBody(Struct):
    """What nearly every request about a cart is answered with."""

    cart: Cart


class Trouble(Struct):
    """Why no order came of a cart."""

    type: str


class Completed(Struct):
    """What a cart became: an order, or itself again with an error."""

    type: str
    order: Priced | None = None
    error: Trouble | None = None


class Listing(Struct):
    """A page of products, looked at no closer."""

    products: list[Raw]


class Shown(Struct):
    """A product and its variants."""

    handle: str | None
    variants: list[Named]


class Page(Struct):
    """Products that are looked at."""

    products: list[Shown]


class Ways(Struct):
    """The ways of shipping that a cart can take."""

    shipping_options: list[Named]


CART: Final = Decoder(CartBody).decode
COMPLETED: Final = Decoder(Completed).decode
LISTING: Final = Decoder(Listing).decode
PAGE: Final = Decoder(Page).decode
WAYS: Final = Decoder(Ways).decode
