"""The payment gateway: holds money, takes it, gives it back, and never does the same thing twice for one key."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from starlette.routing import Route

from doorbuster.staging.faults import cards_down
from doorbuster.staging.payments import Payment, PaymentBooks, bank_says_no, captured_late_ms
from doorbuster.staging.wallet_tokens import DECLINED_CARD, WalletTokens
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

METHOD_UNAVAILABLE: Final = "payment_method_unavailable"
# From where a payment is to where it may go; asking again for where it already is changes nothing.
_MOVES: Final[Mapping[str, str]] = {"captured": "authorised", "voided": "authorised", "refunded": "captured"}


class Gateway:
    """The staging shop's own plain protocol: one JSON call to authorise, one for each move after it."""

    def __init__(self, counter: Counter, books: PaymentBooks, tokens: WalletTokens) -> None:
        self.counter, self.books, self.tokens = counter, books, tokens
        self.reset()

    def reset(self) -> None:
        """Forget the keys; books and tokens are emptied by who made them."""
        self._by_key: dict[str, str] = {}

    def create(self, call: Call) -> Reply:
        """POST /payments: authorise, and capture at once where asked to."""
        key, body = _key(call), call.json()
        amount_minor, currency = int(body.get("amount_minor", 0)), str(body.get("currency", ""))
        known = self._by_key.get(key)
        if known:
            payment = self._known(known)
            if (payment.amount_minor, payment.currency) != (amount_minor, currency):
                raise Refusal(422, "idempotency_conflict", "This key was used for another amount.")
            return Reply(payment.view())
        if body.get("card") and self.counter.faults.value(cards_down.FAULT) is not None:
            raise Refusal(503, METHOD_UNAVAILABLE, "Card payments are unavailable at the moment.")
        number = len(self.books) + 1
        card, source = str(body.get("card", "")), str(body.get("source", ""))
        declined = card == DECLINED_CARD or not (card or source) or bank_says_no(self.counter.faults, f"pay_{number}")
        if source.startswith(WalletTokens.PREFIX):
            checkout = str(body.get("checkout_session_id", ""))
            declined = not self.tokens.spend(source, checkout, amount_minor, currency, time.time())
        # A card becomes a token here, so that the shop can charge it again without ever keeping the number.
        source = source or f"src_{number}"
        payment = Payment(f"pay_{number}", str(body.get("intent", "")), amount_minor, currency, source, "")
        payment = payment.moved_to("declined" if declined else "authorised")
        if body.get("capture") and not declined:
            payment = payment.moved_to("captured")
        self.books.keep(payment)
        if declined:
            # Not remembered by key: the shopper may try another card for the same purchase.
            raise Refusal(402, "card_declined", "The card was declined.")
        self._by_key[key] = payment.id
        late_ms = captured_late_ms(self.counter.faults, payment.id) if payment.status == "captured" else 0.0
        return Reply(payment.view(), 201, late_ms=late_ms)

    def move(self, call: Call) -> Reply:
        """POST /payments/{id}/capture, void or refund."""
        _key(call)
        payment = self._known(call.path["payment"])
        wanted = {"capture": "captured", "void": "voided", "refund": "refunded"}.get(call.path["move"])
        if wanted is None:
            raise Refusal(404, "no_such_move", "A payment can be captured, voided or refunded.")
        if payment.status == wanted:
            return Reply(payment.view())
        if payment.status != _MOVES[wanted]:
            raise Refusal(422, "not_possible", f"The payment is {payment.status}.")
        payment = self.books.keep(payment.moved_to(wanted))
        late_ms = captured_late_ms(self.counter.faults, payment.id) if wanted == "captured" else 0.0
        return Reply(payment.view(), late_ms=late_ms)

    def _known(self, payment: str) -> Payment:
        known = self.books.get(payment)
        if known is None:
            raise Refusal(404, "no_such_payment", "There is no such payment.")
        return known


def _key(call: Call) -> str:
    key = call.header("idempotency-key")
    if not key:
        raise Refusal(400, "idempotency_key_required", "Idempotency-Key header is required")
    return key


def routes(gateway: Gateway) -> list[Route]:
    counter = gateway.counter
    step = "gateway.payment"
    return [
        Route("/payments", Endpoint(counter, gateway.create, step), methods=["POST"]),
        Route("/payments/{payment}/{move}", Endpoint(counter, gateway.move, step), methods=["POST"]),
        *gateway.tokens.routes(counter),
    ]
