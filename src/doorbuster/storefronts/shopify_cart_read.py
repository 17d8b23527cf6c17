"""A Shopify cart as it was told, read whole at once: what a later step relies on was there, and of its kind."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple


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


class CartLine(NamedTuple):
    """A line, and what it is a line of."""

    id: str
    variant: str
    quantity: int


class Cart(NamedTuple):
    """Amounts in units of `currency`, exact."""

    id: str
    currency: str
    total: Decimal
    """What it costs in the end, as far as Shopify can tell by now."""
    subtotal: Decimal
    codes: tuple[tuple[str, bool], ...]
    """Each code that was tried, and whether it counts."""
    lines: tuple[CartLine, ...]
    parcels: tuple[Parcel, ...]

    def quantity_of(self, variant: str) -> int:
        return sum(line.quantity for line in self.lines if line.variant == variant)

    def honours(self, code: str) -> bool:
        """Whether a code counts; Shopify does not tell small letters from capitals."""
        return any(applies and one.lower() == code.lower() for one, applies in self.codes)


def read_cart(told: Any) -> Cart:
    """From the Storefront API's `Cart`. Raises one of `answers.MALFORMED` where it lacks anything."""
    total = told["cost"]["totalAmount"]
    currency = _text(total["currencyCode"])
    return Cart(
        _text(told["id"]),
        currency,
        _amount(total["amount"]),
        _amount(told["cost"]["subtotalAmount"]["amount"]),
        tuple([(_text(one["code"]), one["applicable"] is True) for one in told["discountCodes"]]),
        tuple([_line(one) for one in told["lines"]["nodes"]]),
        tuple([_parcel(one) for one in told["deliveryGroups"]["nodes"]]),
    )


def _line(told: Any) -> CartLine:
    return CartLine(_text(told["id"]), _text(told["merchandise"]["id"]), int(told["quantity"]))


def _parcel(told: Any) -> Parcel:
    chosen = told["selectedDeliveryOption"]
    ways = [
        Way(_text(one["handle"]), one["title"], one["code"], _amount(one["estimatedCost"]["amount"]))
        for one in told["deliveryOptions"]
    ]
    return Parcel(_text(told["id"]), _text(chosen["handle"]) if chosen else None, tuple(ways))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("nothing is named")
    return value


@lru_cache(maxsize=4096, typed=True)  # a shop tells the same prices all day
def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("no amount") from None
    if not amount.is_finite():
        raise ValueError("no amount")
    return amount
