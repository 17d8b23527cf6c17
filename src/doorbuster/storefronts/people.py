"""Who shops in a real shop's rehearsal: an e-mail address that marks the order as ours, and a place to live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from doorbuster.storefronts.base import Address, Visit

NOTE: Final = "Doorbuster rehearsal"
"""What an order's note or tag says, where a platform has one: whoever finds it knows that nobody waits for a parcel."""
EMAIL_DOMAIN: Final = "doorbuster.example"
"""A domain that no mail goes to (RFC 2606)."""
_ADDRESSES: Final = tuple(
    Address("Rehearsal Shopper", "1 Example Street", city, state, country, postal_code, phone)
    for city, state, country, postal_code, phone in (
        ("Madrid", "Madrid", "ES", "28001", "+34910000000"),
        ("Berlin", "Berlin", "DE", "10115", "+493023125000"),
        ("Lyon", "Rhône", "FR", "69001", "+33199001234"),
    )
)
_INTENT_OF: Final = re.compile(rf"(\d{{8}}T\d{{6}}Z-.+-\d+)@{re.escape(EMAIL_DOMAIN)}", re.IGNORECASE)
"""A run's id and a session's number: an account may be at this domain too, and names no intent."""


def email_of(visit: Visit) -> str:
    """The customer's own address, or one that names the purchase intent, so that the order can be found by it."""
    if visit.customer:
        return visit.customer.email
    return f"{visit.intent or f'session-{visit.session}'}@{EMAIL_DOMAIN}".lower()


def intent_in(email: str | None) -> str | None:
    """The purchase intent that an order's e-mail address names; None for an order that is not a guest's of ours.

    >>> intent_in("20261122t101500z-smoke-7@doorbuster.example"), intent_in("ana@shop.example")
    ('20261122T101500Z-smoke-7', None)
    >>> intent_in("returning-1@doorbuster.example"), intent_in("session-7@doorbuster.example")
    (None, None)
    """
    named = _INTENT_OF.fullmatch(email or "")
    if named is None:
        return None
    stamp, dash, rest = named[1].partition("-")
    return stamp.upper() + dash + rest  # shops write addresses in small letters, run ids begin with a UTC stamp


def address_of(visit: Visit, country: str | None = None) -> Address:
    """Where this shopper lives: from the scenario's pool, else one of ours; in `country` where one is given.

    The country is taken over a pool's: a shop that does not deliver there would refuse every order.
    """
    own = visit.address
    if own is None:
        there = _living_in(country)
        own = there[visit.session % len(there)]
    return own if country is None or own.country == country else own._replace(country=country)


@cache
def _living_in(country: str | None) -> Sequence[Address]:
    """Ours in that country; all of them where none is."""
    return [address for address in _ADDRESSES if address.country == country] or _ADDRESSES
