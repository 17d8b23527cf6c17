"""What answers by the Universal Commerce Protocol mean: a refusal is a 200 with messages; status and order id decide.

Source: the states, message severities and errors of the protocol's schemas, version 2026-04-08.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from msgspec import ValidationError

from doorbuster.storefronts.answers import failed, id_in, no_answer, retry_after_s, throttled, understood
from doorbuster.storefronts.base import Answer, Response
from doorbuster.storefronts.ucp_shapes import SAID, Checkout, Message, Priced, Said
from doorbuster.vocabulary import MONEY_STEPS

POLL_S: Final = 1.0
"""How often an agent asks after a purchase that the shop is still at; the protocol names no interval."""
NO_ORDER: Final = Answer("rejected", "no order for this purchase intent")
_WORDS: Final = {
    "out_of_stock": "out of stock",
    "item_unavailable": "out of stock",
    "payment_failed": "payment declined",
    "payment_declined": "payment declined",
    "address_undeliverable": "not delivered to where this shopper lives",
    "identity_required": "the shop asks the buyer to sign in",
    "eligibility_invalid": "a benefit that the buyer does not have",
}
_SEVERITY: Final = {
    "recoverable": "the shop refused it",
    "requires_buyer_input": "the shop asks for the buyer, on a page of its own",
    "requires_buyer_review": "the shop asks the buyer to look again, on a page of its own",
    "unrecoverable": "the shop refused it for good",
}
_OVER: Final = {
    "requires_escalation": _SEVERITY["requires_buyer_input"],
    "canceled": "the shop canceled the checkout",
}


def read_ucp(
    step: str, response: Response, reading: Callable[[Any], Answer], decode: Callable[[bytes], Said]
) -> Answer:
    """The outcome of one answer; `reading` gets what `decode` takes of a 2xx that is no error by its own word."""

    def by_its_word(body: bytes) -> Answer:
        try:
            said = decode(body)
        except ValidationError:
            # An error has nothing else in it; neither needs a refusal.
            said = SAID(body)
            refusal = refusal_in(said)
            if refusal is None and said.ucp.status != "error":
                raise
            return refusal or failed(step, f"{step}: the shop says no more than error")
        if said.ucp.status == "error":
            return refusal_in(said) or failed(step, f"{step}: the shop says no more than error")
        return reading(said)

    return turned_away(step, response) or understood(step, response, by_its_word, bytes)


def turned_away(step: str, response: Response) -> Answer | None:
    """What the status alone says; None for what the body has to say."""
    status = response.status
    if 200 <= status < 300 and not response.failure:
        return None
    if status == 503 and step not in MONEY_STEPS:
        return throttled(retry_after_s(response))  # the protocol's own word for "too much at once"
    no = no_answer(step, response)
    if no:
        return no
    if status == 409:
        return Answer("conflict", "another request was first", again_s=retry_after_s(response))
    return Answer("error", f"HTTP {status}") if status >= 400 else None


def refusal_in(said: Said, goes_on: bool = False) -> Answer | None:
    """The first error among the messages, or a state that stops the shopper; None for neither.

    `goes_on`: what the next request can put right stops nobody.
    """
    for message in said.messages:
        if message.type != "error" or (goes_on and _next_request_mends(message)):
            continue
        code, severity = message.code, message.severity
        if code is None or severity not in _SEVERITY:
            raise ValueError("an error without its code or its severity")
        named = code if re.fullmatch("[a-z_]{1,40}", code) else ""
        words = _WORDS.get(code) or f"{_SEVERITY[severity]} {f'({named})' if named else ''}".strip()
        return Answer("rejected", words)
    over = _OVER.get(said.status) if said.status else None
    return Answer("rejected", over) if over else None


def _next_request_mends(message: Message) -> bool:
    """Recoverable, and about something other than the goods: an address that is still to come, a code refused."""
    return message.severity == "recoverable" and message.code not in _WORDS


def ready(checkout: Checkout) -> Answer:
    """A checkout that only lacks the payment."""
    if checkout.status == "ready_for_complete":
        return refusal_in(checkout, goes_on=True) or priced(checkout)
    return refusal_in(checkout) or Answer("error", f"wallet.update: the checkout is {checkout.status}")


def priced(said: Priced) -> Answer:
    """A checkout or a cart with what it costs by now. Raises ValueError where it names no total."""
    for total in said.totals:
        if total.type == "total":
            return Answer("ok", total_minor=int(total.amount), currency=said.currency.upper())
    raise ValueError("no total")


def completed(checkout: Checkout) -> Answer:
    """200 is a decline as well as a purchase: the status and the order id decide. Still at it: asked again."""
    if checkout.status == "complete_in_progress":
        return Answer("ok", again_s=POLL_S)
    if checkout.status != "completed":
        return refusal_in(checkout) or Answer("error", f"wallet.complete: the checkout is {checkout.status}")
    return bought(checkout)


def looked_up(checkout: Checkout) -> Answer:
    """What became of a purchase that nobody answered for."""
    if checkout.status == "completed":
        return bought(checkout)
    if checkout.status == "complete_in_progress":
        return failed("wallet.complete", "the shop is still at this purchase")
    return NO_ORDER


def bought(checkout: Checkout) -> Answer:
    if checkout.order is None:
        raise ValueError("no order")
    return priced(checkout)._replace(order_id=id_in(checkout.order.id))
