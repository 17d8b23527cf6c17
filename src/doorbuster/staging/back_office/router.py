"""The back office put together: an ERP that goes to the shop, and a register that the shop comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from starlette.routing import Router

from doorbuster.staging.back_office.erp import Erp
from doorbuster.staging.back_office.register import Register
from doorbuster.staging.backstage import Backstage, Start
from doorbuster.staging.web import Counter

_TIMEOUT_S: Final = 10.0


def back_office_router(start: Start, counter: Counter) -> Router:
    """All routes, with the ERP's exchange under way for as long as the event loop serves them."""
    erp = Erp(counter, f"http://127.0.0.1:{start.ports.get('shop', 0)}", start.seed)
    register = Register(counter)

    def reset(seed: int) -> None:
        erp.reset(seed)
        register.reset()

    @asynccontextmanager
    async def lifespan(router: object) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as session:
            erp.session = session
            exchange = asyncio.create_task(erp.exchange_for_ever())
            yield
            exchange.cancel()

    return Router([*register.routes(), *erp.routes(), *Backstage(start, counter, reset).routes()], lifespan=lifespan)
