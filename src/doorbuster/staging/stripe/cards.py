"""Stripe's test cards: which pay, which are declined and why, and which ask their holder to authenticate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Card:
    """What a test card does when it is charged."""

    last4: str
    brand: str = "visa"
    code: str = ""
    """Stripe's error code; empty for a card that pays."""
    decline_code: str = ""
    asks_holder: bool = False
    """Whether the holder has to authenticate (3-D Secure) before it can be charged."""
    wallet_token: str = ""
    """A token of the staging wallet, which is good for one amount and once."""


def _declined(last4: str, decline_code: str, code: str = "card_declined") -> Card:
    return Card(last4, code=code, decline_code=decline_code)


_DECLINES: Final[Mapping[str, Card]] = {
    "chargeDeclined": _declined("0002", "generic_decline"),
    "chargeDeclinedInsufficientFunds": _declined("9995", "insufficient_funds"),
    "chargeDeclinedLostCard": _declined("9987", "lost_card"),
    "chargeDeclinedStolenCard": _declined("9979", "stolen_card"),
    "chargeDeclinedVelocityLimitExceeded": _declined("6975", "card_velocity_exceeded"),
    "chargeDeclinedExpiredCard": _declined("0069", "expired_card", "expired_card"),
    "chargeDeclinedIncorrectCvc": _declined("0127", "incorrect_cvc", "incorrect_cvc"),
    "chargeDeclinedProcessingError": _declined("0119", "processing_error", "processing_error"),
}
CARDS: Final[Mapping[str, Card]] = {
    "pm_card_visa": Card("4242"),
    "pm_card_visa_debit": Card("5556"),
    "pm_card_mastercard": Card("4444", "mastercard"),
    "pm_card_amex": Card("0005", "amex"),
    "pm_card_authenticationRequired": Card("3184", asks_holder=True),
    "pm_card_threeDSecure2Required": Card("3220", asks_holder=True),
    # Stripe writes some of these with the brand and some without; both work here.
    **{f"pm_card_{name}": card for name, card in _DECLINES.items()},
    **{f"pm_card_visa_{name}": card for name, card in _DECLINES.items()},
}
"""By the name of the test PaymentMethod; `tok_...` in place of `pm_card_...` is the same card as a token."""
NUMBERS: Final[Mapping[str, str]] = {
    "4242424242424242": "pm_card_visa",
    "5555555555554444": "pm_card_mastercard",
    "378282246310005": "pm_card_amex",
    "4000002760003184": "pm_card_authenticationRequired",
    "4000000000003220": "pm_card_threeDSecure2Required",
    **{f"400000000000{card.last4}": f"pm_card_{name}" for name, card in _DECLINES.items()},
}
"""Test card number to the test PaymentMethod."""


def card_details(card: Card) -> dict[str, Any]:
    """What Stripe tells of a card both in a PaymentMethod and in a charge."""
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"doorbuster{card.last4}",
        "funding": "credit",
        "last4": card.last4,
        "regulated_status": None,
    }
