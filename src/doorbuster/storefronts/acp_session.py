"""A checkout session of the Agentic Commerce Protocol, version 2026-04-17, as a shopper's wallet drives it.

What is sent and what must be remembered of the answers; what they mean is up to the shop's adapter. Amounts are minor
units. Source: the protocol's OpenAPI files and JSON schemas of that version.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from doorbuster.storefronts.answers import amount_of, id_in
from doorbuster.storefronts.base import Client, Line, Response
from doorbuster.storefronts.people import NOTE

API_VERSION: Final = "2026-04-17"
CARD: Final = "4242424242424242"
"""A test number: sandboxes accept it, and no live payment service does."""
Option = tuple[str, str]
"""A way of shipping: its type and its id."""
_TOKEN_LIVES: Final = timedelta(minutes=30)


@dataclass(slots=True)
class Agent:
    """Who speaks the protocol: sends JSON, each POST and PUT with its key."""

    client: Client
    api_url: str
    token: str
    name: str
    """What its keys begin with: the purchase intent, where there is one."""
    _sent: int = 0
    _always: Mapping[str, str] = field(init=False)
    """Headers of every request to the shop."""

    def __post_init__(self) -> None:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self._always = {"API-Version": API_VERSION, **bearer}

    def send(self, method: str, path: str, body: Mapping[str, Any] | None, key: str = "") -> Response:
        """`key`: a retry carries the same one, and so cannot buy twice. `path` may be a whole URL."""
        self._sent += 1
        headers = {
            **self._always,
            "Request-Id": f"{self.name}-{self._sent}",
            "Timestamp": _timestamp(int(time.time())),
        }
        url = self.api_url + path
        if "://" in path:
            url = path
            # The shop's token is for the shop: a payment service on another host sees that somebody asks, no secret.
            if urlsplit(url).hostname != urlsplit(self.api_url).hostname:
                headers["Authorization"] = "Bearer rehearsal"
        if key:
            headers["Idempotency-Key"] = key
        return self.client.request(method, url, json=body, headers=headers)


class Handler(NamedTuple):
    """A way to pay."""

    id: str
    delegates: bool
    """Whether a card becomes a token first."""
    merchant: str
    delegate_url: str
    """Where, if the shop says so; its own invention, the protocol has one path for all."""


@dataclass(slots=True)
class AcpSession:
    """One session from its first item to its order; steps are taken in that order."""

    agent: Agent
    email: str
    id: str = ""
    total_minor: int = 0
    currency: str = ""
    """Capital letters."""
    handler: Handler | None = None
    """The first way to pay that the shop names."""
    options: Sequence[Option] = ()
    """The ways of shipping that the shop offers so far."""
    token: str = ""
    """What the card was exchanged for."""
    _expires: datetime | None = None

    def create(self, lines: Sequence[Line], codes: Sequence[str]) -> Response:
        body: dict[str, Any] = {
            "line_items": items_of(lines),
            "currency": lines[0].product.currency.lower(),
            "capabilities": {},
            "order_notes": NOTE,
            "metadata": {"purchase_intent": self.agent.name},
        }
        if codes:
            body["discounts"] = {"codes": list(codes)}
        return self.agent.send("POST", "/checkout_sessions", body, f"{self.agent.name}-wallet.start")

    def update(self, details: Mapping[str, Any], option: Option | None, items: Sequence[str]) -> Response:
        """`details` are name, e-mail, telephone, address; `option` a way of shipping, for the items of these ids."""
        body: dict[str, Any] = {"buyer": {"email": self.email}, "fulfillment_details": details}
        if option is not None:
            chosen = {"type": option[0], "option_id": option[1], "item_ids": list(items)}
            body["selected_fulfillment_options"] = [chosen]
        key = f"{self.agent.name}-wallet.update{'' if option is None else '-shipping'}"
        return self.agent.send("POST", f"/checkout_sessions/{self.id}", body, key)

    def delegate(self, url: str) -> Response:
        """Exchange the card for a token at the payment service, for this session and this amount alone."""
        # Once and for all: a retry under the same key must be the same request.
        expires = self._expires = self._expires or datetime.now(UTC) + _TOKEN_LIVES
        body = {
            "payment_method": {
                "type": "card",
                "card_number_type": "fpan",
                "number": CARD,
                "exp_month": "12",
                "exp_year": str(expires.year + 2),
                "cvc": "123",
                "display_card_funding_type": "credit",
                "metadata": {},
            },
            "allowance": {
                "reason": "one_time",
                "max_amount": self.total_minor,
                "currency": self.currency.lower(),
                "checkout_session_id": self.id,
                "merchant_id": self.handler.merchant if self.handler else "",
                "expires_at": expires.isoformat(timespec="seconds"),
            },
            "risk_signals": [{"type": "card_testing", "score": 0, "action": "authorized"}],
            "metadata": {},
        }
        return self.agent.send("POST", url, body, f"{self.agent.name}-wallet.token")

    def complete(self) -> Response:
        instrument = {"type": "card", "credential": {"type": "spt", "token": self.token}}
        body = {
            "buyer": {"email": self.email},
            "payment_data": {"handler_id": self.handler.id if self.handler else "", "instrument": instrument},
        }
        return self.agent.send("POST", f"/checkout_sessions/{self.id}/complete", body, self.agent.name)

    def get(self) -> Response:
        return self.agent.send("GET", f"/checkout_sessions/{self.id}", None)

    def keep(self, session: Any) -> None:
        """Remember what the next steps need. Raises KeyError and its like where an answer does not say it."""
        self.id = self.id or id_in(session["id"])
        self.total_minor, self.currency = amount_of(session), session["currency"].upper()
        self.options = [(option["type"], id_in(option["id"])) for option in session["fulfillment_options"]]
        handlers = session["capabilities"].get("payment", {}).get("handlers", ())
        if handlers:
            first, config = handlers[0], handlers[0]["config"]
            self.handler = Handler(
                id_in(first["id"]),
                bool(first["requires_delegate_payment"]),
                str(config.get("merchant_id", "")),
                _address(config.get("delegate_payment_url", "")),
            )


@lru_cache(maxsize=1)
def _timestamp(unix_s: int) -> str:
    """RFC 3339, to the second; kept, because a second has many requests."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))


def _address(said: Any) -> str:
    """A whole address, or none. Raises ValueError for what no request could go to."""
    if not isinstance(said, str) or (said and urlsplit(said).scheme not in ("http", "https")):
        raise ValueError(f"{said!r} is no address")
    return said


def items_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """This version of the protocol says "two of them" by naming an item twice."""
    return [{"id": line.product.variant} for line in lines for _ in range(line.quantity)]
