"""One Stripe test account: its objects since the last reset, the ids it gives out, and whom it tells what happened."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any

from doorbuster.staging.notifications import Outbox
from doorbuster.staging.payments import Payment, PaymentBooks
from doorbuster.staging.stripe import objects, webhooks
from doorbuster.staging.stripe.cards import CARDS, NUMBERS, Card
from doorbuster.staging.stripe.form import Form, text
from doorbuster.staging.stripe.objects import Object, compact
from doorbuster.staging.stripe.refusals import StripeRefusal, invalid, missing, no_such
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.wallet_tokens import WalletTokens


class Account:
    """Everything that a secret key opens. Every test key opens the same account."""

    def __init__(
        self, seed: int, books: PaymentBooks, tokens: WalletTokens, faults: Switchboard, outbox: Outbox
    ) -> None:
        self.books, self.tokens, self.faults, self.outbox = books, tokens, faults, outbox
        self.endpoints: dict[str, Object] = {}
        """Webhook endpoints stay through a reset: they are settings, not what happened."""
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Forget all payments; the same seed then gives out the same ids again."""
        self._seed, self._given = seed, 0
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.events: dict[str, tuple[str, bytes]] = {}
        """(type, the event as JSON): an event never changes, and as an object it would weigh several times as much."""
        self.methods: dict[str, Object] = {}
        self.cards: dict[str, Card] = {}

    def new_id(self, prefix: str) -> str:
        self._given += 1
        return f"{prefix}_{hashlib.sha256(f'{self._seed}:{self._given}'.encode()).hexdigest()[:24]}"

    def intent(self, name: str) -> Object:
        """Raises StripeRefusal 404."""
        if name not in self.intents:
            raise no_such("PaymentIntent", name, "intent")
        return self.intents[name]

    def add_method(self, card: Card) -> Object:
        made = objects.payment_method(self.new_id("pm"), card, int(time.time()))
        self.methods[made["id"]], self.cards[made["id"]] = made, card
        return made

    def method_of(self, form: Form) -> str | None:
        """The PaymentMethod that a request pays by: one there is, a test one, or card data. Raises StripeRefusal."""
        named = text(form, "payment_method")
        if named in self.methods:
            return named
        if named:
            if named not in CARDS:
                raise no_such("PaymentMethod", named, "payment_method")
            return str(self.add_method(CARDS[named])["id"])
        data = form.get("payment_method_data")
        return str(self.add_method(card_of(data))["id"]) if isinstance(data, dict) else None

    def book(self, intent: Object, status: str, amount_minor: int) -> None:
        """Write a step of a payment into the gateway's books, where promises read it."""
        metadata: Mapping[str, str] = intent["metadata"]
        known = self.books.get(intent["id"])
        payment = Payment(
            id=intent["id"],
            intent=metadata.get("intent", ""),
            amount_minor=intent["amount"],
            currency=intent["currency"].upper(),
            source=intent["payment_method"] or "",
            status="",
            order_id=metadata.get("order_id", ""),
            history=known.history if known else (),
        )
        self.books.keep(payment.moved_to(status, amount_minor))

    def tell(self, kind: str, about: Object, key: str) -> None:
        """Make an event and send it to every endpoint that wants it."""
        told = webhooks.event(self.new_id("evt"), kind, about, int(time.time()), key)
        self.events[told["id"]] = kind, compact(told)
        payment = about["id"] if about["object"] == "payment_intent" else about["payment_intent"]
        for endpoint in self.endpoints.values():
            webhooks.send(self.outbox, told, endpoint, payment)


def card_of(data: Mapping[str, Any]) -> Card:
    """The card of `payment_method_data`: a test token, a wallet's token or a test number. Raises StripeRefusal."""
    if text(data, "type") != "card":
        raise invalid("payment_method_data[type]", "This double takes cards only.")
    given = data.get("card")
    card = given if isinstance(given, dict) else {}
    token, number = text(card, "token"), text(card, "number").replace(" ", "")
    if token.startswith(WalletTokens.PREFIX):
        return Card("4242", wallet_token=token)
    if token:
        name = f"pm_card_{token.removeprefix('tok_')}"
        if name not in CARDS:
            raise no_such("token", token, "payment_method_data[card][token]")
        return CARDS[name]
    if not number:
        raise missing("payment_method_data[card]")
    if number not in NUMBERS:
        message = "The card number is none of the test cards."
        raise StripeRefusal(402, "card_error", "incorrect_number", message, param="number")
    return CARDS[NUMBERS[number]]
