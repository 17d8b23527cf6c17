"""/v1/webhook_endpoints, /v1/events and /v1/payment_methods: whom to tell, what was told, and cards to pay with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from doorbuster.staging.stripe import webhooks
from doorbuster.staging.stripe.account import Account, card_of
from doorbuster.staging.stripe.form import only, parse_form, text
from doorbuster.staging.stripe.pages import page_from
from doorbuster.staging.stripe.refusals import invalid, missing, no_such
from doorbuster.staging.web import Call, Reply


@dataclass(frozen=True)
class Settings:
    """The handlers, on one account."""

    account: Account

    def add_endpoint(self, call: Call) -> Reply:
        """Only this answer carries the signing secret, as Stripe's own does."""
        form = parse_form(call.body)
        only(form, {"url", "enabled_events", "api_version", "description", "connect", "metadata", "expand"})
        url, wanted = text(form, "url"), form.get("enabled_events")
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise invalid("url", "url must be an http or https address.", "url_invalid")
        if not isinstance(wanted, list) or not all(isinstance(kind, str) for kind in wanted):
            raise missing("enabled_events")
        more = {name: text(form, name) for name in ("api_version", "description")}
        made = webhooks.endpoint(self._free_name(), url, int(time.time()), wanted, more)
        self.account.endpoints[made["id"]] = made
        return Reply({**made, "secret": webhooks.secret_of(url)})

    def _free_name(self) -> str:
        # Endpoints outlive a reset, after which ids start again.
        name = self.account.new_id("we")
        while name in self.account.endpoints:
            name = self.account.new_id("we")
        return name

    def endpoints(self, call: Call) -> Reply:
        return page_from(call, "/v1/webhook_endpoints", list(self.account.endpoints.values()))

    def remove_endpoint(self, call: Call) -> Reply:
        name = call.path["endpoint"]
        if self.account.endpoints.pop(name, None) is None:
            raise no_such("webhook endpoint", name)
        return Reply({"id": name, "object": "webhook_endpoint", "deleted": True})

    def events(self, call: Call) -> Reply:
        """GET /v1/events?type=&limit=: newest first."""
        wanted = call.query("type")
        rows = [{"id": name, "as": json} for name, (kind, json) in self.account.events.items() if wanted in ("", kind)]
        page = page_from(call, "/v1/events", rows).body
        return Reply({**page, "data": [orjson.loads(row["as"]) for row in page["data"]]})

    def retrieve_event(self, call: Call) -> Reply:
        name = call.path["event"]
        if name not in self.account.events:
            raise no_such("event", name)
        _, content = self.account.events[name]
        return Reply(content)

    def add_method(self, call: Call) -> Reply:
        form = parse_form(call.body)
        only(form, {"type", "card", "billing_details", "metadata", "allow_redisplay", "expand"})
        return Reply(self.account.add_method(card_of(form)))

    def retrieve_method(self, call: Call) -> Reply:
        name = call.path["method"]
        if name not in self.account.methods:
            raise no_such("PaymentMethod", name)
        return Reply(self.account.methods[name])
