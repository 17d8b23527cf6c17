"""A Shopify cart as it was told, read whole at once: what a later step relies on was there, and of its kind.

Decoding what is read and nothing else takes half of the time that the whole answer takes.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1)]
Node = TypeVar("Node")


class Nodes(Struct, Generic[Node]):
    """How the Storefront API tells a list."""

    nodes: list[Node]


class Named(Struct):
    """Something with an id."""

    id: Text


class Amount(Struct):
    """Money in units, in a currency that is told elsewhere."""

    amount: Any


class Money(Amount, rename="camel"):
    """Money in units of its currency."""

    currency_code: Text


class Cost(Struct, rename="camel"):
    """What a cart costs: in the end, as far as Shopify can tell by now, and before shipping and tax."""

    total_amount: Money
    subtotal_amount: Amount


class Code(Struct):
    """A discount code that was tried, and whether it counts."""

    code: Text
    applicable: Any


class CartLine(Named):
    """A line, and the variant that it is a line of."""

    merchandise: Named
    quantity: int


class Chosen(Struct):
    """A parcel's way of shipping."""

    handle: Text


class Option(Struct, rename="camel"):
    """A way of shipping that a parcel can take."""

    handle: Text
    title: str | None
    code: str | None
    estimated_cost: Amount


class Group(Named, rename="camel"):
    """Goods that travel together."""

    selected_delivery_option: Chosen | None
    delivery_options: list[Option]


class Told(Named, rename="camel"):
    """The Storefront API's `Cart`."""

    cost: Cost
    discount_codes: list[Code]
    lines: Nodes[CartLine]
    delivery_groups: Nodes[Group]


class Way(NamedTuple):
    """A way of shipping."""

    handle: str
    title: str | None
    code: str | None
    amount: Decimal


class Parcel(NamedTuple):
    """Goods that travel together: Shopify's delivery group."""

    id: str
    chosen: str | None
    """Handle of its way of shipping."""
    ways: tuple[Way, ...]


class Cart(NamedTuple):
    """Amounts in units of `currency`, exact."""

    id: str
    currency: str
    total: Decimal
    """What it costs in the end, as far as Shopify can tell by now."""
    subtotal: Decimal
    codes: list[Code]
    lines: list[CartLine]
    parcels: tuple[Parcel, ...]

    def quantity_of(self, variant: str) -> int:
        return sum([line.quantity for line in self.lines if line.merchandise.id == variant])

    def honours(self, code: str) -> bool:
        """Whether a code counts; Shopify does not tell small letters from capitals."""
        return any(one.applicable is True and one.code.lower() == code.lower() for one in self.codes)


def read_cart(told: Told) -> Cart:
    """Raises ValueError where an amount is none."""
    cost, groups = told.cost, told.delivery_groups.nodes
    return Cart(
        told.id,
        cost.total_amount.currency_code,
        _amount(cost.total_amount.amount),
        _amount(cost.subtotal_amount.amount),
        told.discount_codes,
        told.lines.nodes,
        tuple([_parcel(group) for group in groups]) if groups else (),
    )


def _parcel(told: Group) -> Parcel:
    chosen = told.selected_delivery_option
    ways = [Way(one.handle, one.title, one.code, _amount(one.estimated_cost.amount)) for one in told.delivery_options]
    return Parcel(told.id, chosen.handle if chosen else None, tuple(ways))


@lru_cache(maxsize=4096, typed=True)  # a shop tells the same prices all day
def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("no amount") from None
    if not amount.is_finite():
        raise ValueError("no amount")
    return amount
