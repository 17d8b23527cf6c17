"""What the staging shop's answers mean: an outcome that was read from the body, in words without ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from doorbuster.storefronts.answers import LATER, MALFORMED, amount_of, id_in, retry_after_s, throttled
from doorbuster.storefronts.base import OK, Answer, Response
from doorbuster.vocabulary import MONEY_STEPS, Outcome

SOLD_OUT: Final = "out of stock"
# What the shop refuses for a business reason: the shop works, the shopper does not get what they wanted.
_BUSINESS: Final = {
    "out_of_stock": SOLD_OUT,
    "quantity_exceeded": "more than the shop sells to one shopper",
    "payment_declined": "payment declined",
    "payment_method_unavailable": "card payments unavailable",
    "discount_code_invalid": "no such discount code",
    "discount_code_already_applied": "discount code already applied",
    "discount_code_combination_disallowed": "discount code cannot be combined",
    "discount_code_usage_limit_reached": "discount code used up",
    "coupon_invalid": "discount code refused",
}
_THROTTLED: Final = "too_many_requests"
Reading = Callable[[Any], Answer]


def refused(step: str, response: Response) -> Answer | None:
    """What an answer that is not a success came to; None for a 2xx, whose body decides."""
    # On a money step no answer and a server's stumble are the same: the money may have moved.
    failed: Outcome = "unknown" if step in MONEY_STEPS else "error"
    if response.failure or not response.status:
        return Answer(failed, response.failure or "no answer")
    if 200 <= response.status < 300:
        return None
    if response.status >= 500 or response.status == 408:
        return Answer(failed, f"HTTP {response.status}")
    code = _error_says(response, "code")
    if response.status == 429:
        return throttled(retry_after_s(response))
    if response.status == 409:
        return Answer("conflict", code or "conflict")
    return (
        Answer("rejected", _BUSINESS[code], offer=_error_says(response, "offer") or None)
        if code in _BUSINESS
        else Answer("error", f"HTTP {response.status} {code}")
    )


def turned_away(step: str, response: Response) -> Answer | None:
    """A 2xx that turns its shopper away all the same; None for any other."""
    return _turned_away(step, response) if _error_says(response, "code") == _THROTTLED else None


def read_page(step: str, response: Response) -> Answer:
    """A page for people: the whole of it has to be there."""
    no = refused(step, response) or turned_away(step, response)
    if no:
        return no
    return OK if b"</html>" in response.body else Answer("error", f"{step}: the page is not whole")


def _turned_away(step: str, response: Response) -> Answer:
    """A 2xx is not success. Nothing was done, so a money step is not `unknown` either."""
    detail = {"step": step, "status": response.status}
    return Answer("throttled", LATER, noticed=(("turned_away_with_200", detail),))


def _error_says(response: Response, name: str) -> str:
    """What the shop says for programs; empty where it says nothing or no JSON."""
    try:
        return _said_in(orjson.loads(response.body), name)
    except orjson.JSONDecodeError:
        return ""


def _said_in(body: Any, name: str) -> str:
    """Under `error` natively, at the top in the wallet's protocol."""
    if not isinstance(body, dict) or ("error" not in body and name not in body):
        return ""
    error = body.get("error", body)
    said = error.get(name) if isinstance(error, dict) else None
    return said if isinstance(said, str) else ""


def read(step: str, response: Response, reading: Reading) -> Answer:
    """The outcome of one answer. A 2xx that does not hold what it must is no success either."""
    no = refused(step, response)
    if no:
        return no
    try:
        body = orjson.loads(response.body)
        return reading(body) if _said_in(body, "code") != _THROTTLED else _turned_away(step, response)
    except MALFORMED:
        return Answer("unknown" if step in MONEY_STEPS else "error", f"{step}: the answer lacks what it must say")


def read_order(body: Any) -> Answer:
    """An order, once it is paid. One that still waits for its payment is neither a success nor a failure."""
    order = body["order"]
    if order["status"] != "paid":
        return Answer("unknown", "the order still waits for its payment")
    return Answer(
        "ok", order_id=id_in(order["id"]), total_minor=int(order["totals"]["total_minor"]), currency=order["currency"]
    )


def check(right: bool) -> Answer:
    """`ok`, or ValueError where the answer is not about what was asked."""
    if not right:
        raise ValueError
    return OK


def read_cart(body: Any) -> Answer:
    """A cart, with what it costs by now."""
    return Answer("ok", total_minor=int(body["totals"]["total_minor"]), currency=body["currency"])


def refused_by_message(session: Any) -> Answer | None:
    """The business refusal that a 200 of the wallet's protocol may hold."""
    for message in session["messages"]:
        if message["type"] == "error":
            return Answer("rejected", _BUSINESS.get(message["code"], str(message["code"])))
    return None


def read_completed(session: Any) -> Answer:
    """200 is a decline as well as a purchase: the status and the order id decide."""
    if session["status"] != "completed":
        return refused_by_message(session) or Answer("error", f"wallet.complete: the session is {session['status']}")
    return Answer(
        "ok",
        order_id=id_in(session["order"]["id"]),
        total_minor=amount_of(session),
        currency=session["currency"].upper(),
    )
