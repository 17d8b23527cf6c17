"""The gateway's books: every payment, whichever protocol it came in by, and every state that it went through."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.routing import Route

from doorbuster.staging.faults import declines, timeout_after_capture
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.web import PAGE, Call, Counter, Endpoint, Reply


@dataclass(frozen=True, slots=True)
class Payment:
    """One means of payment asked for one amount, and what became of it."""

    id: str
    intent: str
    amount_minor: int
    currency: str
    """ISO 4217, three capitals."""
    source: str
    status: str
    """`authorised`, `captured`, `voided`, `refunded` or `declined`."""
    order_id: str = ""
    """The shop's own order number, where the protocol carries one."""
    history: tuple[tuple[str, int, int], ...] = field(default=())
    """(status, unix microseconds, amount_minor of this step), oldest first."""

    def moved_to(self, status: str, amount_minor: int | None = None) -> Payment:
        """The payment one step on. Without an amount the step is about all of it."""
        moved_minor = self.amount_minor if amount_minor is None else amount_minor
        return replace(self, status=status, history=(*self.history, (status, time.time_ns() // 1000, moved_minor)))

    def total_minor(self, status: str) -> int:
        """The sum of all steps of a status, e.g. of several partial refunds."""
        return sum(amount_minor for step, _, amount_minor in self.history if step == status)

    def view(self) -> dict[str, Any]:
        return {"id": self.id, "status": self.status, "amount_minor": self.amount_minor, "source": self.source}


class PaymentBooks:
    """All payments since the last reset. In memory: it is a double, and one process is all that ever asks it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._payments: dict[str, Payment] = {}

    def __len__(self) -> int:
        return len(self._payments)

    def get(self, payment: str) -> Payment | None:
        return self._payments.get(payment)

    def keep(self, payment: Payment) -> Payment:
        """Write a payment down, in place of what was known of it; it keeps its place in the read-back."""
        self._payments[payment.id] = payment
        return payment

    def page(self, call: Call) -> Reply:
        """GET /admin/payments?after=N&limit=N: oldest first."""
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        page = list(self._payments.values())[after : after + limit]
        return Reply({"payments": page, "next": after + len(page) if len(page) == limit else None})

    def routes(self, counter: Counter) -> list[Route]:
        return [Route("/admin/payments", Endpoint(counter, self.page), methods=["GET"])]


def bank_says_no(faults: Switchboard, attempt: str) -> bool:
    """Whether the bank declines an attempt to pay, where declines are switched on; the same each time for one name."""
    return faults.hits(declines.FAULT, attempt)


def captured_late_ms(faults: Switchboard, payment: str) -> float:
    """How long the answer about a payment just captured is held back, in milliseconds; 0 where no fault hits it."""
    return timeout_after_capture.LATE_MS if faults.hits(timeout_after_capture.FAULT, payment) else 0.0
