"""The payment gateway put together: one set of books, and three protocols to get into them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from starlette.routing import Router

from doorbuster.staging import gateway, notifications
from doorbuster.staging.backstage import Backstage, Start
from doorbuster.staging.notifications import Outbox
from doorbuster.staging.payments import PaymentBooks
from doorbuster.staging.redsys.acquirer import Acquirer
from doorbuster.staging.redsys.desk import routes as redsys_routes
from doorbuster.staging.stripe.account import Account
from doorbuster.staging.stripe.keys import Keys
from doorbuster.staging.stripe.routes import routes as stripe_routes
from doorbuster.staging.wallet_tokens import WalletTokens
from doorbuster.staging.web import Counter


def gateway_router(start: Start, counter: Counter) -> Router:
    """All routes of the payment gateway, with its connections for as long as the event loop serves them."""
    books, tokens, outbox = PaymentBooks(), WalletTokens(), Outbox(counter.faults)
    plain = gateway.Gateway(counter, books, tokens)
    account, keys = Account(start.seed, books, tokens, counter.faults, outbox), Keys()
    acquirer = Acquirer(books, counter.faults)

    def reset(seed: int) -> None:
        for kept in (outbox, books, tokens, plain, keys, acquirer):
            kept.reset()
        account.reset(seed)

    @asynccontextmanager
    async def lifespan(router: object) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=notifications.TIMEOUT_S)) as session:
            outbox.session = session
            yield
            outbox.reset()

    return Router(
        [
            *gateway.routes(plain),
            *stripe_routes(counter, account, keys),
            *redsys_routes(counter, acquirer, outbox),
            *books.routes(counter),
            *outbox.routes(counter),
            *Backstage(start, counter, reset).routes(),
        ],
        lifespan=lifespan,
    )
