"""Whoever left an e-mail and a full cart is reminded: as often as promised, on time, and by day where they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from doorbuster.promises.buyers import buyers, undecided
from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.limits import Limits
from doorbuster.promises.message_rows import YEAR_2100_US, Contact, Message
from doorbuster.promises.words import by_what, cannot_tell, found, not_heard, some

PROMISE = "reminders on time and by day"
_EARLY_S: Final = 5.0
"""A reminder may be so much early: two witnesses' clocks differ."""


def check(ledger: Ledger) -> Finding:
    """Hold the reminders of each cart against when they were due.

    Offences bear the time at which the cart was left: the reminders are hours later, beyond the run. A cart whose
    shopper's time zone is not known is only counted.
    """
    why = not_heard(ledger, "shop", "mailbox")
    if why:
        return cannot_tell(PROMISE, why)
    if not ledger.contacts_read:
        return cannot_tell(PROMISE, "the shop did not say who left an e-mail")
    if any(not contact.cart for contact in ledger.contacts):
        return cannot_tell(PROMISE, "the shop did not say of every cart left behind which it was, and when")
    sent: dict[str, list[Message]] = defaultdict(list)
    cart_of = {contact.intent: contact.cart for contact in ledger.contacts if contact.intent}
    for message in ledger.messages:
        if message.kind == "reminder":
            sent[message.cart or cart_of.get(message.intent or "") or ""].append(message)
    bought, paying = buyers(ledger), undecided(ledger)
    offences = []
    left = 0
    for contact in ledger.contacts:
        who = (contact.cart, contact.intent, contact)
        if bought.order_of(*who) or paying.order_of(*who):
            continue
        left += 1
        for what in _wrongs(contact, sent[contact.cart], ledger):
            offences.append(Offence(what, contact.at_us, contact.intent, subject=contact.cart))
    broken = f"{some(len(offences), 'reminder')} not as promised: {by_what(offences)}"
    return found(PROMISE, left, "abandoned cart", offences, broken, nothing="nobody left an e-mail and a cart")


def due_unix_s(contact: Contact, limits: Limits) -> Sequence[float]:
    """When each reminder is due. Where the night delays the first, it delays the second by as much.

    An unknown zone counts as one in which it is always day.
    """
    due_s = contact.left_unix_us / 1e6
    dues = []
    before_s = 0.0
    for after_s in (limits.first_reminder_after_s, limits.second_reminder_after_s):
        due_s = _next_day_hour(due_s + after_s - before_s, contact.zone, limits)
        before_s = after_s
        dues.append(due_s)
    return dues


def _wrongs(contact: Contact, messages: Sequence[Message], ledger: Ledger) -> list[str]:
    """What is wrong with the reminders of one cart, a word or two each."""
    limits = ledger.limits
    zero_unix_us = contact.left_unix_us - contact.at_us
    told_us = [one.at_us + zero_unix_us for one in messages if one.at_us is not None]
    times_s = sorted(at_us / 1e6 for at_us in told_us if 0 <= at_us < YEAR_2100_US)
    dues_s = due_unix_s(contact, limits)
    wrongs = ["one too many"] * max(0, len(messages) - len(dues_s))
    for at_s, due_s in zip(times_s, dues_s, strict=False):
        if not _is_day(at_s, contact.zone, limits):
            wrongs.append("at night")
        elif contact.zone and at_s > due_s + limits.reminder_within_s:
            wrongs.append("late")
        elif contact.zone and at_s < due_s - _EARLY_S:
            wrongs.append("early")
    until_us = ledger.contacts_until_us
    for due_s in dues_s[len(messages) :]:
        # What is not due yet when the books are read is not missing.
        if until_us is None or (due_s + limits.reminder_within_s) * 1e6 - zero_unix_us <= until_us:
            wrongs.append("missing")
    return wrongs


def _is_day(at_s: float, zone: str | None, limits: Limits) -> bool:
    if not zone:
        return True
    return limits.reminders_from_hour <= datetime.fromtimestamp(at_s, ZoneInfo(zone)).hour < limits.reminders_until_hour


def _next_day_hour(at_s: float, zone: str | None, limits: Limits) -> float:
    """The moment itself, or the next at which the hours for reminders begin in that zone."""
    if not zone or _is_day(at_s, zone, limits):
        return at_s
    there = datetime.fromtimestamp(at_s, ZoneInfo(zone))
    begins = there.replace(hour=limits.reminders_from_hour, minute=0, second=0, microsecond=0, fold=0)
    if begins <= there:
        begins += timedelta(days=1)
    return begins.timestamp()
