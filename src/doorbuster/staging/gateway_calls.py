"""The shop's side of the payment gateway: authorise, capture, charge; and what silence from it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson

from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.gateway import METHOD_UNAVAILABLE

TIMEOUT_S: Final = 3.0


class Declined(Exception):
    """The gateway said no, for certain: no money moved and none will."""


class GatewaySilent(Exception):
    """No answer, or none to rely on: the money may have moved. Never to be read as a no."""


class MethodUnavailable(GatewaySilent):
    """The gateway says that this way to pay does not work for now; another one may."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Money held for the shop, and the token to charge the same means of payment by."""

    payment: str
    source: str


@dataclass(frozen=True, slots=True)
class GatewayCalls:
    """Calls to one gateway over one kept-alive session. Every call carries the key that makes it safe to repeat."""

    session: aiohttp.ClientSession
    url: str

    async def authorise(self, key: str, intent: str, amount_minor: int, card: str) -> Authorisation:
        """Hold an amount on a card. Raises Declined, GatewaySilent, MethodUnavailable."""
        body = {"intent": intent, "amount_minor": amount_minor, "currency": CURRENCY, "card": card, "capture": False}
        answer = await self._post("/payments", key, body)
        return Authorisation(answer["id"], answer["source"])

    async def capture(self, key: str, payment: str) -> None:
        """Take the money that is held. Raises Declined, GatewaySilent."""
        await self._post(f"/payments/{payment}/capture", key, {})

    async def charge(self, key: str, intent: str, amount_minor: int, source: str, checkout: str) -> None:
        """Hold and take in one call, by a token. Raises Declined, GatewaySilent."""
        body = {
            "intent": intent,
            "amount_minor": amount_minor,
            "currency": CURRENCY,
            "source": source,
            "checkout_session_id": checkout,
            "capture": True,
        }
        await self._post("/payments", key, body)

    async def void(self, payment: str) -> None:
        """Let go of money that is held. Raises Declined, GatewaySilent."""
        await self._post(f"/payments/{payment}/void", f"void-{payment}", {})

    async def _post(self, path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        try:
            async with self.session.post(self.url + path, data=orjson.dumps(body), headers=headers) as answer:
                status, content = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            raise GatewaySilent from None
        if status < 300:
            answered: dict[str, Any] = orjson.loads(content)
            return answered
        # Only a 4xx is a decision. 409 says that the same key is being worked on: the outcome is not known yet.
        if 400 <= status < 500 and status != 409:
            raise Declined
        if METHOD_UNAVAILABLE.encode() in content:
            raise MethodUnavailable
        raise GatewaySilent
