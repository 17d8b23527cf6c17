"""What Redsys does with money: pays, holds, confirms, gives back, lets go, and never uses an order number twice."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorbuster.staging.payments import Payment, PaymentBooks, bank_says_no
from doorbuster.staging.redsys.request import CURRENCIES, Request, SisError
from doorbuster.staging.switchboard import Switchboard

DECLINED: Final = "0190"
"""Ds_Response of a bank that says no and not why."""
CARDS: Final[Mapping[str, str]] = {
    "4000000000000002": DECLINED,
    "4000000000009995": "0116",  # not enough money
    "4000000000000069": "0101",  # expired
    "4000000000000127": "0129",  # wrong security code
}
"""Card number to the Ds_Response that it gets; every other number pays. The numbers are ours, the codes Redsys's."""
_SUCCESS: Final[Mapping[str, str]] = {"0": "0000", "1": "0000", "2": "0900", "3": "0900", "9": "0400"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One request that was carried out, or declined by the bank."""

    request: Request
    response: str
    """Ds_Response, four digits."""
    authorisation: str
    """Ds_AuthorisationCode, six digits, or six spaces where there is none."""
    at_unix_s: float
    captured: bool
    """Whether money moved to the shop by this."""

    @property
    def approved(self) -> bool:
        return self.response in _SUCCESS.values()


def payment_of(request: Request) -> str:
    """The id in the books of the payment that a request is about."""
    return f"redsys-{request.merchant}-{int(request.terminal)}-{request.order}"


class Acquirer:
    """All operations since the last reset, by shop, terminal and order."""

    def __init__(self, books: PaymentBooks, faults: Switchboard) -> None:
        self._books, self._faults = books, faults
        self.reset()

    def reset(self) -> None:
        self._operations: dict[tuple[str, str, str], list[Operation]] = {}
        self.asked = 0
        """Requests with a good signature so far, those refused included."""

    def operations(self, merchant: str, terminal: str, order: str) -> list[Operation]:
        """What happened to one order, oldest first; empty for an order that never came."""
        return self._operations.get((merchant, str(int(terminal)), order), [])

    def carry_out(self, request: Request) -> Operation:
        """Do what a request asks. Raises SisError where Redsys refuses; a bank's no is an Operation like any other."""
        before = self.operations(request.merchant, request.terminal, request.order)
        self.asked += 1
        name = payment_of(request)
        payment = self._books.get(name)
        if request.kind in ("0", "1"):
            # Also after a decline, and whatever the amount: the number is spent.
            if before:
                raise SisError("SIS0051")
            payment = Payment(
                name, request.data, request.amount_minor, CURRENCIES[request.currency], "", "", request.order
            )
            response = CARDS.get(request.pan) or (DECLINED if bank_says_no(self._faults, name) else "0000")
            payment = payment.moved_to("authorised" if response == "0000" else "declined")
            if request.kind == "0" and response == "0000":
                payment = payment.moved_to("captured")
        else:
            payment = _after(request, before, payment)
            response = _SUCCESS[request.kind]
        self._books.keep(payment)
        approved = response in _SUCCESS.values()
        operation = Operation(
            request,
            response,
            f"{zlib.crc32(f'{name} {len(before)}'.encode()) % 1_000_000:06d}" if approved else " " * 6,
            time.time(),
            approved and request.kind in ("0", "2"),
        )
        self._operations.setdefault((request.merchant, str(int(request.terminal)), request.order), []).append(operation)
        return operation


def _after(request: Request, before: list[Operation], payment: Payment | None) -> Payment:
    """The payment after a confirmation (2), refund (3) or cancellation (9). Raises SisError.

    The codes are of three families: there is nothing to act on, what there is was not authorised, or it was done
    already or would come to more than was paid.
    """
    if payment is None:
        raise SisError({"2": "SIS0059", "3": "SIS0054", "9": "SIS0225"}[request.kind])
    if CURRENCIES[request.currency] != payment.currency:
        raise SisError({"2": "SIS0058", "3": "SIS0027", "9": "SIS0226"}[request.kind])
    if request.kind == "3":
        left_minor = payment.total_minor("captured") - payment.total_minor("refunded")
        if not payment.total_minor("captured"):
            raise SisError("SIS0056")
        if not 0 < request.amount_minor <= left_minor:
            raise SisError("SIS0057")
        return payment.moved_to("refunded", request.amount_minor)
    if before[0].request.kind != "1":
        raise SisError({"2": "SIS0059", "9": "SIS0225"}[request.kind])
    if payment.status == "captured" or payment.total_minor("captured"):
        raise SisError({"2": "SIS0060", "9": "SIS0222"}[request.kind])
    if payment.status != "authorised":
        already = request.kind == "9" and payment.status == "voided"
        raise SisError("SIS0222" if already else {"2": "SIS0061", "9": "SIS0223"}[request.kind])
    if request.amount_minor > payment.amount_minor:
        raise SisError({"2": "SIS0062", "9": "SIS0226"}[request.kind])
    return payment.moved_to("captured" if request.kind == "2" else "voided", request.amount_minor)
