"""How Stripe says no: a status, and an error whose type, code and parameter programs act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorbuster.staging.web import Headers, Refusal

INVALID = "invalid_request_error"


class StripeRefusal(Refusal):
    """A refusal in Stripe's shape. `more` are further fields of the error, e.g. `decline_code` or `payment_intent`."""

    def __init__(
        self,
        status: int,
        kind: str,
        code: str,
        message: str,
        *,
        param: str | None = None,
        more: Mapping[str, Any] | None = None,
        headers: Headers = (),
    ) -> None:
        super().__init__(status, code, message, headers=headers, param=param)
        self.kind, self.more = kind, dict(more or {})


def stripe_error(refusal: Refusal) -> dict[str, Any]:
    """The body of a refusal; one that a fault made has no type of its own and becomes an `api_error`."""
    if not isinstance(refusal, StripeRefusal):
        kind = INVALID if refusal.status < 500 else "api_error"
        return {"error": {"type": kind, "message": refusal.message}}
    code = {"code": refusal.code} if refusal.code else {}
    param = {"param": refusal.param} if refusal.param else {}
    return {"error": {"type": refusal.kind, **code, "message": refusal.message, **param, **refusal.more}}


def no_such(what: str, name: str, param: str = "id") -> StripeRefusal:
    """An id that nobody gave out; 404 where it is the address, 400 where it is a parameter."""
    status = 404 if param in ("id", "intent", "payment_intent", "charge") else 400
    return StripeRefusal(status, INVALID, "resource_missing", f"There is no {what} {name!r}.", param=param)


def missing(param: str) -> StripeRefusal:
    return StripeRefusal(400, INVALID, "parameter_missing", f"{param} is required.", param=param)


def invalid(param: str, message: str, code: str = "parameter_invalid") -> StripeRefusal:
    return StripeRefusal(400, INVALID, code, message, param=param)


def unexpected_state(intent: Mapping[str, Any], doing: str) -> StripeRefusal:
    """What a PaymentIntent cannot do in the state that it is in."""
    return StripeRefusal(
        400,
        INVALID,
        "payment_intent_unexpected_state",
        f"This PaymentIntent cannot be {doing}: its status is {intent['status']}.",
        more={"payment_intent": dict(intent)},
    )
