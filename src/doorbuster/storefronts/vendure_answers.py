"""What Vendure's answers mean: 200 for nearly everything, and a union member that says whether it was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from doorbuster.storefronts.answers import MALFORMED, Reading, failed, id_in, no_answer
from doorbuster.storefronts.base import Answer, Response
from doorbuster.vocabulary import Outcome

SOLD_OUT: Final = "out of stock"
PLACED: Final = frozenset(
    {
        *("PaymentAuthorized", "PaymentSettled"),
        *("PartiallyShipped", "Shipped", "PartiallyDelivered", "Delivered"),  # a warehouse was quick
    }
)
"""States of an order that was bought."""
LATE: Final = frozenset({"NO_ACTIVE_ORDER_ERROR", "ORDER_PAYMENT_STATE_ERROR", "ORDER_STATE_TRANSITION_ERROR"})
"""What the second of two clicks on "place order" is told."""
INTENT: Final = "doorbusterIntent"
"""Where a payment's metadata names the purchase intent."""
NO_ORDER: Final = Answer("rejected", "no order for this purchase intent")
_MEANS: Final[Mapping[str, tuple[Outcome, str]]] = {
    # The shop works, the shopper does not get what they wanted.
    "INSUFFICIENT_STOCK_ERROR": ("rejected", SOLD_OUT),
    "ORDER_LIMIT_ERROR": ("rejected", "more than the shop sells to one shopper"),
    "ORDER_INTERCEPTOR_ERROR": ("rejected", "refused by a rule of the shop's"),
    "COUPON_CODE_INVALID_ERROR": ("rejected", "no such discount code"),
    "COUPON_CODE_EXPIRED_ERROR": ("rejected", "discount code expired"),
    "COUPON_CODE_LIMIT_ERROR": ("rejected", "discount code used up"),
    "COUPON_REMOVED_DURING_CHECKOUT_ERROR": ("rejected", "a discount code was gone when it came to paying"),
    "EMAIL_ADDRESS_CONFLICT_ERROR": ("rejected", "the e-mail address belongs to an account"),
    "GUEST_CHECKOUT_ERROR": ("rejected", "the shop takes no guests"),
    "INELIGIBLE_SHIPPING_METHOD_ERROR": ("rejected", "the way of shipping is not offered"),
    "INELIGIBLE_PAYMENT_METHOD_ERROR": ("rejected", "the way of payment is not offered"),
    "PAYMENT_DECLINED_ERROR": ("rejected", "payment declined"),
    # The shop says itself that no money moved: no order is to be looked up.
    "PAYMENT_FAILED_ERROR": ("error", "the payment failed at the provider"),
    # Another request of the same shopper got there first.
    "ORDER_MODIFICATION_ERROR": ("conflict", "the order is being paid"),
    "ORDER_PAYMENT_STATE_ERROR": ("conflict", "the order is not waiting for a payment"),
}
_LOGGED_OUT: Final = frozenset({"INVALID_CREDENTIALS_ERROR", "NOT_VERIFIED_ERROR", "NATIVE_AUTH_STRATEGY_ERROR"})
_OUT_OF_STOCK_REASONS: Final = ("insufficient stock", "out of stock")


def read_data(step: str, response: Response, reading: Reading) -> Answer:
    """The outcome of one operation; `reading` gets its `data`. Errors of GraphQL's own make all of it a failure."""
    no = no_answer(step, response)
    if no:
        return no
    try:
        body = orjson.loads(response.body)
        if body.get("errors"):
            return failed(step, f"{step}: {_code(body['errors'][0])}")
        if response.status >= 300:
            return failed(step, f"HTTP {response.status}")
        return reading(body["data"])
    except MALFORMED:
        return failed(step, f"{step}: the answer lacks what it must say")


def refusal(step: str, member: Mapping[str, Any], done: str = "Order") -> Answer | None:
    """What a union member other than the one that was hoped for means; None for that. Raises KeyError for neither."""
    if member["__typename"] == done:
        return None
    code = str(member["errorCode"])
    if code in _MEANS:
        return Answer(*_MEANS[code])
    if code == "ORDER_STATE_TRANSITION_ERROR":
        reason = str(member.get("transitionError") or "").lower()
        if any(words in reason for words in _OUT_OF_STOCK_REASONS):
            return Answer("rejected", SOLD_OUT)
    if code in _LOGGED_OUT:
        return Answer("error", f"{step}: the customer could not log in ({code})")
    # Also NO_ACTIVE_ORDER_ERROR: after a payment whose answer was lost, the order is no longer active. Looked up by
    # its code where money is at stake.
    return failed(step, f"{step}: {code}")


def placed(step: str, order: Mapping[str, Any]) -> Answer:
    """An order that was bought, with its code and its whole price; anything else is no success."""
    if order["state"] not in PLACED:
        return failed(step, f"{step}: the order is not placed ({order['state']})")
    if not order["code"]:
        return failed(step, f"{step}: the order has no code")
    return priced(order)._replace(order_id=id_in(order["code"]))


def priced(order: Mapping[str, Any]) -> Answer:
    """What an order costs as it stands, tax and shipping included. Vendure speaks of minor units."""
    return Answer("ok", total_minor=int(order["totalWithTax"]), currency=str(order["currencyCode"]))


def _code(error: Mapping[str, Any]) -> str:
    """What kind of failure GraphQL speaks of; its message may hold ids."""
    return str((error.get("extensions") or {}).get("code") or "an error without a code")
