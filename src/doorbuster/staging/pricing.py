"""What a cart costs: items less discounts, plus shipping, plus tax, in minor units and to the cent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

TAX_PERCENT: Final = 20
"""Until the shop knows where the parcel goes."""
REGION_TAX_PERCENT: Final = {"AT": 20, "DE": 19, "ES": 21, "FR": 20, "IT": 22, "PT": 23}
"""By the country of delivery; elsewhere as above."""


@dataclass(frozen=True, slots=True)
class ShippingOption:
    """A way to have the parcel brought."""

    id: str
    title: str
    price_minor: int


SHIPPING_OPTIONS: Final = {
    option.id: option
    for option in (
        ShippingOption("standard", "Standard, three to five days", 490),
        ShippingOption("express", "Express, next working day", 1290),
    )
}
DEFAULT_SHIPPING: Final = "standard"


@dataclass(frozen=True, slots=True)
class Totals:
    """The sum and its parts; `total = items - discount + shipping + tax` by construction."""

    items_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int


def _percent_of(amount_minor: int, percent: int) -> int:
    """Half a cent rounds up, in whole numbers: floats would round some totals the other way."""
    return (amount_minor * percent + 50) // 100


def price(
    lines: Iterable[tuple[int, int]],
    percent_off: int = 0,
    shipping_minor: int = 0,
    free_shipping: bool = False,
    tax_percent: int = TAX_PERCENT,
) -> Totals:
    """Totals of (price_minor, quantity) lines.

    >>> price([(1999, 2)], percent_off=10, shipping_minor=490)
    Totals(items_minor=3998, discount_minor=400, shipping_minor=490, tax_minor=818, total_minor=4906)
    """
    items_minor = sum(price_minor * quantity for price_minor, quantity in lines)
    discount_minor = _percent_of(items_minor, percent_off)
    shipping_minor = 0 if free_shipping else shipping_minor
    taxable_minor = items_minor - discount_minor + shipping_minor
    tax_minor = _percent_of(taxable_minor, tax_percent)
    return Totals(items_minor, discount_minor, shipping_minor, tax_minor, taxable_minor + tax_minor)


def price_tax_cut_off(
    lines: Iterable[tuple[int, int]],
    percent_off: int = 0,
    shipping_minor: int = 0,
    free_shipping: bool = False,
    tax_percent: int = TAX_PERCENT,
) -> Totals:
    """The rounding_drift fault: totals as another part of a shop works them out, which cuts off half cents of tax.

    >>> price_tax_cut_off([(1999, 2)], percent_off=10, shipping_minor=490).tax_minor
    817
    """
    right = price(lines, percent_off, shipping_minor, free_shipping, tax_percent)
    taxable_minor = right.total_minor - right.tax_minor
    tax_minor = taxable_minor * tax_percent // 100
    return replace(right, tax_minor=tax_minor, total_minor=taxable_minor + tax_minor)
