"""Who bought, of those whom a shop can remind: by cart, by wish to buy, or by person, whatever the cart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from doorbuster.promises.ledger import Ledger
from doorbuster.promises.message_rows import Contact
from doorbuster.promises.rows import Order


class Buyers:
    """Some orders, by all that joins them to a cart left behind."""

    def __init__(self, orders: Sequence[Order], contacts: Iterable[Contact]) -> None:
        person_of = {contact.cart: contact.person for contact in contacts}
        self._by: dict[tuple[str, str], list[Order]] = defaultdict(list)
        for order in orders:
            person = person_of.get(order.cart or "")
            for kind, name in (("cart", order.cart), ("intent", order.intent), ("person", person)):
                if name:
                    self._by[kind, name].append(order)

    def order_of(self, cart: str | None, intent: str | None, contact: Contact | None) -> Order | None:
        """The first order of a cart or wish; or of its person, made since they could be reminded."""
        of_cart = [*self._of("cart", cart), *self._of("intent", intent)]
        if contact is not None:
            of_cart += self._of("intent", contact.intent)
            for order in self._of("person", contact.person):
                if order.at_us is not None and contact.since_us is not None and order.at_us >= contact.since_us:
                    of_cart.append(order)
        return min(of_cart, key=lambda order: (order.at_us is None, order.at_us or 0, order.id or ""), default=None)

    def _of(self, kind: str, name: str | None) -> list[Order]:
        return self._by.get((kind, name), []) if name else []


def buyers(ledger: Ledger) -> Buyers:
    """Those who paid."""
    return Buyers(ledger.orders, ledger.contacts)


def undecided(ledger: Ledger) -> Buyers:
    """Those whose payment may yet come: nothing is owed to them, and nothing they get is wrong."""
    return Buyers(ledger.pending, ledger.contacts)
