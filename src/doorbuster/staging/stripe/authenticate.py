"""The page where a card's holder authenticates (3-D Secure); what a bank would show, with one button each way."""

from __future__ import annotations

import contextlib
import html
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from doorbuster.staging.stripe import charging
from doorbuster.staging.stripe.account import Account
from doorbuster.staging.stripe.refusals import StripeRefusal, unexpected_state
from doorbuster.staging.web import Call, Reply

_HTML: Final = ((b"content-type", b"text/html; charset=utf-8"),)


@dataclass(frozen=True)
class Authenticate:
    """GET and POST /stripe/authenticate/{intent}."""

    account: Account

    def show(self, call: Call) -> Reply:
        intent = self.account.intent(call.path["intent"])
        amount = f"{intent['amount'] / 100:.2f} {intent['currency'].upper()}"
        buttons = "".join(
            f'<button name="outcome" value="{outcome}">{label}</button>'
            for outcome, label in (("success", "Complete"), ("failure", "Fail"))
        )
        form = f'<form method="post"><p>Is it you who pays {html.escape(amount)}?</p>{buttons}</form>'
        return Reply(f"<!doctype html><title>Your bank</title>{form}".encode(), headers=_HTML)

    def decide(self, call: Call) -> Reply:
        """outcome=success charges the card; anything else fails. Then on to the shop's return_url, if it gave one."""
        intent = self.account.intent(call.path["intent"])
        if intent["status"] != "requires_action":
            raise unexpected_state(intent, "authenticated")
        back = intent["next_action"].get("redirect_to_url", {}).get("return_url", "")
        if b"outcome=success" in call.body:
            # Of a decline the shop reads in the PaymentIntent; the shopper only goes back.
            with contextlib.suppress(StripeRefusal):
                charging.charge(self.account, intent, "", self.account.cards[intent["payment_method"]])
        else:
            charging.fail_authentication(self.account, intent)
        if not back:
            return Reply(b"Done.", headers=((b"content-type", b"text/plain"),))
        status = "failed" if intent["status"] == "requires_payment_method" else "succeeded"
        said = {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": status,
        }
        target = f"{back}{'&' if '?' in back else '?'}{urlencode(said)}"
        return Reply(b"", 303, ((b"location", target.encode()),))
