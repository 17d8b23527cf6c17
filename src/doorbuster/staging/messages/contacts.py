"""Who left an e-mail with goods in a cart: kept so that those who leave can be reminded, and buyers be left alone."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from doorbuster.staging.books import Cart
from doorbuster.staging.messages.local_hours import zone_of


@dataclass(slots=True)
class Contact:
    """One cart whose shopper can be written to."""

    cart: str
    email: str
    intent: str | None
    zone: str
    since_s: float
    """When the shop could first write to them."""
    left_s: float
    """When they last touched the cart; unix seconds on the shop's clock, as `since_s`."""
    reminders: int = 0
    """Those that have gone out."""


class Contacts:
    """In memory: a shop looks here at every step of a checkout."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.reset()

    def reset(self) -> None:
        self._by_cart: dict[str, Contact] = {}
        self._bought_s: dict[str, float] = {}
        self._key = secrets.token_bytes(16)

    def touched(self, cart: Cart) -> Contact | None:
        """A cart was changed. Returns the contact where it is a new one."""
        known = self._by_cart.get(cart.id)
        if not cart.email or not cart.lines or cart.canceled:
            self._by_cart.pop(cart.id, None)
            return None
        now_s = self._now_s()
        if known is None:
            made = Contact(cart.id, cart.email, cart.intent, zone_of(cart), now_s, now_s)
            self._by_cart[cart.id] = made
            return made
        known.email, known.intent, known.zone = cart.email, cart.intent, zone_of(cart)
        if not known.reminders:  # who comes back after a reminder is not reminded anew
            known.left_s = now_s
        return None

    def bought(self, email: str, at_s: float) -> None:
        """Somebody has paid for an order that was made at `at_s`."""
        self._bought_s[email] = max(at_s, self._bought_s.get(email, at_s))

    def has_bought(self, contact: Contact) -> bool:
        """Whether this person bought, be it with another cart, since they could be reminded of this one."""
        at_s = self._bought_s.get(contact.email)
        return at_s is not None and at_s >= contact.since_s

    def knows(self, contact: Contact) -> bool:
        """Whether it is still in the book: carts are emptied, and the shop is reset."""
        return self._by_cart.get(contact.cart) is contact

    def page(self, after: int, most: int) -> list[dict[str, Any]]:
        """Rows without a name or an address: `person` is the same for two carts of one person, and no more."""
        listed = list(self._by_cart.values())[after : after + most]
        return [
            {
                "cart": contact.cart,
                "intent": contact.intent,
                "person": hashlib.blake2b(contact.email.encode(), key=self._key, digest_size=8).hexdigest(),
                "zone": contact.zone,
                "since_unix_us": int(contact.since_s * 1e6),
                "left_unix_us": int(contact.left_s * 1e6),
            }
            for contact in listed
        ]
