"""How money and goods change hands: stock first, then the charge, then the order; once for each purchase intent."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from dataclasses import replace
from typing import Final

from doorbuster.staging import orders
from doorbuster.staging.books import Books
from doorbuster.staging.discounts import COUPONS
from doorbuster.staging.faults import (
    capture_after_timeout,
    charge_without_order,
    coupon_overuse,
    double_charge_on_retry,
    double_order,
    event_before_payment,
    oversell,
    reservation_leak,
    unheard_payments,
)
from doorbuster.staging.faults.fault import Fault
from doorbuster.staging.gateway_calls import Declined, GatewayCalls, GatewaySilent
from doorbuster.staging.messages.mail_room import MailRoom
from doorbuster.staging.orders import NewOrder, Order
from doorbuster.staging.purchase_events import PurchaseEvents
from doorbuster.staging.sales_queue import SalesQueue
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.web import Refusal

_SETTLE_EVERY_S: Final = 0.25
_SETTLE_AT_ONCE: Final = 50
_COUNTED: Final = 10_000


class Purchases:
    """The one place where orders are made."""

    def __init__(
        self,
        books: Books,
        gateway: GatewayCalls,
        events: PurchaseEvents,
        mail: MailRoom,
        sales: SalesQueue,
        faults: Switchboard,
    ) -> None:
        self._books = books
        self._gateway = gateway
        self._events = events
        self._mail = mail
        self._sales = sales
        self._faults = faults
        self._settling: dict[int, asyncio.Task[Order]] = {}
        """By order number: whoever asks about an order that is being paid for waits for the same answer."""
        self._counted: deque[tuple[str, float]] = deque(maxlen=_COUNTED)
        """Discount codes and when they were used, in monotonic seconds: what a copy that lags does not know yet."""

    def known_uses(self, code: str) -> int:
        """How often a discount code was used, as this shop knows it."""
        uses, lag_ms = self._books.uses(code), self._faults.value(coupon_overuse.FAULT)
        if lag_ms is None:
            return uses
        copied_at = time.monotonic() - lag_ms / 1e3
        return uses - sum(counted == code and at > copied_at for counted, at in self._counted)

    @property
    def running(self) -> int:
        """Payments being waited for at this moment."""
        return len(self._settling)

    async def buy(self, wish: NewOrder) -> Order:
        """The paid order of an intent: made now, or the one that it already led to.

        Raises Refusal: 422 out_of_stock, discount_code_usage_limit_reached or payment_declined, with nothing held;
        503 payment_pending when the gateway keeps silent: the order waits and the stock is held.
        """
        # From here to the pending order nothing is awaited, so that a second click always finds the first one's order.
        known = orders.of_intent(self._books, wish.intent)
        if known and wish.channel == "native" and self._faults.value(double_order.FAULT) is not None:
            known, wish = None, replace(wish, payment_key=f"{wish.intent}-{secrets.token_hex(4)}", authorisation=None)
        if known and known.status == "paid":
            return known
        if known:
            return await self._settle_once(known)
        order = self._reserve(wish)
        bank_s = event_before_payment.BANK_S if self._events.placed(order) else 0.0
        return await self._settle_once(order, bank_s)

    def cancel_all(self) -> None:
        """Stop all work on purchases, at a reset: it must not write into the new books."""
        for task in self._settling.values():
            task.cancel()
        self._settling.clear()
        self._counted.clear()

    def to_ask_about(self) -> list[Order]:
        """Orders whose payment is still open and about which the shop means to ask again, oldest first."""
        if self._faults.value(unheard_payments.FAULT) is None:
            return orders.unsettled(self._books, _SETTLE_AT_ONCE)
        waiting = orders.unsettled(self._books, -1)  # all: those that nobody asks about must not hide the others
        return [one for one in waiting if not self._struck(unheard_payments.FAULT, one.new.intent)][:_SETTLE_AT_ONCE]

    async def settle_for_ever(self) -> None:
        """Ask the gateway again about every order it never answered for, until cancelled."""
        while True:
            await asyncio.sleep(_SETTLE_EVERY_S)
            for order in self.to_ask_about():
                if order.number in self._settling:
                    continue
                try:
                    await self._settle_once(order)
                except Refusal as refusal:
                    if refusal.status == 503:
                        break  # still silent, or reset meanwhile: look again in a moment

    async def _settle_once(self, order: Order, bank_s: float = 0.0) -> Order:
        """Settle an order, or wait for whoever is at it already; a shopper who leaves stops nothing.

        `bank_s` is how long the shopper's bank keeps them before the gateway is asked.
        """
        task = self._settling.get(order.number)
        if task is None:
            task = asyncio.create_task(self._settle(order, bank_s))
            self._settling[order.number] = task
            task.add_done_callback(lambda done: self._forget(order.number, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise Refusal(503, "reset", "The shop was reset in the middle of this purchase.") from None
            raise

    def _forget(self, number: int, task: asyncio.Task[Order]) -> None:
        # After a reset the number may belong to a new order.
        if self._settling.get(number) is task:
            del self._settling[number]

    def _reserve(self, wish: NewOrder) -> Order:
        """Take stock and coupon uses and write the pending order, all or nothing."""
        wish = replace(
            wish,
            stock_late=self._faults.value(oversell.FAULT) is not None,
        )
        with self._books.transaction():
            for line in wish.lines:
                if wish.stock_late:
                    enough = self._books.units(line.variant) >= line.quantity
                else:
                    enough = self._books.take(line.variant, line.quantity)
                if not enough:
                    raise Refusal(422, "out_of_stock", "Not enough units in stock.")
            for code in wish.codes:
                limit = COUPONS[code].limit
                if limit is not None and self.known_uses(code) >= limit:
                    raise Refusal(422, "discount_code_usage_limit_reached", "The discount code is used up.")
                self._books.count_use(code)
                self._counted.append((code, time.monotonic()))
            return orders.insert(self._books, wish, time.time_ns() // 1000)

    async def _settle(self, order: Order, bank_s: float) -> Order:
        """Get the money for a pending order, and say honestly what came of it."""
        intent = order.new.intent
        if bank_s:
            await asyncio.sleep(bank_s)
        try:
            await self._collect(order.new)
        except Declined:
            raise self._fallen_through(order) from None
        except GatewaySilent:
            if self._faults.value(capture_after_timeout.FAULT) is not None:
                raise self._fallen_through(order) from None
            raise Refusal(503, "payment_pending", "The payment gateway does not answer; the order waits.") from None
        if self._struck(charge_without_order.FAULT, intent):
            with self._books.transaction():
                self._release(order)
                orders.delete(self._books, order.number)
            raise Refusal(500, "internal_error", "Something went wrong while the order was written.")
        if self._struck(unheard_payments.FAULT, intent):
            raise Refusal(503, "payment_pending", "The payment is being processed; the order waits.")
        with self._books.transaction():
            self._hand_over(order)
            orders.set_status(self._books, order.number, "paid")
            self._sales.add(order)
        paid = replace(order, status="paid")
        self._events.add(paid)
        self._mail.paid(paid)
        return paid

    async def _collect(self, wish: NewOrder) -> None:
        """Take the money. Raises Declined where it is certain that none moved, GatewaySilent where nobody knows."""
        if self._struck(reservation_leak.FAULT, wish.intent):
            raise Declined
        if wish.authorisation:
            await self._gateway.capture(wish.payment_key, wish.authorisation)
            if self._struck(double_charge_on_retry.FAULT, wish.intent):
                await self._charge(replace(wish, payment_key=f"{wish.payment_key}-again"))
        else:
            await self._charge(wish)
        if self._struck(capture_after_timeout.FAULT, wish.intent):
            raise GatewaySilent  # it has just answered, but this shop no longer listens

    async def _charge(self, wish: NewOrder) -> None:
        amount_minor = wish.totals.total_minor
        await self._gateway.charge(wish.payment_key, wish.intent, amount_minor, wish.source or "", wish.cart)

    def _struck(self, fault: Fault, intent: str) -> bool:
        return self._faults.hits(fault, intent)

    def _fallen_through(self, order: Order) -> Refusal:
        """Nobody pays for this order: it fails, and nothing is held for it any longer."""
        with self._books.transaction():
            self._release(order)
            orders.set_status(self._books, order.number, "failed")
        return Refusal(422, "payment_declined", "The payment was declined.")

    def _release(self, order: Order) -> None:
        """Put back what was taken for an order that is not to be."""
        if not order.new.stock_late and self._faults.value(reservation_leak.FAULT) is None:
            for line in order.new.lines:
                self._books.take(line.variant, -line.quantity)
        for code in order.new.codes:
            self._books.count_use(code, -1)

    def _hand_over(self, order: Order) -> None:
        """The oversell fault takes here what a sound shop took before the payment."""
        if order.new.stock_late:
            for line in order.new.lines:
                self._books.take(line.variant, line.quantity, even_if_short=True)
