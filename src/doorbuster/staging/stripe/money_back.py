"""/v1/refunds and /v1/charges: giving money back, and looking at what was charged."""

from __future__ import annotations

from dataclasses import dataclass

from doorbuster.staging.stripe import charging
from doorbuster.staging.stripe.account import Account
from doorbuster.staging.stripe.form import only, parse_form, text, texts, whole
from doorbuster.staging.stripe.objects import Object
from doorbuster.staging.stripe.pages import page_from
from doorbuster.staging.stripe.refusals import missing, no_such
from doorbuster.staging.web import Call, Reply


@dataclass(frozen=True)
class MoneyBack:
    """The handlers, on one account."""

    account: Account

    def refund(self, call: Call) -> Reply:
        form = parse_form(call.body)
        only(form, {"amount", "charge", "payment_intent", "reason", "metadata", "expand"})
        named, intent = text(form, "charge"), text(form, "payment_intent")
        if intent:
            named = self.account.intent(intent)["latest_charge"] or ""
        if not named:
            raise missing("payment_intent")
        charge = self._charge(named, "charge")
        back = charging.refund(self.account, charge, call.header("idempotency-key"), whole(form, "amount"))
        back["reason"], back["metadata"] = text(form, "reason") or None, texts(form, "metadata")
        return Reply(back)

    def retrieve_refund(self, call: Call) -> Reply:
        name = call.path["refund"]
        if name not in self.account.refunds:
            raise no_such("refund", name)
        return Reply(self.account.refunds[name])

    def retrieve_charge(self, call: Call) -> Reply:
        return Reply(self._charge(call.path["charge"], "id"))

    def charges(self, call: Call) -> Reply:
        """GET /v1/charges?payment_intent=&limit=: newest first, failed ones included."""
        intent = call.query("payment_intent")
        rows = [row for row in self.account.charges.values() if intent in ("", row["payment_intent"])]
        return page_from(call, "/v1/charges", rows)

    def refunds(self, call: Call) -> Reply:
        """GET /v1/refunds?payment_intent=&limit=: newest first."""
        intent = call.query("payment_intent")
        rows = [row for row in self.account.refunds.values() if intent in ("", row["payment_intent"])]
        return page_from(call, "/v1/refunds", rows)

    def _charge(self, name: str, param: str) -> Object:
        if name not in self.account.charges:
            raise no_such("charge", name, param)
        return self.account.charges[name]
