"""What the guest REST API of Adobe Commerce means: statuses, messages with places to fill in, ids of orders."""

from __future__ import annotations

from base64 import b64decode
from typing import Any, Final

import orjson

from doorbuster.storefronts.answers import Reading, costs, failed, read
from doorbuster.storefronts.base import OK, Answer, Response
from doorbuster.storefronts.magento_answers import by_words, coupon_refused

_COMPLETING: Final = frozenset({"checkout.complete", "wallet.complete"})


def read_rest(step: str, response: Response, reading: Reading) -> Answer:
    """The outcome of one call; `reading` gets the body of a success alone."""
    if response.status in (401, 403) and not _has_message(response.body):
        return Answer("error", f"HTTP {response.status}")  # turned away before the shop saw it

    def whole(body: Any) -> Answer:
        return _refused(step, response.status, body) if response.status >= 300 else reading(body)

    return read(step, response, whole)


def _refused(step: str, status: int, body: Any) -> Answer:
    said = f"{body['message']} {body.get('parameters') or ''}"
    told = by_words(step, said)
    if told:
        return told
    if step == "cart.discount" and status in (400, 404):
        return coupon_refused(said)
    if step in _COMPLETING and status in (400, 404):
        # 404: the cart is no active one any more, which it is not after it was ordered either. 400: something went
        # wrong on the way, and the answer does not say how far it came.
        return failed(step, f"{step}: HTTP {status}")
    return Answer("error", f"{step}: HTTP {status}")


def read_totals(totals: Any) -> Answer:
    """What the cart costs by now."""
    return costs(totals["grand_total"], str(totals["quote_currency_code"]))


def read_true(body: Any) -> Answer:
    """`ok` where the shop says so; some routes answer with an id, others with true."""
    if not body or isinstance(body, dict | list):
        raise ValueError
    return OK


def entity_id(body: Any) -> str:
    """An order's id, which comes as a number or as digits. Raises ValueError."""
    if not str(body).isdigit():
        raise ValueError
    return str(body)


def entity_id_in(order: Any) -> Answer:
    """The same id out of GraphQL's, which is its digits in Base64, with the order's total."""
    identity = entity_id(b64decode(order["id"], validate=True).decode("ascii"))
    total = order["total"]["grand_total"]
    return costs(total["value"], str(total["currency"]))._replace(order_id=identity)


def _has_message(body: bytes) -> bool:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(told, dict) and "message" in told
