"""Stripe's two keys: the secret one that says who asks, and the idempotency key that makes asking again safe."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

import orjson

from doorbuster.staging.stripe.form import parse_form
from doorbuster.staging.stripe.objects import compact
from doorbuster.staging.stripe.refusals import INVALID, StripeRefusal, stripe_error
from doorbuster.staging.web import JSON, Call, Headers, Reply

_MOST_CHARACTERS: Final = 255


def check_secret_key(call: Call) -> None:
    """Raises StripeRefusal 401 unless a test key is shown, as a bearer or as the user of basic authentication."""
    scheme, _, given = call.header("authorization").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if not given.startswith(("sk_test_", "rk_test_")):
        live = given.startswith(("sk_live_", "rk_live_"))
        message = "A live key has no place in a rehearsal; use any sk_test_ key." if live else "Give any sk_test_ key."
        raise StripeRefusal(401, INVALID, "", message)


class Keys:
    """Answers given, by idempotency key.

    What began to be executed is kept, declines included; a request that was refused for its parameters or met a
    conflict or a fault is not, so that it may be tried again with the same key.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._answered: dict[str, tuple[bytes, int, bytes]] = {}
        self._in_flight: set[str] = set()

    async def once(self, call: Call, answer: Callable[[], Awaitable[Reply]]) -> Reply:
        """The answer to a call, or the one that its key was given before.

        Raises StripeRefusal: 401 without a key, 400 where the idempotency key was used for something else, 409 while
        the first request with it is under way.
        """
        check_secret_key(call)
        key = call.header("idempotency-key")
        if not key:
            return await answer()
        if len(key) > _MOST_CHARACTERS:
            raise StripeRefusal(400, "idempotency_error", "", "The key is longer than 255 characters.")
        echo: Headers = ((b"idempotency-key", key.encode("latin-1")), JSON)
        # Stripe compares parameters, not bytes: the same form in another order is the same request.
        said = orjson.dumps([call.url_path, parse_form(call.body)], option=orjson.OPT_SORT_KEYS)
        fingerprint = hashlib.blake2b(said, digest_size=16).digest()
        answered, in_flight = self._answered, self._in_flight
        if key in answered:
            first, status, content = answered[key]
            if first != fingerprint:
                message = f"The key {key!r} was used for another request; use a new one for this."
                raise StripeRefusal(400, "idempotency_error", "", message)
            return Reply(content, status, (*echo, (b"idempotent-replayed", b"true")))
        if key in in_flight:
            message = f"Another request with the key {key!r} is under way."
            raise StripeRefusal(409, "idempotency_error", "idempotency_key_in_use", message)
        in_flight.add(key)
        try:
            reply = await answer()
            content = compact(reply.body)
            answered[key] = fingerprint, reply.status, content
        except StripeRefusal as refusal:
            if refusal.status == 402:
                answered[key] = fingerprint, refusal.status, compact(stripe_error(refusal))
            raise
        finally:
            in_flight.discard(key)
        return Reply(content, reply.status, echo, reply.late_ms)
