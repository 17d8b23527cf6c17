"""The facts that tell of messages: whom the shop could write to, and what reached them."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from doorbuster.promises.fact import Fact
from doorbuster.promises.rows import name_of, object_of, whole

YEAR_2100_US: Final = 4_102_444_800_000_000
"""A shop's clock shows less; so local times can be worked out."""


class Contact(NamedTuple):
    """A full cart whose shopper left an e-mail, as it was when they last touched it."""

    at_us: int
    cart: str
    left_unix_us: int
    """The same moment as `at_us`, on the shop's own clock: local hours are told by it."""
    since_us: int | None
    """When the shop could first write to them."""
    intent: str | None
    person: str | None
    """The same for all carts of one person."""
    zone: str | None
    """Time zone by its name in the IANA database; None where there is no such zone."""


class Message(NamedTuple):
    """A message that reached a recipient."""

    at_us: int | None
    kind: str
    order_id: str | None
    cart: str | None
    intent: str | None
    person: str | None
    purpose: str | None
    channel: str | None
    """`email`, `sms` and the like; None where the mailbox does not say."""


def read_contact(fact: Fact) -> Contact:
    """One that names no cart or no time has an empty `cart`: it must not pass for nobody."""
    detail = object_of(fact.detail)
    cart, left_us, since_us = (
        name_of(detail.get("cart")),
        whole(detail.get("left_unix_us")),
        detail.get("since_unix_us"),
    )
    if fact.at_us is None or cart is None or left_us is None or not 0 <= left_us < YEAR_2100_US:
        return Contact(0, "", 0, None, None, None, None)
    since = whole(since_us)
    since_us = None if since is None else since - left_us + fact.at_us
    person, zone = name_of(detail.get("person")), name_of(detail.get("zone"))
    known_zone = zone if zone and _is_zone(zone) else None
    return Contact(fact.at_us, cart, left_us, since_us, fact.intent, person, known_zone)


def read_message(fact: Fact) -> Message:
    detail = object_of(fact.detail)
    cart, person, purpose, channel = (name_of(detail.get(name)) for name in ("cart", "person", "purpose", "channel"))
    return Message(fact.at_us, fact.kind, fact.order_id, cart, fact.intent, person, purpose, channel)


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
