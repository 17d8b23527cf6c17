"""A shop that turns shoppers away says so in the answer's status: a "come back later" is no success."""

from __future__ import annotations

from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.words import cannot_tell, found, not_heard, shoppers_were

PROMISE = "a refusal says so"


def check(ledger: Ledger) -> Finding:
    """Shoppers who were sent away by an answer whose status said that all was well: no cache or monitor notices."""
    offences = [
        Offence(f"turned away in {one.step}", one.at_us, one.intent, session=one.session) for one in ledger.turned_away
    ]
    why = not_heard(ledger, "run")
    if why and not offences:
        return cannot_tell(PROMISE, why)
    answers = sum(one.answers for one in ledger.paces) + len(offences)
    return found(PROMISE, answers, "answer", offences, f"{shoppers_were(offences)} turned away by a page that said 200")
