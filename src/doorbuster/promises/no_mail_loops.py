"""No machine writes to another for ever: a shop that answers automatic answers ends on every spam list."""

from __future__ import annotations

from collections import defaultdict

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.message_rows import Message
from doorbuster.promises.words import cannot_tell, found, not_heard, some

PROMISE = "no mail loops"


def check(ledger: Ledger) -> Finding:
    """Count what each recipient got of one kind about one thing: an order, a cart, or nothing in particular."""
    why = not_heard(ledger, "mailbox")
    if why:
        return cannot_tell(PROMISE, why)
    got: dict[tuple[str, ...], list[Message]] = defaultdict(list)
    for message in ledger.messages:
        if message.person:
            about = message.order_id or message.cart or message.intent or ""
            got[message.person, message.purpose or "", message.kind, about].append(message)
    if ledger.messages and not got:
        return cannot_tell(PROMISE, "the mailbox does not tell its recipients apart")
    most = ledger.limits.messages_of_a_kind
    offences = []
    worst = 0
    for (_, purpose, kind, _), messages in sorted(got.items()):
        if len(messages) > most:
            worst = max(worst, len(messages))
            at_us = min((one.at_us for one in messages if one.at_us is not None), default=None)
            # The address stays out of it; whose it is, the order or the wish to buy says where there is one.
            first, what = messages[0], "written to again and again"
            offences.append(Offence(what, at_us, first.intent, first.order_id, subject=purpose or kind))
    people = len({person for person, *_ in got})
    broken = f"{some(len(offences), 'recipient')} got more than {most} messages of one kind, the worst {worst}"
    return found(PROMISE, people, "recipient", offences, broken, nothing="no message was sent")
