"""What Adobe Commerce's answers mean: GraphQL errors under HTTP 200, error codes without a status, orders by number."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from doorbuster.storefronts.answers import Reading, costs, failed, read, retry_after_s, throttled
from doorbuster.storefronts.base import OK, Answer, Response
from doorbuster.vocabulary import MONEY_STEPS

SOLD_OUT: Final = "out of stock"
CAPTCHA: Final = "the shop asks for a reCAPTCHA: switch it off for the rehearsal"
ALREADY_PLACED: Final = "the cart has become an order already"
_NO_SUCH: Final = "graphql-no-such-entity"
# Categories by which the shop says that it did not do it. Any other error may have come after it was done.
_REFUSALS: Final = frozenset(
    {"graphql-input", _NO_SUCH, "graphql-authorization", "graphql-authentication", "graphql-already-exists"}
)
_THROTTLED: Final = "graphql-too-many-requests"
_STOCKOUTS: Final = frozenset({"INSUFFICIENT_STOCK", "NOT_SALABLE", "ITEM_QTY"})
# The API has a code for neither: English words, as the shop's default language has them.
_SOLD_OUT_WORDS: Final = re.compile(
    r"out of stock|in stock|requested qty|requested quantity|salable|all of your products|isn.t available|"
    r"to add is not available",
    re.IGNORECASE,
)
_DECLINED_WORDS: Final = re.compile(r"declin", re.IGNORECASE)
_CAPTCHA_WORDS: Final = re.compile(r"captcha", re.IGNORECASE)
_CART_GONE_WORDS: Final = re.compile(r"cart with ID|cartId", re.IGNORECASE)


def read_graphql(step: str, response: Response, reading: Reading) -> Answer:
    """The outcome of one operation; `reading` gets its `data`, and only where the shop reported no error."""

    def whole(body: Any) -> Answer:
        if body.get("errors"):
            return _refused(step, response, body["errors"])
        if response.status >= 400:
            return Answer("error", f"HTTP {response.status}")
        return reading(body["data"])

    if 400 <= response.status < 500 and response.status not in (408, 429) and not _is_json(response.body):
        return Answer("error", f"HTTP {response.status}")  # turned away before the shop saw it
    return read(step, response, whole)


def by_words(step: str, message: str) -> Answer | None:
    """A refusal that only its text explains; None for a text that says nothing known."""
    if _CAPTCHA_WORDS.search(message):
        return Answer("error", CAPTCHA)
    if _SOLD_OUT_WORDS.search(message):
        return Answer("rejected", SOLD_OUT)
    if step in MONEY_STEPS and _DECLINED_WORDS.search(message):
        return Answer("rejected", "payment declined")
    return None


def coupon_refused(message: str) -> Answer:
    """A code that the shop does not take; a cart that it does not know is no such refusal."""
    if _CART_GONE_WORDS.search(message):
        return Answer("error", "cart.discount: the shop does not know the cart")
    return Answer("rejected", "discount code refused")


def _refused(step: str, response: Response, errors: Sequence[Mapping[str, Any]]) -> Answer:
    categories = {(error.get("extensions") or {}).get("category") for error in errors}
    if _THROTTLED in categories:
        return throttled(retry_after_s(response))
    message = str(errors[0]["message"])
    told = by_words(step, message)
    if told:
        return told
    if not categories <= _REFUSALS:
        return failed(step, f"{step}: the shop reports an error of its own")
    if step == "cart.discount" and categories <= {"graphql-input", _NO_SUCH}:
        return coupon_refused(message)
    if step in MONEY_STEPS and _NO_SUCH in categories:
        return failed(step, "the shop does not know the cart any more")  # it may have become an order
    return Answer("error", f"{step}: {', '.join(sorted(category or '' for category in categories))}")


def item_errors(step: str, errors: Sequence[Mapping[str, Any]]) -> Answer | None:
    """What `user_errors` of a cart mean; None where there is none."""
    codes = [str(error["code"]) for error in errors]
    if not codes:
        return None
    if set(codes) <= _STOCKOUTS:
        return Answer("rejected", SOLD_OUT)
    return Answer("error", f"{step}: {', '.join(sorted(set(codes)))}")


def read_cart(cart: Any) -> Answer:
    """A cart, with what it costs by now."""
    total = cart["prices"]["grand_total"]
    return costs(total["value"], str(total["currency"]))


def read_order(order: Any) -> Answer:
    """An order: its number, and its total where the shop tells it."""
    number = order["number"]
    if not isinstance(number, str) or not number:
        raise ValueError
    total = (order.get("total") or {}).get("grand_total")
    if total is None:
        return Answer("ok", order_id=number)
    return costs(total["value"], str(total["currency"]))._replace(order_id=number)


def read_placed(step: str, placed: Any, *, again: bool) -> Answer:
    """What placing an order came to; `again`: this shopper has been told of the order before."""
    errors = placed["errors"]
    if not errors:
        return read_order(placed["orderV2"])
    code, message = str(errors[0]["code"]), str(errors[0]["message"])
    if code == "CART_NOT_ACTIVE":
        # Usually the first click succeeded and its answer was lost: looked up, never counted again.
        return Answer("conflict", ALREADY_PLACED) if again else failed(step, ALREADY_PLACED)
    if code == "UNDEFINED":
        return failed(step, f"{step}: {code}")
    told = by_words(step, message) if code == "UNABLE_TO_PLACE_ORDER" else None
    return told or Answer("error", f"{step}: {code}")


def through(*calls: Callable[[], Answer]) -> Answer:
    """One after the other, until one is not `ok`; the last one's answer."""
    answer = OK
    for call in calls:
        answer = call()
        if answer.outcome != "ok":
            break
    return answer


def ok_if(right: Any) -> Answer:
    """`ok`, or ValueError where the answer is not about what was asked."""
    if not right:
        raise ValueError
    return OK


def whatever_it_says(answer: Answer) -> Answer:
    """A refused code stops nobody."""
    return OK if answer.outcome == "rejected" else answer


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return False
