"""Nobody is reminded of a cart after buying: it makes a buyer doubt the order, or buy twice."""

from __future__ import annotations

from doorbuster.promises.buyers import buyers
from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, shoppers_were, some

PROMISE = "no reminder to a buyer"


def check(ledger: Ledger) -> Finding:
    """Every reminder that went out after its person had ordered, be it with another cart; dated by the order."""
    why = not_heard(ledger, "shop", "mailbox")
    if why:
        return cannot_tell(PROMISE, why)
    bought = buyers(ledger)
    contacts = {contact.cart: contact for contact in ledger.contacts}
    offences = []
    reminders = [message for message in ledger.messages if message.kind == "reminder"]
    for message in reminders:
        order = bought.order_of(message.cart, message.intent, contacts.get(message.cart or ""))
        if order is None or order.at_us is None or message.at_us is None or message.at_us < order.at_us:
            continue
        offences.append(Offence("reminded after buying", order.at_us, order.intent, order.id))
    nameless = sum(not (message.cart or message.intent) for message in reminders)
    if nameless and not offences:
        return cannot_tell(PROMISE, f"{some(nameless, 'reminder')} named neither a cart nor an intent")
    broken = f"{shoppers_were(offences)} reminded of a cart after buying"
    return found(PROMISE, len(reminders), "reminder", offences, broken, nothing="no reminder was sent")
