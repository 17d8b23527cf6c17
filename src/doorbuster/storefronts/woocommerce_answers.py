"""What WooCommerce's Store API means: rate limits under 400, changed carts under 409, orders that wait for money."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final

import orjson

from doorbuster.storefronts.answers import Reading, costs, failed, read, retry_after_s, throttled, understood
from doorbuster.storefronts.base import Answer, Response
from doorbuster.vocabulary import MONEY_STEPS

SOLD_OUT: Final = "out of stock"
WAITS: Final = "the order still waits for its payment"
PAID: Final = frozenset({"processing", "completed", "on-hold"})
"""`on-hold` is an order by cheque or bank transfer: its goods are taken off the shelf, its money is yet to come."""
FAILED: Final = frozenset({"failed", "cancelled"})
_STOCK: Final = re.compile(r"out_of_stock|not_enough_stock|no_stock|not_purchasable")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")


def read_store(step: str, response: Response, reading: Reading) -> Answer:
    """The outcome of one call; `reading` gets the body of a success alone."""
    if 200 <= response.status < 300 and not response.failure:
        return understood(step, response, reading)
    told = _error_in(response) if response.status >= 400 else None
    if told and told.get("code") == "rate_limit_exceeded":
        # With status 400 in the versions that were read, whatever the documentation says.
        return throttled(_again_s(response))
    if response.status in (401, 403) and told is None:
        return Answer("error", f"HTTP {response.status}")  # turned away before the shop saw it
    return read(step, response, partial(_refused, step, response.status))


def _again_s(response: Response) -> float | None:
    said = response.headers.get("ratelimit-retry-after", "").strip()
    return float(said) if said.isdigit() else retry_after_s(response)


def _error_in(response: Response) -> Mapping[str, Any] | None:
    """The body of a refusal, where it is one of the shop's own."""
    try:
        body = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) and isinstance(body.get("code"), str) else None


def _refused(step: str, status: int, body: Any) -> Answer:
    codes = [str(body["code"]), *(str(more["code"]) for more in body.get("additional_errors") or ())]
    code = codes[0] if _CODE.fullmatch(codes[0]) else f"HTTP {status}"
    if any(map(_STOCK.search, codes)):
        return Answer("rejected", SOLD_OUT)
    if status == 409:
        return Answer("conflict", code)
    if step == "cart.discount" and status == 400 and "coupon" in code:
        return Answer("rejected", "discount code refused")
    if status == 402 and step in MONEY_STEPS:
        return Answer("rejected", "payment declined")
    if code == "woocommerce_rest_checkout_process_payment_error":
        return failed(step, "the payment method failed on the way")  # the order tells how far it came
    return Answer("error", f"{step}: {code}")


def read_cart(cart: Any) -> Answer:
    """A cart or an order, with its whole price: a text in the minor units that the shop itself counts in."""
    totals = cart["totals"]
    return _costs(totals["total_price"], totals["currency_minor_unit"], str(totals["currency_code"]))


@lru_cache(maxsize=4096, typed=True)  # a shop tells the same prices all day
def _costs(amount: Any, digits: Any, currency: str) -> Answer:
    return costs(Decimal(str(amount)).scaleb(-int(digits)), currency)


def read_paid(step: str, placed: Any, price: Answer) -> Answer:
    """What paying came to. An order under way to a payment page is `unknown`, with its address in no field: the
    adapter follows it. A gateway's `success` alone is none: it also says that a redirect went well.
    """
    order, result = placed["order_id"], placed["payment_result"]
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        raise ValueError
    said, status = result["payment_status"], placed["status"]
    if said == "success" and status in PAID:
        return price._replace(order_id=str(order))
    if said in ("success", "pending"):
        return failed(step, WAITS)
    if said == "failure":
        return Answer("rejected", "payment declined")
    if said == "error":
        return failed(step, "the payment method failed on the way")
    raise ValueError


def read_order(order: Any) -> Answer:
    """An order looked up by its key; a draft is none."""
    status = str(order["status"])
    if status in PAID:
        return read_cart(order)._replace(order_id=str(int(order["id"])))
    if status == "checkout-draft":
        return Answer("rejected", "no order: it is still a draft")
    if status in FAILED:
        return Answer("rejected", "the order has failed")
    return Answer("unknown", WAITS)
