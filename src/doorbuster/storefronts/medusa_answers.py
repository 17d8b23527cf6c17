"""What a Medusa shop's answers mean: an order only where its id was read, a refusal only where the shop gives a reason.

Seen in Medusa 2.21.2: a completed cart answers `type: "order"`. A payment that fails answers 200 with `type: "cart"`
where its provider raised an error, and 400 where the provider said no. A code that does not apply (used up, or for
shipping before a way of shipping is chosen) answers 200 with a cart that does not hold it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from doorbuster.storefronts import answers
from doorbuster.storefronts.answers import Reading, costs, failed
from doorbuster.storefronts.base import Answer, Response

SOLD_OUT: Final = "out of stock"
DECLINED: Final = "payment declined"
NO_SUCH_CODE: Final = "no such discount code"
USED_UP: Final = "discount code used up"
NOT_APPLIED: Final = "the discount code takes nothing off this cart"
_PAYMENT: Final = {
    "payment_authorization_error": DECLINED,
    "payment_requires_more_error": "the payment asks its shopper for more, which HTTP cannot drive",
}
# Medusa has no codes of its own for these, only sentences.
_BY_SENTENCE: Final = (
    (re.compile("Not enough stock available|does not have the required inventory"), SOLD_OUT),
    (re.compile("^Promotion usage exceeds the (budget )?limit"), USED_UP),
    (re.compile("was not authorized with the provider"), DECLINED),
    (re.compile("^The promotion code .* is invalid"), NO_SUCH_CODE),
)


def read(step: str, response: Response, reading: Reading) -> Answer:
    """The outcome of one answer; `reading` gets the body of a success and decides."""
    if 400 <= response.status < 500 and response.status != 429:
        return _refused(step, response)
    return answers.read(step, response, reading)


def _refused(step: str, response: Response) -> Answer:
    """A 4xx: nothing was done, as far as it is Medusa that says so; what stands before the shop may say anything."""
    try:
        body = orjson.loads(response.body)
        kind, sentence = str(body["type"]), str(body["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return failed(step, f"HTTP {response.status}")
    if response.status == 409:
        return Answer("conflict", "the cart is being completed by another request")
    reason = _PAYMENT.get(kind) or next((words for said, words in _BY_SENTENCE if said.search(sentence)), None)
    if reason:
        return Answer("rejected", reason)
    return Answer("error", f"HTTP {response.status} {kind if re.fullmatch('[a-z_]+', kind) else ''}".strip())


def read_completed(body: Any) -> Answer:
    """What /complete says: an order, or the cart back with what went wrong."""
    if body["type"] == "cart":
        kind = body["error"]["type"]
        return Answer("rejected", _PAYMENT[kind]) if kind in _PAYMENT else Answer("error", "the cart was given back")
    if body["type"] != "order":
        raise ValueError(body["type"])
    return priced(body["order"], order_id=named(body["order"]["id"]))


def priced(priced_body: Any, amount: str = "total", order_id: str | None = None) -> Answer:
    """`ok` with the whole price of a cart, an order or a payment collection."""
    price = costs(priced_body[amount], str(priced_body["currency_code"]).upper())
    return price if order_id is None else price._replace(order_id=order_id)


def named(value: Any) -> str:
    """An id, which is text with something in it. Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value
