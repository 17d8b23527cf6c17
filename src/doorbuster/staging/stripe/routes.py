"""Where each of Stripe's calls is answered."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial

from starlette.routing import Route

from doorbuster.staging.stripe.account import Account
from doorbuster.staging.stripe.authenticate import Authenticate
from doorbuster.staging.stripe.keys import Keys, check_secret_key
from doorbuster.staging.stripe.money_back import MoneyBack
from doorbuster.staging.stripe.payment_intents import PaymentIntents
from doorbuster.staging.stripe.refusals import stripe_error
from doorbuster.staging.stripe.settings import Settings
from doorbuster.staging.web import Call, Counter, Endpoint, Handler, Reply


def routes(counter: Counter, account: Account, keys: Keys) -> list[Route]:
    """All routes; payments take the gateway's time, looking something up takes less."""
    intents, back, settings, page = (
        PaymentIntents(account),
        MoneyBack(account),
        Settings(account),
        Authenticate(account),
    )
    endpoint = partial(Endpoint, counter, shape=stripe_error)

    def post(path: str, handle: Handler, step: str = "gateway.payment") -> Route:
        return Route(f"/v1/{path}", endpoint(handle, step, around=keys.once), methods=["POST"])

    def get(path: str, handle: Handler) -> Route:
        return Route(f"/v1/{path}", endpoint(_for_key_holders(handle), "gateway.read"), methods=["GET"])

    one, shopper = "payment_intents/{intent}", "/stripe/authenticate/{intent}"
    return [
        post("payment_intents", intents.create),
        post(f"{one}/confirm", intents.confirm),
        post(f"{one}/capture", intents.capture),
        post(f"{one}/cancel", intents.cancel),
        post(one, intents.update),
        get("payment_intents/search", intents.search),
        get(one, intents.retrieve),
        get("payment_intents", intents.page),
        post("refunds", back.refund),
        get("refunds/{refund}", back.retrieve_refund),
        get("refunds", back.refunds),
        get("charges/{charge}", back.retrieve_charge),
        get("charges", back.charges),
        post("payment_methods", settings.add_method, "gateway.read"),
        get("payment_methods/{method}", settings.retrieve_method),
        get("events/{event}", settings.retrieve_event),
        get("events", settings.events),
        # Settings, not payments: no wait and no fault may keep a shop from being set up.
        post("webhook_endpoints", settings.add_endpoint, ""),
        Route("/v1/webhook_endpoints", endpoint(_for_key_holders(settings.endpoints)), methods=["GET"]),
        Route(
            "/v1/webhook_endpoints/{endpoint}", endpoint(_for_key_holders(settings.remove_endpoint)), methods=["DELETE"]
        ),
        Route(shopper, endpoint(page.show), methods=["GET"]),
        Route(shopper, endpoint(page.decide, "gateway.payment"), methods=["POST"]),
    ]


def _for_key_holders(handle: Handler) -> Handler:
    def checked(call: Call) -> Reply | Awaitable[Reply]:
        check_secret_key(call)
        return handle(call)

    return checked
