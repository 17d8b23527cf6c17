"""What answers by the Agentic Commerce Protocol mean: a refusal comes with 400 and with 200; the status decides.

Source: the states, message codes and errors of the protocol's OpenAPI files, version 2026-04-17.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

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

POLL_S: Final = 1.0
"""How often a wallet asks after a purchase that the shop is still at; the protocol names no interval."""
# What the shop refuses for a business reason: the shop works, the shopper does not get what they wanted.
_BUSINESS: Final = {
    "out_of_stock": "out of stock",
    "quantity_exceeded": "more than the shop sells to one shopper",
    "payment_declined": "payment declined",
    "invalid_card": "the payment service refused the card",
    "requires_sign_in": "the shop asks the buyer to sign in",
    "requires_3ds": "the issuer asks for 3-D Secure, which needs a person",
    "intervention_required": "the shop asks for the buyer, on a page of its own",
    "age_verification_required": "the shop asks for the buyer's age",
    "approval_required": "the order waits for somebody's approval",
    "region_restricted": "not sold to where this shopper lives",
    "minimum_not_met": "the basket is below the shop's minimum",
    "maximum_exceeded": "the basket is above the shop's maximum",
    "expired": "the checkout session expired",
    "coupon_invalid": "discount code refused",
    "coupon_expired": "discount code refused",
    "low_stock": "fewer there than wanted",
}
# What stops nobody while the session goes on: what the next request brings, a code that is refused, few that are left.
_GOES_ON: Final = frozenset({"missing", "coupon_invalid", "coupon_expired", "low_stock"})
# States in which no request of a wallet helps any more.
_OVER: Final = {
    "authentication_required": _BUSINESS["requires_3ds"],
    "requires_escalation": _BUSINESS["intervention_required"],
    "pending_approval": _BUSINESS["approval_required"],
    "canceled": "the shop canceled the checkout session",
    "expired": _BUSINESS["expired"],
}
_UNDER_WAY: Final = frozenset({"complete_in_progress", "in_progress"})


def read_acp(step: str, response: Response, reading: Reading) -> Answer:
    """The outcome of one answer; `reading` gets the body of a 2xx."""
    if 200 <= response.status < 300 and not response.failure:
        return understood(step, response, reading)
    no = no_answer(step, response) or _refused(response)
    return no or understood(step, response, reading)


def _refused(response: Response) -> Answer | None:
    if response.status < 400:
        return None
    code = error_code(response)
    if response.status == 409:
        # The same request is still at work: asked again with the same key, the shop gives that one's answer.
        again_s = retry_after_s(response) if code == "idempotency_in_flight" else None
        return Answer("conflict", code or "conflict", again_s=again_s)
    if code in _BUSINESS:
        return Answer("rejected", _BUSINESS[code])
    return Answer("error", f"HTTP {response.status} {code}".strip())


def error_code(response: Response) -> str:
    """The code of an error's body; empty where it has none."""
    try:
        said = orjson.loads(response.body)["code"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return said if isinstance(said, str) else ""


def refusal_in(said: Any, passed_over: frozenset[str] = _GOES_ON) -> Answer | None:
    """The first message of a session or a cart that stops the shopper, or a state that does; None for neither."""
    for message in said.get("messages", ()):
        code = message.get("code", "")  # a message that only informs needs none
        if message["type"] != "error" or code in passed_over:
            continue
        if code == "rate_limited":
            return throttled()
        if code == "conflict":
            return Answer("conflict", "the shop says that another request was first")
        return Answer("rejected", _BUSINESS[code]) if code in _BUSINESS else Answer("error", f"the shop says {code}")
    over = _OVER.get(said.get("status", ""))
    return Answer("rejected", over) if over else None


def ready(session: Any) -> Answer:
    """A session that only lacks the payment."""
    refusal = refusal_in(session)
    if refusal:
        return refusal
    if session["status"] != "ready_for_payment":
        lacking = [message.get("param", "") for message in session["messages"] if message["type"] == "error"]
        return Answer("error", f"wallet.update: the session is {session['status']} {', '.join(lacking)}".strip())
    return priced(session)


def priced(said: Any) -> Answer:
    """A session or a cart with what it costs by now."""
    return Answer("ok", total_minor=amount_of(said), currency=said["currency"].upper())


def completed(session: Any) -> Answer:
    """200 is a decline as well as a purchase: the status and the order id decide. Still at it: asked again."""
    if session["status"] in _UNDER_WAY:
        return Answer("ok", again_s=POLL_S)
    if session["status"] != "completed":
        return refusal_in(session, frozenset()) or Answer(
            "error", f"wallet.complete: the session is {session['status']}"
        )
    return bought(session)


def looked_up(session: Any) -> Answer:
    """What became of a purchase that nobody answered for."""
    if session["status"] == "completed":
        return bought(session)
    if session["status"] in _UNDER_WAY:
        return failed("wallet.complete", "the shop is still at this purchase")
    return Answer("rejected", "no order for this purchase intent")


def bought(session: Mapping[str, Any]) -> Answer:
    return priced(session)._replace(order_id=id_in(session["order"]["id"]))
