"""How a shopper pays at a Saleor shop: its payment app is asked through the shop, in one call or in several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from doorbuster.storefronts.base import OK, Answer
from doorbuster.storefronts.saleor_answers import Payload, event_of, refused

_LOOK_AGAIN_S: Final = 1.0
_MOST_CONFIRMATIONS: Final = 3
"""A payment that still wants to be confirmed after so many times goes in circles."""
_DONE: Final = ("FULL", "OVERCHARGED")
Send = Callable[[str, str, Mapping[str, Any], Callable[[Payload], Answer]], Answer]
"""(step, operation, variables, reading of its data) -> answer."""


@dataclass
class SaleorPayment:
    """One purchase's payment: the same idempotency key however often it is asked for."""

    send: Send
    gateway: str
    data: Mapping[str, Any]
    confirmation: Mapping[str, Any]
    key: str | None
    _transaction: str = field(default="", init=False)
    under_way: bool = field(default=False, init=False)

    def open(self, step: str, checkout: str, amount: float) -> Answer:
        """Ask the payment app whether it is there, as the page does before it shows its form."""

        def reading(data: Payload) -> Answer:
            payload = data["paymentGatewayInitialize"]
            no = refused(step, payload["errors"])
            if no:
                return no
            config = next(one for one in payload["gatewayConfigs"] if one["id"] == self.gateway)
            if config["errors"]:
                # No money was asked for yet: this is a plain no, also on a money step.
                return Answer("error", f"the payment app is not there: {config['errors'][0]['code']}")
            return OK

        gateways = [{"id": self.gateway, "data": dict(self.data)}]
        return self.send(step, "Gateway", {"id": checkout, "amount": amount, "gateways": gateways}, reading)

    def pay(self, step: str, checkout: str, amount: float) -> Answer:
        """`ok` once the money is authorised or charged; with `again_s` while nobody knows yet."""
        if self.under_way:
            return self._looked(step, checkout)
        gateway = {"id": self.gateway, "data": dict(self.data)}
        wanted = {"id": checkout, "gateway": gateway, "amount": amount, "key": self.key}
        went, answer = self._asked(step, "Pay", "transactionInitialize", wanted)
        for _ in range(_MOST_CONFIRMATIONS):
            if went != "more":
                break
            confirm = {"id": self._transaction, "data": dict(self.confirmation)}
            went, answer = self._asked(step, "Process", "transactionProcess", confirm)
        self.under_way = went == "under way"
        return Answer("ok", again_s=_LOOK_AGAIN_S) if self.under_way else answer

    def _asked(self, step: str, operation: str, name: str, variables: Mapping[str, Any]) -> tuple[str, Answer]:
        went = ["no"]

        def reading(data: Payload) -> Answer:
            payload = data[name]
            went[0], answer = event_of(step, payload)
            if went[0] == "more":
                self._transaction = str(payload["transaction"]["id"])
            return answer

        answer = self.send(step, operation, variables, reading)
        return went[0], answer

    def _looked(self, step: str, checkout: str) -> Answer:
        """The payment app tells the shop by itself when it is done; the page looks until then."""

        def reading(data: Payload) -> Answer:
            now = data["checkout"]
            if now is None:  # paid in full, and made an order by the shop itself
                return OK
            done = now["chargeStatus"] in _DONE or now["authorizeStatus"] == "FULL"
            return OK if done else Answer("ok", again_s=_LOOK_AGAIN_S)

        return self.send(step, "Checkout", {"id": checkout}, reading)
