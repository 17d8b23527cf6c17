"""What a Shopify answer means: its throttles come as 200, its refusals as codes, and only an order id is a purchase.

Codes and shapes: Storefront API 2026-04, read in its schema; HTTP 430 as shop owners report it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct
from msgspec.json import Decoder

from doorbuster.storefronts.answers import failed, no_answer, retry_after_s, throttled, understood
from doorbuster.storefronts.base import Answer, Response
from doorbuster.vocabulary import MONEY_STEPS

SOLD_OUT: Final = "out of stock"
NO_ORDER: Final = "no order for this purchase intent"
HOSTED: Final = "Shopify finishes this cart on its hosted checkout page only, which HTTP cannot drive"
CHALLENGE: Final = "the bank asks the buyer to confirm the payment in a browser, which HTTP cannot drive"
NO_PERMISSION: Final = (
    "the token may not complete carts: Shopify grants write_cart_payments and write_cart_wallet_payments on request"
)
_DENIED: Final = "the storefront token may not do this; give its app the access scope that Shopify names"
_TOKEN: Final = "the shop refused the storefront token; set DOORBUSTER_STOREFRONT_TOKEN"
PENDING_S: Final = 1.0
"""How long a page waits before it asks again where the platform does not say."""
_DECLINED: Final = "payment declined"
_NO_DELIVERY: Final = "no delivery to this address"
_QUANTITY: Final = "not as many as the shop sells to one shopper"
REJECTED: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("MERCHANDISE_OUT_OF_STOCK", "MERCHANDISE_NOT_ENOUGH_STOCK", "MERCHANDISE_NOT_ENOUGH_STOCK_AVAILABLE"),
            "INVENTORY_RESERVATION_ERROR",
        ),
        SOLD_OUT,
    ),
    **dict.fromkeys(("MERCHANDISE_NOT_APPLICABLE", "MERCHANDISE_PRODUCT_NOT_PUBLISHED"), "not for sale"),
    **dict.fromkeys(
        ("MAXIMUM_EXCEEDED", "MINIMUM_NOT_MET", "INVALID_INCREMENT", "MERCHANDISE_LINE_LIMIT_REACHED"), _QUANTITY
    ),
    **dict.fromkeys(
        ("PAYMENT_CARD_DECLINED", "PAYMENT_CALL_ISSUER", "PAYMENT_INSUFFICIENT_FUNDS", "PAYMENTS_CREDIT_CARD_GENERIC"),
        _DECLINED,
    ),
    **dict.fromkeys(
        (
            *("DELIVERY_NO_DELIVERY_AVAILABLE", "DELIVERY_NO_DELIVERY_AVAILABLE_FOR_MERCHANDISE_LINE"),
            "ZIP_CODE_NOT_SUPPORTED",
        ),
        _NO_DELIVERY,
    ),
    "VALIDATION_CUSTOM": "refused by a rule of the shop's own",
    "REDIRECT_TO_CHECKOUT_REQUIRED": HOSTED,
    "UNIDENTIFIED_CUSTOMER": "the shop does not know this customer",
    "CUSTOMER_DISABLED": "this customer may not log in",
}
"""Codes of all of Shopify's lists by which it refuses for a business reason; any other is an error."""
_STOCK_WARNINGS: Final = frozenset({"MERCHANDISE_OUT_OF_STOCK", "MERCHANDISE_NOT_ENOUGH_STOCK"})
Field = TypeVar("Field")
_ORDER: Final = re.compile(r"gid://shopify/Order(?:Identity)?/(\d+)(?:\?.*)?")


def meaning(step: str, code: Any) -> Answer:
    """What one of Shopify's codes means on this step."""
    if code in REJECTED:
        return Answer("rejected", REJECTED[code])
    if code == "PENDING_DELIVERY_GROUPS":
        return Answer("ok", again_s=PENDING_S)
    if code == "SERVICE_UNAVAILABLE":
        return failed(step, "the shop could not save the cart")
    return Answer("error", f"{step}: refused with {code or 'no code'}")


class Problem(Struct):
    """One of a mutation's own errors or warnings."""

    code: str | None


class Payload(Struct, rename="camel"):
    """What a mutation comes to, as far as all of them are alike."""

    user_errors: list[Problem]
    warnings: list[Problem] = []


class Said(Struct, Generic[Field]):
    """A GraphQL answer: what each field says, or GraphQL's own errors."""

    data: dict[str, Field] | None = None
    errors: list[Any] | None = None


ANYTHING: Final[Callable[[bytes], Said[Any]]] = Decoder(Said[Any]).decode


def refusal(step: str, payload: Payload) -> Answer | None:
    """What a mutation's own errors and warnings mean; None where it did as it was asked.

    A cart that took less than was asked for says so in a warning alone.
    """
    for error in payload.user_errors:
        return meaning(step, error.code)
    for warning in payload.warnings:
        if warning.code in _STOCK_WARNINGS:
            return meaning(step, warning.code)
    return None


def read_field(
    step: str,
    response: Response,
    name: str,
    reading: Callable[[Field], Answer],
    decode: Callable[[bytes], Said[Field]] = ANYTHING,
) -> Answer:
    """The outcome of one GraphQL answer; `reading` gets what the operation's one field `name` says."""

    def whole(said: Said[Field]) -> Answer:
        if said.errors:
            return _errors(step, response, said.errors)
        if said.data is None:
            raise ValueError("neither data nor errors")
        return reading(said.data[name])

    return turned_away(step, response) or understood(step, response, whole, decode)


def turned_away(step: str, response: Response) -> Answer | None:
    """What the status alone says, 430 and refusals included; None for what the body has to say."""
    if 200 <= response.status < 300:
        return None
    if response.status == 430:
        return throttled(retry_after_s(response))
    if response.failure or response.status in (0, 408, 429) or response.status >= 500:
        return no_answer(step, response)
    if response.status in (401, 403):
        return Answer("error", _TOKEN)
    if response.status >= 400:
        return Answer("error", f"HTTP {response.status}")
    return None


def _errors(step: str, response: Response, errors: Any) -> Answer:
    """GraphQL's own errors, with a 200 as a rule."""
    first = errors[0]
    code = (first.get("extensions") or {}).get("code")
    if code == "THROTTLED" or str(first.get("message", "")).strip().lower() == "throttled":
        return throttled(retry_after_s(response))
    if code == "ACCESS_DENIED":
        return Answer("error", NO_PERMISSION if step in MONEY_STEPS else _DENIED)
    return failed(step, f"{step}: GraphQL error {code or 'without a code'}")


def poll_after_s(response: Response, moment: str) -> float:
    """Seconds until a `pollAfter`, by the shop's clock where its answer carries a date.

    Raises ValueError where the moment is none.
    """
    until = datetime.fromisoformat(moment)
    said = response.headers.get("date")
    now = parsedate_to_datetime(said) if said else datetime.now(UTC)
    return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds())


def order_number(order_id: str) -> str:
    """The number by which shopper and books name one order alike. Raises ValueError where there is none.

    >>> order_number("gid://shopify/OrderIdentity/15?key=abc"), order_number("gid://shopify/Order/15")
    ('15', '15')
    """
    named = _ORDER.fullmatch(order_id)
    if named is None:
        raise ValueError("no order id")
    return named[1]
