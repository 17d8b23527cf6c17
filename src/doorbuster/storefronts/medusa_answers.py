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
from doorbuster.storefronts.answers import Decode, Reading, costs, failed
from doorbuster.storefronts.base import Answer, Response
from doorbuster.storefronts.medusa_shapes import Completed, Priced

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


def read(step: str, response: Response, reading: Reading, decode: Decode = orjson.loads) -> Answer:
    """The outcome of one answer; `reading` gets what `decode` takes of a success and decides."""
    if 400 <= response.status < 500 and response.status not in (408, 429):
        return _refused(step, response)
    return answers.read(step, response, reading, decode)


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


def read_completed(body: Completed) -> Answer:
    """What /complete says: an order, or the cart back with what went wrong."""
    if body.type == "cart" and body.error:
        kind = body.error.type
        return Answer("rejected", _PAYMENT[kind]) if kind in _PAYMENT else Answer("error", "the cart was given back")
    if body.type != "order" or body.order is None:
        raise ValueError(body.type)
    return priced(body.order)._replace(order_id=body.order.id)


def priced(said: Priced) -> Answer:
    """`ok` with the whole price of a cart or an order."""
    return costs(said.total, said.currency_code.upper())


def named(value: Any) -> str:
    """An id, which is text with something in it. Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value
