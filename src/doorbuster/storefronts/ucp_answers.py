"""What answers by the Universal Commerce Protocol mean: a refusal is a 200 with messages; status and order id decide.

Source: the states, message severities and errors of the protocol's schemas, version 2026-04-08.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from doorbuster.storefronts.answers import (
    Reading,
    amount_of,
    failed,
    id_in,
    no_answer,
    retry_after_s,
    throttled,
    understood,
)
from doorbuster.storefronts.base import Answer, Response
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


def read_ucp(step: str, response: Response, reading: Reading, plain: bool = False) -> Answer:
    """The outcome of one answer; `reading` gets the body of a 2xx that is no error by its own word.

    `plain`: it is the payment service's, whose answers do not speak of the protocol.
    """
    if response.status == 503 and step not in MONEY_STEPS:
        return throttled(retry_after_s(response))  # the protocol's own word for "too much at once"
    no = no_answer(step, response)
    if no:
        return no
    if response.status == 409:
        return Answer("conflict", "another request was first", again_s=retry_after_s(response))
    if response.status >= 400:
        return Answer("error", f"HTTP {response.status}")

    return understood(step, response, reading if plain else partial(_by_its_word, step, reading))


def _by_its_word(step: str, reading: Reading, body: Any) -> Answer:
    if body["ucp"].get("status") == "error":
        return refusal_in(body) or failed(step, f"{step}: the shop says no more than error")
    return reading(body)


def refusal_in(said: Any, goes_on: bool = False) -> Answer | None:
    """The first error among the messages, or a state that stops the shopper; None for neither.

    `goes_on`: what the next request can put right stops nobody.
    """
    for message in said.get("messages", ()):
        if message["type"] != "error" or (goes_on and _next_request_mends(message)):
            continue
        code, severity = message["code"], message["severity"]
        named = code if re.fullmatch("[a-z_]{1,40}", code) else ""
        words = _WORDS.get(code) or f"{_SEVERITY[severity]} {f'({named})' if named else ''}".strip()
        return Answer("rejected", words)
    over = _OVER.get(said.get("status", ""))
    return Answer("rejected", over) if over else None


def _next_request_mends(message: Mapping[str, Any]) -> bool:
    """Recoverable, and about something other than the goods: an address that is still to come, a code refused."""
    return message["severity"] == "recoverable" and message["code"] not in _WORDS


def ready(checkout: Any) -> Answer:
    """A checkout that only lacks the payment."""
    if checkout["status"] == "ready_for_complete":
        return refusal_in(checkout, goes_on=True) or priced(checkout)
    return refusal_in(checkout) or Answer("error", f"wallet.update: the checkout is {checkout['status']}")


def priced(said: Any) -> Answer:
    """A checkout or a cart with what it costs by now."""
    return Answer("ok", total_minor=amount_of(said), currency=said["currency"].upper())


def completed(checkout: Any) -> Answer:
    """200 is a decline as well as a purchase: the status and the order id decide. Still at it: asked again."""
    if checkout["status"] == "complete_in_progress":
        return Answer("ok", again_s=POLL_S)
    if checkout["status"] != "completed":
        return refusal_in(checkout) or Answer("error", f"wallet.complete: the checkout is {checkout['status']}")
    return bought(checkout)


def looked_up(checkout: Any) -> Answer:
    """What became of a purchase that nobody answered for."""
    if checkout["status"] == "completed":
        return bought(checkout)
    if checkout["status"] == "complete_in_progress":
        return failed("wallet.complete", "the shop is still at this purchase")
    return NO_ORDER


def bought(checkout: Any) -> Answer:
    return priced(checkout)._replace(order_id=id_in(checkout["order"]["id"]))
