"""Where a PaymentIntent becomes money: charged or declined, captured, let go, given back."""

from __future__ import annotations

import time
from typing import Any, Final

from doorbuster.staging.payments import bank_says_no
from doorbuster.staging.stripe import objects
from doorbuster.staging.stripe.account import Account
from doorbuster.staging.stripe.cards import Card
from doorbuster.staging.stripe.objects import Object
from doorbuster.staging.stripe.refusals import StripeRefusal, invalid, missing, unexpected_state

_CONFIRMABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE: Final = (*_CONFIRMABLE, "requires_capture", "processing")


def confirm(account: Account, intent: Object, key: str, holder_page: str, return_url: str, off_session: bool) -> None:
    """Charge a PaymentIntent, or ask the card's holder first.

    Args:
        holder_page: where the holder authenticates; the shopper is sent there.
        return_url: where the shopper goes from there, empty for an app of Stripe's own.
        off_session: whether the shopper is away, so that a card that asks its holder is declined.

    Raises StripeRefusal: 400 in a state that cannot be confirmed, 402 where the bank says no.
    """
    if intent["status"] not in _CONFIRMABLE:
        raise unexpected_state(intent, "confirmed")
    if intent["payment_method"] is None:
        raise unexpected_state(intent, "confirmed, as it has no payment method")
    card = account.cards[intent["payment_method"]]
    if card.asks_holder and not off_session:
        intent["status"] = "requires_action"
        redirect = {"return_url": return_url, "url": holder_page}
        intent["next_action"] = (
            {"type": "redirect_to_url", "redirect_to_url": redirect}
            if return_url
            else {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "url": holder_page}}
        )
        account.tell("payment_intent.requires_action", intent, key)
        return
    charge(account, intent, key, Card(card.last4, code="authentication_required") if card.asks_holder else card)


def charge(account: Account, intent: Object, key: str, card: Card) -> None:
    """Try to take the money, or to hold it where capture is manual. Raises StripeRefusal 402 when declined."""
    made = objects.charge(account.new_id("ch"), intent, card, int(time.time()))
    account.charges[made["id"]] = made
    intent["latest_charge"], intent["next_action"] = made["id"], None
    code, decline_code = card.code, card.decline_code or card.code
    if not code and bank_says_no(account.faults, made["id"]):
        code, decline_code = "card_declined", "generic_decline"
    if not code and card.wallet_token:
        checkout = intent["metadata"].get("checkout_session_id", "")
        amount = intent["amount"], intent["currency"].upper()
        if not account.tokens.spend(card.wallet_token, checkout, *amount, time.time()):
            code, decline_code = "card_declined", "transaction_not_allowed"
    if code:
        raise _declined(account, intent, key, made, (code, decline_code))
    account.book(intent, "authorised", intent["amount"])
    intent["last_payment_error"] = None
    if intent["capture_method"] == "manual":
        intent["status"], intent["amount_capturable"] = "requires_capture", intent["amount"]
        account.tell("charge.succeeded", made, key)
        account.tell("payment_intent.amount_capturable_updated", intent, key)
        return
    _take(account, intent, made, intent["amount"])
    account.tell("charge.succeeded", made, key)
    account.tell("payment_intent.succeeded", intent, key)


def _declined(account: Account, intent: Object, key: str, made: Object, codes: tuple[str, str]) -> StripeRefusal:
    code, decline_code = codes
    message = f"The card was declined ({decline_code})."
    made.update(paid=False, status="failed", failure_code=code, failure_message=message)
    made["outcome"] = {
        **made["outcome"],
        "network_status": "declined_by_network",
        "reason": decline_code,
        "seller_message": message,
        "type": "issuer_declined",
    }
    account.book(intent, "declined", intent["amount"])
    more: dict[str, Any] = {
        "charge": made["id"],
        "decline_code": decline_code,
        "payment_method": account.methods[intent["payment_method"]],
    }
    intent["last_payment_error"] = {"type": "card_error", "code": code, "message": message, **more}
    intent["status"], intent["payment_method"] = "requires_payment_method", None
    account.tell("charge.failed", made, key)
    account.tell("payment_intent.payment_failed", intent, key)
    return StripeRefusal(402, "card_error", code, message, more={**more, "payment_intent": dict(intent)})


def fail_authentication(account: Account, intent: Object) -> None:
    """The card's holder did not authenticate: no charge was tried, and another card may be."""
    message = "The holder of the card did not authenticate."
    intent["last_payment_error"] = {
        "type": "card_error",
        "code": "payment_intent_authentication_failure",
        "message": message,
        "payment_method": account.methods[intent["payment_method"]],
    }
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    account.tell("payment_intent.payment_failed", intent, "")


def _take(account: Account, intent: Object, made: Object, amount_minor: int) -> None:
    account.book(intent, "captured", amount_minor)
    made["captured"], made["amount_captured"] = True, amount_minor
    intent["status"], intent["amount_received"], intent["amount_capturable"] = "succeeded", amount_minor, 0


def capture(account: Account, intent: Object, key: str, amount_minor: int | None) -> None:
    """Take held money, all or less of it. Raises StripeRefusal 400."""
    if intent["status"] != "requires_capture":
        raise unexpected_state(intent, "captured")
    taken_minor = intent["amount_capturable"] if amount_minor is None else amount_minor
    if not 0 < taken_minor <= intent["amount_capturable"]:
        raise invalid("amount_to_capture", "More than can be captured, or nothing.", "amount_too_large")
    made = account.charges[intent["latest_charge"]]
    _take(account, intent, made, taken_minor)
    # What is not taken goes back to the shopper; Stripe shows it as refunded, though it never was the shop's.
    made["amount_refunded"] = intent["amount"] - taken_minor
    account.tell("charge.captured", made, key)
    account.tell("payment_intent.succeeded", intent, key)


def cancel(account: Account, intent: Object, key: str, reason: str) -> None:
    """Give a PaymentIntent up, and with it money that is held. Raises StripeRefusal 400."""
    if intent["status"] not in _CANCELABLE:
        raise unexpected_state(intent, "canceled")
    if intent["status"] == "requires_capture":
        account.book(intent, "voided", intent["amount_capturable"])
        made = account.charges[intent["latest_charge"]]
        made["refunded"], made["amount_refunded"] = True, made["amount"]
    intent.update(
        status="canceled",
        amount_capturable=0,
        canceled_at=int(time.time()),
        cancellation_reason=reason or None,
        next_action=None,
    )
    account.tell("payment_intent.canceled", intent, key)


def refund(account: Account, made: Object, key: str, amount_minor: int | None) -> Object:
    """Give money back, all that is left of a charge or some of it. Raises StripeRefusal 400."""
    if not made["captured"]:
        raise missing("a captured charge")
    refunded_minor = sum(row["amount"] for row in made["refunds"]["data"])
    left_minor = made["amount_captured"] - refunded_minor
    if not left_minor:
        raise invalid("charge", "The charge has been refunded already.", "charge_already_refunded")
    back_minor = left_minor if amount_minor is None else amount_minor
    if not 0 < back_minor <= left_minor:
        raise invalid("amount", f"The amount must be between 1 and {left_minor}.", "amount_too_large")
    back = objects.refund(account.new_id("re"), made, back_minor, int(time.time()))
    account.refunds[back["id"]] = back
    made["refunds"]["data"].insert(0, back)
    made["amount_refunded"] += back_minor
    made["refunded"] = made["amount_refunded"] == made["amount"]
    account.book(account.intents[made["payment_intent"]], "refunded", back_minor)
    account.tell("charge.refunded", made, key)
    return back
