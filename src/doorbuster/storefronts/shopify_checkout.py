"""From a Shopify cart to an order without the hosted page: prepare, pay, submit, and ask until it is decided.

Needs a permission that Shopify grants on request; without it the first of these calls is denied, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from msgspec import convert

from doorbuster.storefronts.answers import read, throttled
from doorbuster.storefronts.base import OK, Answer
from doorbuster.storefronts.shopify_answers import (
    CHALLENGE,
    NO_ORDER,
    Payload,
    meaning,
    order_number,
    poll_after_s,
    refusal,
    turned_away,
)
from doorbuster.storefronts.shopify_cart import Talk, mailing
from doorbuster.storefronts.shopify_cart_read import Told

NO_VAULT: Final = "no card vault: Shopify takes cards on its hosted page; storefront.options.card_vault names a stub"


@dataclass(slots=True)
class Completion:
    """The buyer pays; a step that was turned away goes on where it stopped when it is called again."""

    talk: Talk
    _session: str = ""
    _submitted: bool = False
    _attempt: str = ""
    _dead: bool = False
    """The attempt failed for good: there is no order and there will be none."""

    def payment(self, step: str) -> Answer:
        """Billing address, prepare, card into the vault, payment onto the cart. No money moves before the submit."""
        free = not self.talk.cart.total
        if not free and not self.talk.shop.options["card_vault"]:
            return Answer("rejected", NO_VAULT)
        return self.talk.through(step, self._billing, self._prepare, *(() if free else (self._vault,)), self._pay)

    def complete(self, step: str) -> Answer:
        """Submit under the purchase intent, which a second submit cannot buy with again, and ask what came of it."""
        if not self._attempt:
            answer = self._submit(step)
            if answer.outcome != "ok":
                return answer
        return self._poll(step)

    def order(self, step: str) -> Answer:
        """What became of this intent. A submit whose answer was lost is repeated under its own token: Shopify names
        the attempt that it made of the first, and makes no second one.
        """
        if self._dead or not self._submitted:
            return Answer("rejected", NO_ORDER)
        answer = self.complete(step)
        return Answer("rejected", NO_ORDER) if self._dead else answer

    def _billing(self, step: str) -> Answer:
        return self.talk.change(step, "CartBillingAddressUpdate", {"a": mailing(self.talk.address)})

    def _prepare(self, step: str) -> Answer:
        def reading(payload: Any) -> Answer:
            result = payload["result"]
            kind = result["__typename"] if result else None
            if kind == "CartStatusReady":
                return self.talk.keep(convert(result["cart"], Told))
            if kind == "CartStatusNotReady":
                return meaning(step, next((error["code"] for error in result["errors"]), None))
            return self._throttled(kind, result) or refusal(step, convert(payload, Payload)) or _silent(step)

        asked = {"cartId": self.talk.cart.id}
        return self.talk.ask(step, "CartPrepareForCompletion", "cartPrepareForCompletion", asked, reading)

    def _vault(self, step: str) -> Answer:
        """Exchange a test card for a session id, at the vault that the shop names or at a stub of it."""
        options, urls = self.talk.shop.options, [str(self.talk.shop.options["card_vault"])]
        if urls == ["shop"]:
            urls.clear()

            def named(shop: Any) -> Answer:
                urls.append(str(shop["paymentSettings"]["cardVaultUrl"]))
                return OK

            answer = self.talk.ask(step, "PaymentSettings", "shop", {}, named)
            if answer.outcome != "ok":
                return answer
        first, _, last = self.talk.address.name.rpartition(" ")
        card = {"number": options["card"], "first_name": first, "last_name": last}
        expiry = {"month": "12", "year": "2040", "verification_value": "123"}
        response = self.talk.client.request("POST", urls[0], json={"credit_card": {**card, **expiry}})

        def keep(body: Any) -> Answer:
            self._session = body["id"] if isinstance(body["id"], str) else ""
            return OK if self._session else Answer("error", "the card vault gave no session")

        no = turned_away(step, response)
        if no and no.outcome == "error":
            return Answer("error", f"the card vault refused the card with HTTP {response.status}")
        return no or read(step, response, keep)

    def _pay(self, step: str) -> Answer:
        billing = {"billingAddress": mailing(self.talk.address)}
        card = {"directPaymentMethod": {**billing, "sessionId": self._session}}
        how = card if self._session else {"freePaymentMethod": billing}
        amount = self.talk.money(self.talk.cart.total)
        return self.talk.change(step, "CartPaymentUpdate", {"p": {"amount": amount, **how}})

    def _submit(self, step: str) -> Answer:
        def reading(payload: Any) -> Answer:
            result = payload["result"]
            kind = result["__typename"] if result else None
            if kind in ("SubmitSuccess", "SubmitAlreadyAccepted"):
                self._attempt = str(result["attemptId"])
                return OK
            if kind == "SubmitFailed":
                self._dead = True
                return meaning(step, next((error["code"] for error in result["errors"]), None))
            return self._throttled(kind, result) or refusal(step, convert(payload, Payload)) or _silent(step)

        asked = {"cartId": self.talk.cart.id, "t": self.talk.visit.intent}
        self._submitted = True
        return self.talk.ask(step, "CartSubmitForCompletion", "cartSubmitForCompletion", asked, reading)

    def _poll(self, step: str) -> Answer:
        def reading(result: Any) -> Answer:
            kind = result["__typename"]
            if kind == "CartCompletionSuccess":
                return self.talk.price._replace(order_id=order_number(result["orderId"]))
            if kind == "CartCompletionProcessing":
                return Answer("ok", again_s=max(0.1, int(result["pollDelay"]) / 1000))
            if kind == "CartCompletionActionRequired":
                return Answer("rejected", CHALLENGE)
            if kind != "CartCompletionFailed":
                return _silent(step)
            self._dead = True
            return meaning(step, next((error["code"] for error in result["errors"]), None))

        return self.talk.ask(step, "CartCompletionAttempt", "cartCompletionAttempt", {"id": self._attempt}, reading)

    def _throttled(self, kind: str | None, result: Any) -> Answer | None:
        if kind not in ("CartThrottled", "SubmitThrottled"):
            return None
        return throttled(poll_after_s(self.talk.response, result["pollAfter"]))


def _silent(step: str) -> Answer:
    """Neither a result nor a refusal: malformed, so that a money step comes out `unknown`."""
    raise ValueError(step)
