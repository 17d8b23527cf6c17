"""Who the shoppers of the staging shop are: where they live, where they read their mail, how their parcels go."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

from doorbuster.storefronts.base import Visit

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
_COUNTRIES_SERVED: Final = frozenset(address["country"] for address in _ADDRESSES)
_COUNTRIES: Final = ("es", "de", "gb", "us", "mx", "in", "cn", "jp", "au")
"""Whose clocks differ: in a third of them or more a shop that keeps to its own hours writes at night, at any moment."""
_SAVES_CART: Final = 0.6
"""The share of shoppers who leave their e-mail with a new cart, to find it again."""
_AWAY: Final = 0.08
"""The share whose mailbox answers by itself."""
_SHIPPING: Final = ("standard", "standard", "express")


def address_of(visit: Visit) -> Mapping[str, str]:
    """Where the scenario's pool says, if the shop delivers there; else session i lives in the i-th place, and so on
    from the first again: every seed sees every country.
    """
    home = visit.address
    if home is None or home.country not in _COUNTRIES_SERVED:
        return _ADDRESSES[visit.session % len(_ADDRESSES)]
    return {name: value for name, value in home._asdict().items() if name != "phone"}


def shipping_of(session: int) -> str:
    """One in three wants it tomorrow."""
    return _SHIPPING[session % len(_SHIPPING)]


def email_of(visit: Visit) -> str:
    """An address of this shopper's own, at a domain that no mail goes to (RFC 2606)."""
    country = _COUNTRIES[int(_drawn(visit, "country") * len(_COUNTRIES))]
    away = "+away" if _drawn(visit, "away") < _AWAY else ""
    return f"{visit.intent or f'session-{visit.session}'}{away}@{country}.example"


def saves_cart(visit: Visit) -> bool:
    return _drawn(visit, "saves cart") < _SAVES_CART


def _drawn(visit: Visit, what: str) -> float:
    """A number from 0 to 1: the same for the same shopper in every run, so not from the intent, which names it."""
    return zlib.crc32(f"{what}:{visit.session}:{visit.patience_s}".encode()) / 2**32
