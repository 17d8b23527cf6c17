"""The fiscal register: confirms each sale with a receipt number, the same one however often it is asked."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.routing import Route

from doorbuster.staging.web import PAGE, Call, Counter, Endpoint, Refusal, Reply


@dataclass(frozen=True, slots=True)
class Receipt:
    """One sale, registered."""

    number: int
    sale: str
    amount_minor: int
    currency: str
    at_unix_us: int


class Register:
    """All receipts since the last reset. A plain protocol of our own: every country has another."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self.reset()

    def reset(self) -> None:
        self._receipts: dict[str, Receipt] = {}

    def confirm(self, call: Call) -> Reply:
        """POST /register/receipts {sale, amount_minor, currency}: 201 with the receipt, 200 when asked again."""
        body = call.json()
        sale, amount_minor, currency = body.get("sale"), body.get("amount_minor"), body.get("currency")
        if not isinstance(sale, str) or not sale or not isinstance(currency, str):
            raise Refusal(400, "invalid_sale", "sale and currency must be text.")
        if isinstance(amount_minor, bool) or not isinstance(amount_minor, int):
            raise Refusal(400, "invalid_amount", "amount_minor must be a whole number.")
        known = self._receipts.get(sale)
        if known is None:
            receipt = Receipt(len(self._receipts) + 1, sale, amount_minor, currency, time.time_ns() // 1000)
            self._receipts[sale] = receipt
            return Reply(receipt, 201)
        if (known.amount_minor, known.currency) != (amount_minor, currency):
            raise Refusal(409, "registered_otherwise", "This sale is registered with another amount.")
        return Reply(known)

    def page(self, call: Call) -> Reply:
        """GET /admin/receipts?after=N&limit=N: oldest first."""
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        page = list(self._receipts.values())[after : after + limit]
        return Reply({"receipts": page, "next": after + len(page) if len(page) == limit else None})

    def routes(self) -> list[Route]:
        return [
            Route("/register/receipts", Endpoint(self._counter, self.confirm, "register.receipt"), methods=["POST"]),
            Route("/admin/receipts", Endpoint(self._counter, self.page), methods=["GET"]),
        ]
