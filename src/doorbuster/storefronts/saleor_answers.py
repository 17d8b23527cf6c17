"""What a Saleor shop's answers mean: its errors come with HTTP 200, in `errors[].code` of each mutation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from doorbuster.storefronts.answers import costs, failed, no_answer, read, throttled
from doorbuster.storefronts.base import OK, Answer, Response

Payload = Mapping[str, Any]
SOLD_OUT: Final = "out of stock"
DECLINED: Final = "payment declined"
NO_CODE: Final = "no such discount code"
GONE: Final = "the checkout is gone; it may have become an order"
# The shop works, the shopper does not get what they wanted.
_BUSINESS: Final = {
    "INSUFFICIENT_STOCK": SOLD_OUT,
    "QUANTITY_GREATER_THAN_LIMIT": "more than the shop sells to one shopper",
    "PRODUCT_NOT_PUBLISHED": "not for sale",
    "PRODUCT_UNAVAILABLE_FOR_PURCHASE": "not for sale",
    "UNAVAILABLE_VARIANT_IN_CHANNEL": "not for sale",
    "VOUCHER_NOT_APPLICABLE": "discount code refused",
    "GIFT_CARD_NOT_APPLICABLE": "gift card refused",
    "SHIPPING_METHOD_NOT_APPLICABLE": "not delivered this way",
    "DELIVERY_METHOD_NOT_APPLICABLE": "not delivered this way",
    "PAYMENT_ERROR": DECLINED,
    "CHECKOUT_NOT_FULLY_PAID": "not paid in full",
}
_CONFLICT: Final = {
    "CHECKOUT_COMPLETION_IN_PROGRESS": "the checkout is being completed",
    "UNIQUE": "the payment's key was used for another payment",
    "TRANSACTION_ALREADY_PROCESSED": "the payment was processed before",
}
_MEANINGS: Final = {
    **{code: Answer("rejected", why) for code, why in _BUSINESS.items()},
    **{code: Answer("conflict", why) for code, why in _CONFLICT.items()},
    "LOGIN_ATTEMPT_DELAYED": throttled(),
}
_COMPLETING: Final = ("checkout.complete", "wallet.complete", "order.read")
_NO_SUCH_CODE: Final = ("INVALID", "NOT_FOUND")
_PAID: Final = ("CHARGE_SUCCESS", "AUTHORIZATION_SUCCESS")
_REFUSED: Final = ("CHARGE_FAILURE", "AUTHORIZATION_FAILURE")
_MORE_TO_DO: Final = ("CHARGE_ACTION_REQUIRED", "AUTHORIZATION_ACTION_REQUIRED")
_UNDER_WAY: Final = ("CHARGE_REQUEST", "AUTHORIZATION_REQUEST")


def read_data(step: str, response: Response, reading: Callable[[Payload], Answer]) -> Answer:
    """One answer's `data`; errors beside it are GraphQL's own: nothing of it may be believed."""
    no = no_answer(step, response)
    if no:
        return no

    def of(body: Any) -> Answer:
        errors = body.get("errors")
        if errors:
            return failed(step, f"the shop broke on it: {_kind(errors)}")
        return reading(body["data"])

    return read(step, response, of)


def refused(step: str, errors: Sequence[Payload]) -> Answer | None:
    """What a mutation's own errors mean; None where there are none."""
    if not errors:
        return None
    first = errors[0]
    code = str(first["code"])
    if code in _MEANINGS:
        return _MEANINGS[code]
    if code in _NO_SUCH_CODE and first.get("field") == "promoCode":
        return Answer("rejected", NO_CODE)
    if code == "NOT_FOUND" and step in _COMPLETING:
        # Saleor completes checkouts that are paid in full by itself, where its channel says so.
        return Answer("unknown", GONE)
    if code == "GRAPHQL_ERROR":
        return failed(step, "the shop broke on it: GRAPHQL_ERROR")
    return Answer("error", f"the shop refused: {code}")


def listed(products: Payload) -> Answer:
    """`ok` for a list of products that shows some."""
    return OK if products["edges"] else Answer("error", "the list shows no products")


def total_of(checkout: Payload) -> Answer:
    """`ok` with the whole price as it stands."""
    gross = checkout["totalPrice"]["gross"]
    return costs(gross["amount"], str(gross["currency"]))


def order_of(step: str, payload: Payload) -> Answer:
    """`ok` once the order can be named."""
    no = refused(step, payload["errors"])
    if no:
        return no
    order = payload["order"]
    if order is None:
        why = "the payment wants to be confirmed" if payload["confirmationNeeded"] else "there is no order in it"
        return failed(step, f"{step}: {why}")
    gross, number = order["total"]["gross"], order["number"]
    if not number or not isinstance(number, str):
        return failed(step, f"{step}: the order has no number")
    return costs(gross["amount"], str(gross["currency"]))._replace(order_id=number)


def event_of(step: str, payload: Payload) -> tuple[str, Answer]:
    """What became of a payment: `paid`, `more` (the shopper has to confirm), `under way` or `no`, and its answer."""
    no = refused(step, payload["errors"])
    if no:
        return "no", no
    kind = str(payload["transactionEvent"]["type"])
    if kind in _PAID:
        return "paid", OK
    if kind in _REFUSED:
        return "no", Answer("rejected", DECLINED)
    if kind in _MORE_TO_DO:
        return "more", failed(step, "the payment wants to be confirmed")
    if kind in _UNDER_WAY:
        return "under way", failed(step, "the payment is under way")
    return "no", failed(step, f"the payment came to {kind}")


def _kind(errors: Sequence[Payload]) -> str:
    """The name of what broke: its message may hold ids."""
    extensions = errors[0].get("extensions") or {}
    return str((extensions.get("exception") or {}).get("code") or extensions.get("code") or "GraphQL error")
