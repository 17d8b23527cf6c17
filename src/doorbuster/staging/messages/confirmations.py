"""One confirmation for every paid order, as soon as it is paid."""

from __future__ import annotations

from functools import partial

from doorbuster.staging.books import Books
from doorbuster.staging.faults import confirmation_doubled, confirmation_late, confirmation_lost
from doorbuster.staging.messages.contacts import Contacts
from doorbuster.staging.messages.outgoing import Letter, Outgoing
from doorbuster.staging.orders import Order
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.virtual_clock import VirtualClock


class Confirmations:
    """Written when an order is paid; a shopper who waits at the checkout never waits for it."""

    def __init__(
        self, books: Books, contacts: Contacts, outgoing: Outgoing, clock: VirtualClock, faults: Switchboard
    ) -> None:
        self._books, self._contacts, self._outgoing, self._clock = books, contacts, outgoing, clock
        self._faults = faults

    def paid(self, order: Order) -> None:
        """Confirm an order, which also makes its shopper a buyer who is not to be reminded."""
        cart = self._books.cart(order.new.cart)
        if cart is None or cart.email is None:  # no checkout of this shop gets so far without an e-mail
            return
        self._contacts.bought(cart.email, order.at_unix_us / 1e6 + self._clock.ahead_s)
        if self._faults.hits(confirmation_lost.FAULT, order.id):
            return
        copies = 2 if self._faults.hits(confirmation_doubled.FAULT, order.id) else 1
        about = {"order_id": order.id, "intent": order.new.intent, "cart": order.new.cart}
        late_ms = self._faults.value(confirmation_late.FAULT)
        # A payment that settles once the clock was moved ahead is confirmed at that moment, not days after its order.
        write = partial(self._write, cart.email, about, self._clock.ahead_s)
        for _ in range(copies):
            if late_ms is None:
                write()
            else:
                self._clock.call_after(late_ms / 1e3, write)

    def _write(self, email: str, about: dict[str, str], since_ahead_s: float) -> None:
        self._outgoing.add(Letter("confirmation", email, self._clock.ahead_s - since_ahead_s, about))
