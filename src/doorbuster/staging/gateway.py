"""The payment gateway: holds money, takes it, gives it back, and never does the same thing twice for one key."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from starlette.routing import Route

from doorbuster.staging.wallet_tokens import DECLINED_CARD, WalletTokens
from doorbuster.staging.web import PAGE, Call, Counter, Endpoint, Refusal, Reply


@dataclass(frozen=True, slots=True)
class Payment:
    """One authorisation and what became of it."""

    id: str
    intent: str
    amount_minor: int
    currency: str
    source: str
    status: str
    """`authorised`, `captured`, `voided`, `refunded` or `declined`."""
    history: tuple[tuple[str, int], ...] = field(default=())
    """(status, unix microseconds), oldest first."""

    def moved_to(self, status: str) -> Payment:
        return replace(self, status=status, history=(*self.history, (status, time.time_ns() // 1000)))

    def view(self) -> dict[str, Any]:
        return {"id": self.id, "status": self.status, "amount_minor": self.amount_minor, "source": self.source}


# From where a payment is to where it may go; asking again for where it already is changes nothing.
_MOVES: Final[Mapping[str, str]] = {"captured": "authorised", "voided": "authorised", "refunded": "captured"}


class Gateway:
    """All payments since the last reset. In memory: it is a double, and one process is all that ever asks it."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.tokens = WalletTokens()
        self.reset()

    def reset(self) -> None:
        self.payments: dict[str, Payment] = {}
        self._by_key: dict[str, str] = {}
        self.tokens.reset()

    def create(self, call: Call) -> Reply:
        """POST /payments: authorise, and capture at once where asked to."""
        key, body = _key(call), call.json()
        amount_minor, currency = int(body.get("amount_minor", 0)), str(body.get("currency", ""))
        known = self._by_key.get(key)
        if known:
            payment = self.payments[known]
            if (payment.amount_minor, payment.currency) != (amount_minor, currency):
                raise Refusal(422, "idempotency_conflict", "This key was used for another amount.")
            return Reply(payment.view())
        number = len(self.payments) + 1
        card, source = str(body.get("card", "")), str(body.get("source", ""))
        declined = card == DECLINED_CARD or not (card or source)
        if source.startswith(WalletTokens.PREFIX):
            checkout = str(body.get("checkout_session_id", ""))
            declined = not self.tokens.spend(source, checkout, amount_minor, currency, time.time())
        # A card becomes a token here, so that the shop can charge it again without ever keeping the number.
        source = source or f"src_{number}"
        payment = Payment(f"pay_{number}", str(body.get("intent", "")), amount_minor, currency, source, "")
        payment = payment.moved_to("declined" if declined else "authorised")
        if body.get("capture") and not declined:
            payment = payment.moved_to("captured")
        self.payments[payment.id] = payment
        if declined:
            # Not remembered by key: the shopper may try another card for the same purchase.
            raise Refusal(402, "card_declined", "The card was declined.")
        self._by_key[key] = payment.id
        return Reply(payment.view(), 201)

    def move(self, call: Call) -> Reply:
        """POST /payments/{id}/capture, void or refund."""
        _key(call)
        payment = self.payments.get(call.path["payment"])
        if payment is None:
            raise Refusal(404, "no_such_payment", "There is no such payment.")
        wanted = {"capture": "captured", "void": "voided", "refund": "refunded"}.get(call.path["move"])
        if wanted is None:
            raise Refusal(404, "no_such_move", "A payment can be captured, voided or refunded.")
        if payment.status != wanted:
            if payment.status != _MOVES[wanted]:
                raise Refusal(422, "not_possible", f"The payment is {payment.status}.")
            payment = payment.moved_to(wanted)
            self.payments[payment.id] = payment
        return Reply(payment.view())

    def page_of_payments(self, call: Call) -> Reply:
        """GET /admin/payments?after=N&limit=N: oldest first."""
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        page = list(self.payments.values())[after : after + limit]
        return Reply({"payments": page, "next": after + len(page) if len(page) == limit else None})


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
        Route("/admin/payments", Endpoint(counter, gateway.page_of_payments), methods=["GET"]),
    ]
