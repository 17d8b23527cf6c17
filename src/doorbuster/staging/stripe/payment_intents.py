"""/v1/payment_intents: made, changed, confirmed, captured, canceled, read and searched."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final

from doorbuster.staging.payments import captured_late_ms
from doorbuster.staging.stripe import charging, objects
from doorbuster.staging.stripe.account import Account
from doorbuster.staging.stripe.form import Form, flag, only, parse_form, text, texts, whole
from doorbuster.staging.stripe.objects import Object
from doorbuster.staging.stripe.pages import page_from, shown
from doorbuster.staging.stripe.refusals import INVALID, StripeRefusal, invalid, missing, unexpected_state
from doorbuster.staging.web import Call, Reply

_COPIED: Final = (
    "customer", "customer_account", "description", "on_behalf_of", "receipt_email", "setup_future_usage",
    "statement_descriptor", "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip
"""Parameters that are kept as they come."""
# Parameters of Stripe's that change nothing here; a shop that sends them must not be refused for it.
_IGNORED: Final = (
    "amount_details", "application_fee_amount", "confirmation_token", "error_on_requires_action",
    "excluded_payment_method_types", "expand", "hooks", "mandate", "mandate_data", "payment_details",
    "payment_method_configuration", "payment_method_options", "radar_options", "transfer_data", "use_stripe_sdk",
)  # fmt: skip
_SETTABLE: Final = frozenset(
    (
        *_COPIED, *_IGNORED, "amount", "automatic_payment_methods", "capture_method", "currency", "metadata",
        "payment_method", "payment_method_data", "payment_method_types", "shipping",
    )
)  # fmt: skip
_CONFIRM: Final = frozenset(("return_url", "off_session", "client_secret"))
_LEAST_MINOR: Final = 50
"""Stripe's least charge in euros, dollars and pounds is near half a unit of each."""
_MOST_MINOR: Final = 99_999_999
_METHODS: Final = ("automatic", "automatic_async", "manual")


@dataclass(frozen=True)
class PaymentIntents:
    """The handlers, on one account."""

    account: Account

    def create(self, call: Call) -> Reply:
        form = parse_form(call.body)
        only(form, _SETTABLE | _CONFIRM | {"confirm", "confirmation_method"})
        for name in ("amount", "currency"):
            if not text(form, name):
                raise missing(name)
        intent = objects.payment_intent(self.account.new_id("pi"), self.account.new_id("s")[2:], int(time.time()))
        intent["confirmation_method"] = text(form, "confirmation_method") or "automatic"
        self._set(intent, form)
        self.account.intents[intent["id"]] = intent
        self.account.tell("payment_intent.created", intent, call.header("idempotency-key"))
        if flag(form, "confirm"):
            return self._confirm(call, intent, form)
        return self._answer(intent, form)

    def update(self, call: Call) -> Reply:
        form = parse_form(call.body)
        only(form, _SETTABLE)
        intent = self.account.intent(call.path["intent"])
        done = intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action")
        # A payment that is done can still be given a description, but no other amount.
        if done and set(form) - {"metadata", "description", "expand"}:
            raise unexpected_state(intent, "updated")
        self._set(intent, form)
        return self._answer(intent, form)

    def confirm(self, call: Call) -> Reply:
        form = parse_form(call.body)
        only(form, _SETTABLE - {"amount", "currency", "metadata"} | _CONFIRM)
        intent = self.account.intent(call.path["intent"])
        if intent["status"] in ("succeeded", "canceled", "requires_capture"):
            raise unexpected_state(intent, "confirmed")
        self._set(intent, form)
        return self._confirm(call, intent, form)

    def capture(self, call: Call) -> Reply:
        form = parse_form(call.body)
        only(form, {"amount_to_capture", "expand", "final_capture", "metadata", "statement_descriptor"})
        intent = self.account.intent(call.path["intent"])
        charging.capture(self.account, intent, call.header("idempotency-key"), whole(form, "amount_to_capture"))
        return self._answer(intent, form, captured=True)

    def cancel(self, call: Call) -> Reply:
        form = parse_form(call.body)
        only(form, {"cancellation_reason", "expand"})
        intent = self.account.intent(call.path["intent"])
        charging.cancel(self.account, intent, call.header("idempotency-key"), text(form, "cancellation_reason"))
        return self._answer(intent, form)

    def retrieve(self, call: Call) -> Reply:
        return self._answer(self.account.intent(call.path["intent"]), parse_form(call.query_string))

    def page(self, call: Call) -> Reply:
        """GET /v1/payment_intents?limit=&starting_after=&ending_before=&customer=: newest first."""
        customer = call.query("customer")
        rows = [row for row in self.account.intents.values() if customer in ("", row["customer"])]
        return page_from(call, "/v1/payment_intents", rows)

    def search(self, call: Call) -> Reply:
        """GET /v1/payment_intents/search?query=metadata['intent']:'abc' AND status:'succeeded'."""
        wanted = _clauses(call.query("query"))
        rows = [
            row
            for row in self.account.intents.values()
            if all((row["metadata"] if nested else row).get(name) == value for nested, name, value in wanted)
        ]
        found = page_from(call, "/v1/payment_intents/search", rows).body
        return Reply({**found, "object": "search_result", "next_page": None})

    def _set(self, intent: Object, form: Form) -> None:
        amount_minor = whole(form, "amount")
        if amount_minor is not None:
            if amount_minor < _LEAST_MINOR:
                raise invalid("amount", f"The amount must be {_LEAST_MINOR} or more.", "amount_too_small")
            if amount_minor > _MOST_MINOR:
                raise invalid("amount", f"The amount must be {_MOST_MINOR} or less.", "amount_too_large")
        currency = text(form, "currency").lower()
        if currency and not re.fullmatch(r"[a-z]{3}", currency):
            raise invalid("currency", f"Invalid currency: {currency}", "invalid_currency")
        capture_method = text(form, "capture_method") or intent["capture_method"]
        if capture_method not in _METHODS:
            raise invalid("capture_method", f"capture_method must be one of {', '.join(_METHODS)}.")
        method = self.account.method_of(form)
        # Nothing is changed before everything was read: a refused request leaves no half of itself behind.
        metadata = texts(form, "metadata")
        if amount_minor is not None:
            intent["amount"] = amount_minor
        intent["currency"], intent["capture_method"] = currency or intent["currency"], capture_method
        intent["metadata"] = {name: value for name, value in {**intent["metadata"], **metadata}.items() if value}
        for name in _COPIED:
            if name in form:
                intent[name] = text(form, name) or None
        if isinstance(form.get("shipping"), dict):
            intent["shipping"] = form["shipping"]
        if isinstance(form.get("payment_method_types"), list):
            intent["payment_method_types"] = form["payment_method_types"]
        automatic = form.get("automatic_payment_methods")
        if isinstance(automatic, dict):
            intent["automatic_payment_methods"] = {**automatic, "enabled": flag(automatic, "enabled")}
        if method:
            intent["payment_method"] = method
            intent["status"], intent["next_action"] = "requires_confirmation", None

    def _confirm(self, call: Call, intent: Object, form: Form) -> Reply:
        page = f"http://{call.header('host')}/stripe/authenticate/{intent['id']}"
        key, return_url = call.header("idempotency-key"), text(form, "return_url")
        away = text(form, "off_session") not in ("", "false")
        charging.confirm(self.account, intent, key, page, return_url, away)
        return self._answer(intent, form, captured=intent["status"] == "succeeded")

    def _answer(self, intent: Object, form: Form, *, captured: bool = False) -> Reply:
        late_ms = captured_late_ms(self.account.faults, intent["id"]) if captured else 0.0
        held = {"latest_charge": self.account.charges, "payment_method": self.account.methods}
        return Reply(shown(intent, form, held), late_ms=late_ms)


def _clauses(query: str) -> list[tuple[bool, str, str]]:
    """(in metadata, name, value) of each clause: the part of Stripe's query language that names exact values.

    Raises StripeRefusal for any other part of it.
    """
    wanted: list[tuple[bool, str, str]] = []
    for clause in re.split(r"\s+(?:AND|and)\s+", query.strip()):
        found = re.fullmatch(r"""(?:metadata\[['"](.+?)['"]\]|(status|currency))\s*:\s*['"](.*)['"]""", clause)
        if found is None:
            message = f"This double searches by metadata, status and currency; it cannot read {clause!r}."
            raise StripeRefusal(400, INVALID, "parameter_invalid", message, param="query")
        wanted.append((found[1] is not None, found[1] or found[2], found[3]))
    return wanted
