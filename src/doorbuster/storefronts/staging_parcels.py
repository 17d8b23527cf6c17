"""Where the parcels of staging shoppers go, and how: by session alone, so that every seed sees every country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PLACES: Final = (
    ("Madrid", "MD", "ES", "28001"),
    ("Wien", "W", "AT", "1010"),
    ("Berlin", "BE", "DE", "10115"),
    ("Lyon", "ARA", "FR", "69001"),
    ("Torino", "TO", "IT", "10121"),
    ("Porto", "13", "PT", "4000"),
)
_ADDRESSES: Final = tuple(
    {
        "name": "Rehearsal Shopper",
        "line_one": "1 Example Street",
        "city": city,
        "state": state,
        "country": country,
        "postal_code": postal_code,
    }
    for city, state, country, postal_code in _PLACES
)
_SHIPPING: Final = ("standard", "standard", "express")


def address_of(session: int) -> Mapping[str, str]:
    """Session i lives in the i-th place, and so on from the first again."""
    return _ADDRESSES[session % len(_ADDRESSES)]


def shipping_of(session: int) -> str:
    """One in three wants it tomorrow."""
    return _SHIPPING[session % len(_SHIPPING)]
