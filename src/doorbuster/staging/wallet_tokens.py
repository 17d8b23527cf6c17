"""Wallet tokens: a card becomes a token good for one purchase, one shop session, one amount and a short time."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from starlette.routing import Route

from doorbuster.staging.idempotency import check_headers, protocol_error
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

DECLINED_CARD: Final = "4000000000000002"
"""The card that is always declined; any other number pays."""


@dataclass(frozen=True, slots=True)
class _Token:
    checkout: str
    most_minor: int
    currency: str
    expires_unix_s: float
    pays: bool
    spent: bool = False


class WalletTokens:
    """Tokens given out since the last reset, and what each may be spent on."""

    PREFIX: Final = "tok_stub_"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._tokens: dict[str, _Token] = {}
        self._answered: dict[str, tuple[bytes, dict[str, Any]]] = {}

    def spend(self, token: str, checkout: str, amount_minor: int, currency: str, now_unix_s: float) -> bool:
        """Use a token up; False where it is not good for this session, amount, currency, time, or was spent before."""
        known = self._tokens.get(token)
        if (
            known is None
            or known.spent
            or not known.pays
            or known.checkout != checkout
            or amount_minor > known.most_minor
            or currency.lower() != known.currency
            or now_unix_s > known.expires_unix_s
        ):
            return False
        self._tokens[token] = replace(known, spent=True)
        return True

    def delegate(self, call: Call) -> Reply:
        """POST /agentic_commerce/delegate_payment: a token for an allowance."""
        check_headers(call)
        key, body = call.header("idempotency-key"), call.json()
        if not key:
            raise Refusal(400, "idempotency_key_required", "Idempotency-Key header is required")
        fingerprint = hashlib.blake2b(call.body, digest_size=16).digest()
        if key in self._answered:
            before, answer = self._answered[key]
            if before != fingerprint:
                raise Refusal(
                    422, "idempotency_conflict", "Idempotency-Key has already been used with a different request body"
                )
            return Reply(answer, 201, ((b"idempotent-replayed", b"true"),))
        try:
            card, allowance = body["payment_method"], body["allowance"]
            token = _Token(
                checkout=str(allowance["checkout_session_id"]),
                most_minor=int(allowance["max_amount"]),
                currency=str(allowance["currency"]),
                expires_unix_s=datetime.fromisoformat(allowance["expires_at"]).timestamp(),
                pays=card["number"] != DECLINED_CARD,
            )
        except (KeyError, TypeError, ValueError):
            raise Refusal(422, "invalid_card", "payment_method or allowance is incomplete.") from None
        name = self.PREFIX + secrets.token_hex(12)
        self._tokens[name] = token
        created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        metadata = {str(key): str(value) for key, value in (body.get("metadata") or {}).items()}
        answer = {"id": name, "created": created, "metadata": metadata}
        self._answered[key] = (fingerprint, answer)
        return Reply(answer, 201)

    def routes(self, counter: Counter) -> list[Route]:
        endpoint = Endpoint(counter, self.delegate, "wallet.token", protocol_error)
        return [Route("/agentic_commerce/delegate_payment", endpoint, methods=["POST"])]
