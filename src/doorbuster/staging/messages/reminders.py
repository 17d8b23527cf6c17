"""Two reminders of a cart left behind, by day, to people who left an e-mail and did not buy."""

from __future__ import annotations

from functools import partial
from typing import Final

from doorbuster.staging import orders
from doorbuster.staging.books import Books, Cart
from doorbuster.staging.faults import reminder_at_night, reminder_to_buyer
from doorbuster.staging.messages.contacts import Contact, Contacts
from doorbuster.staging.messages.local_hours import OWN_ZONE, by_day
from doorbuster.staging.messages.outgoing import Letter, Outgoing
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.virtual_clock import VirtualClock

AFTER_S: Final = (30 * 60.0, 4 * 3600.0)
"""Since the cart was left. Where the night delays the first, it delays those after it by as much."""


class Reminders:
    """One timer a cart, set when its shopper can be written to, and read anew when it goes off."""

    def __init__(
        self, books: Books, contacts: Contacts, outgoing: Outgoing, clock: VirtualClock, faults: Switchboard
    ) -> None:
        self._books, self._contacts, self._outgoing, self._clock = books, contacts, outgoing, clock
        self._faults = faults

    def cart_saved(self, cart: Cart) -> None:
        """A cart was changed: the shop hears of every one."""
        new = self._contacts.touched(cart)
        if new:
            self._clock.call_at(new.left_s + AFTER_S[0], partial(self._first_is_due, new))

    def _first_is_due(self, contact: Contact) -> None:
        """Half an hour after the cart was first touched: perhaps it has been touched since."""
        if not self._contacts.knows(contact):
            return
        if self._still_paying(contact):
            contact.left_s = self._clock.now_s()
        due_s = contact.left_s + AFTER_S[0]
        if due_s > self._clock.now_s():
            self._clock.call_at(due_s, partial(self._first_is_due, contact))
            return
        self._by_day(contact, due_s)

    def _by_day(self, contact: Contact, due_s: float) -> None:
        zone = contact.zone if self._faults.value(reminder_at_night.FAULT) is None else OWN_ZONE
        left_s = contact.left_s
        due_s = by_day(due_s, zone)
        self._clock.call_at(due_s, partial(self._remind, contact, left_s, due_s))

    def _remind(self, contact: Contact, left_s: float, due_s: float) -> None:
        if contact.left_s != left_s or self._still_paying(contact):
            self._first_is_due(contact)  # they came back while it waited for the morning
            return
        if not self._contacts.knows(contact) or (self._contacts.has_bought(contact) and not self._forgets(contact)):
            return
        about = {"cart": contact.cart, **({"intent": contact.intent} if contact.intent else {})}
        self._outgoing.add(Letter("reminder", contact.email, self._clock.ahead_s, about))
        contact.reminders += 1
        if contact.reminders < len(AFTER_S):
            gap_s = AFTER_S[contact.reminders] - AFTER_S[contact.reminders - 1]
            self._by_day(contact, due_s + gap_s)

    def _still_paying(self, contact: Contact) -> bool:
        """A payment under way, as long as the gateway has not said no, may make a buyer of them yet."""
        order = orders.of_intent(self._books, contact.intent) if contact.intent else None
        return order is not None and order.status == "pending"

    def _forgets(self, contact: Contact) -> bool:
        """The reminder_to_buyer fault: this buyer was not taken off the list."""
        return self._faults.hits(reminder_to_buyer.FAULT, contact.cart)
