"""Stripe's objects with every field that Stripe's own fixtures have; what this double knows nothing of is null.

Source of the fields: fixtures3.json of Stripe's published OpenAPI description (MIT), which the tests compare with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from doorbuster.staging.stripe.cards import Card, card_details

Object = dict[str, Any]
"""An API object as it travels; its handlers change it in place."""

_BILLING: Final[Mapping[str, Any]] = {
    "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


def payment_method(name: str, card: Card, created_unix_s: int) -> Object:
    return {
        "id": name,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": dict(_BILLING),
        "card": {
            **card_details(card),
            "display_brand": card.brand,
            "generated_from": None,
            "networks": {"available": [card.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": created_unix_s,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def payment_intent(name: str, secret: str, created_unix_s: int) -> Object:
    """A PaymentIntent that nothing is known of yet."""
    nothing = (
        "application application_fee_amount canceled_at cancellation_reason customer customer_account description "
        "excluded_payment_method_types last_payment_error latest_charge managed_payments next_action on_behalf_of "
        "payment_method payment_method_configuration_details processing receipt_email review setup_future_usage "
        "shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
    )
    return {
        "id": name,
        "object": "payment_intent",
        "amount": 0,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": None,
        "capture_method": "automatic",
        "client_secret": f"{name}_secret_{secret}",
        "confirmation_method": "automatic",
        "created": created_unix_s,
        "currency": "",
        "livemode": False,
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        **dict.fromkeys(nothing.split()),
    }


def charge(name: str, intent: Object, card: Card, created_unix_s: int) -> Object:
    """A charge of a PaymentIntent's whole amount, as if it went through and was not captured yet."""
    nothing = (
        "application application_fee application_fee_amount balance_transaction calculated_statement_descriptor "
        "failure_balance_transaction failure_code failure_message receipt_number receipt_url review source "
        "source_transfer"
    )
    copied = (
        "currency customer description on_behalf_of payment_method receipt_email shipping statement_descriptor "
        "statement_descriptor_suffix transfer_data transfer_group"
    )
    outcome = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    return {
        "id": name,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": dict(_BILLING),
        "captured": False,
        "created": created_unix_s,
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": outcome,
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method_details": {"card": _charged(card, intent["amount"]), "type": "card"},
        "refunded": False,
        "refunds": {"object": "list", "data": [], "has_more": False, "url": f"/v1/charges/{name}/refunds"},
        "status": "succeeded",
        **{field: intent[field] for field in copied.split()},
        **dict.fromkeys(nothing.split()),
    }


def _charged(card: Card, amount_minor: int) -> Object:
    off = {"status": "unavailable"}
    return {
        **card_details(card),
        "amount_authorized": amount_minor,
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": off,
        "installments": None,
        "mandate": None,
        "multicapture": off,
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount_minor, "status": "unavailable"},
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }


def refund(name: str, charged: Object, amount_minor: int, created_unix_s: int) -> Object:
    nothing = "balance_transaction reason receipt_number source_transfer_reversal transfer_reversal"
    copied = "currency customer payment_intent payment_method"
    return {
        "id": name,
        "object": "refund",
        "amount": amount_minor,
        "charge": charged["id"],
        "created": created_unix_s,
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "status": "succeeded",
        **{field: charged[field] for field in copied.split()},
        **dict.fromkeys(nothing.split()),
    }


def compact(row: Object) -> bytes:
    """An object as JSON to be kept: a copy, as orjson's own bytes hold on to all the room that it had reserved."""
    return bytes(memoryview(orjson.dumps(row)))


def page_of(url: str, rows: list[Object], more: bool) -> Object:
    """A list as Stripe answers it."""
    return {"object": "list", "data": rows, "has_more": more, "url": url}
