"""The services, put together, each an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
from starlette.routing import Route, Router

from doorbuster.staging import browsing, carts, native_checkout, shop_backstage, upsell, wallet
from doorbuster.staging.access_log import AccessLog
from doorbuster.staging.back_office.router import back_office_router
from doorbuster.staging.backstage import SERVICES, Backstage, Start
from doorbuster.staging.books import Books
from doorbuster.staging.catalogue import make_catalogue
from doorbuster.staging.exchange_page import ExchangePage
from doorbuster.staging.faults import parse_fault
from doorbuster.staging.gateway_calls import TIMEOUT_S, GatewayCalls
from doorbuster.staging.gateway_router import gateway_router
from doorbuster.staging.idempotency import Idempotency
from doorbuster.staging.kept_pages import KeptPages
from doorbuster.staging.messages.mail_room import MailRoom
from doorbuster.staging.purchase_events import PurchaseEvents
from doorbuster.staging.purchases import Purchases
from doorbuster.staging.sales_queue import SalesQueue
from doorbuster.staging.service_times import ServiceTimes
from doorbuster.staging.shelves import Shelves
from doorbuster.staging.switchboard import Switch, Switchboard
from doorbuster.staging.till import Shop
from doorbuster.staging.virtual_clock import VirtualClock
from doorbuster.staging.web import Call, Counter

BOOKS: Final = "shop.sqlite"


def _counter(start: Start) -> Counter:
    faults = [Switch(*parse_fault(text)) for text in start.faults]
    mine = [switch for switch in faults if switch.fault.service == start.service]
    return Counter(
        ServiceTimes(start.seed, start.waits), Switchboard(mine, start.seed), cookies=start.service == "shop"
    )


def gateway_service(start: Start) -> Router:
    """The payment gateway."""
    return gateway_router(start, _counter(start))


def collector_service(start: Start) -> Router:
    """The analytics collector."""
    # Its protocols are checked by a library that no other service needs.
    from doorbuster.staging.collector.router import collector_router

    return collector_router(start, _counter(start))


def shop_service(start: Start) -> Router:
    """The shop. Its routes are made once its connections are, in the event loop that serves them."""
    routes: list[Route] = []

    @asynccontextmanager
    async def lifespan(router: object) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        # No limit on connections: a queue in here would be measured as the gateway's slowness.
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
            books = Books(Path(start.folder) / BOOKS)
            shop = _shop(start, books, session)
            routes.extend(_shop_routes(start, shop, session))
            tasks = [
                asyncio.create_task(shop.events.send_for_ever()),
                asyncio.create_task(shop.purchases.settle_for_ever()),
                asyncio.create_task(shop.mail.outgoing.send_for_ever()),
                asyncio.create_task(shop.clock.run_for_ever()),
                asyncio.create_task(shop.sales.register_for_ever()),
            ]
            yield
            await _last_events(shop)
            for task in tasks:
                task.cancel()
            books.close()
            if shop.counter.log is not None:
                shop.counter.log.close()

    router = Router(routes=routes, lifespan=lifespan)
    routes = router.routes  # type: ignore[assignment]  # Router copies the list it is given
    return router


async def _last_events(shop: Shop) -> None:
    """Send what is queued before closing, as far as the collector still answers."""
    try:
        async with asyncio.timeout(1.0):
            while shop.events.waiting:
                await asyncio.sleep(0.01)
    except TimeoutError:
        return


def _url(start: Start, service: str) -> str:
    return f"http://127.0.0.1:{start.ports[service]}"


def _shop(start: Start, books: Books, session: aiohttp.ClientSession) -> Shop:
    catalogue = make_catalogue(start.seed)
    books.reset(catalogue)
    counter = _counter(start)
    counter.log = AccessLog(Path(start.access_log)) if start.access_log else None
    calls = GatewayCalls(session, _url(start, "gateway"))
    events = PurchaseEvents(session, _url(start, "collector"), counter.faults)
    clock = VirtualClock()
    mail = MailRoom(books, clock, session, _url(start, "mailbox"), counter)
    sales = SalesQueue(books, session, _url(start, "back_office"), counter.faults)
    purchases = Purchases(books, calls, events, mail, sales, counter.faults)
    shelves, kept_pages = Shelves(books, counter.faults), KeptPages(counter.faults)
    return Shop(
        counter, catalogue, books, calls, events, clock, mail, purchases, sales, shelves, kept_pages, dict(start.ports)
    )


def _shop_routes(start: Start, shop: Shop, session: aiohttp.ClientSession) -> list[Route]:
    idempotency = Idempotency(shop.books)
    exchange = ExchangePage(shop.books, shop.sales)

    def reset(seed: int) -> None:
        shop.purchases.cancel_all()
        shop.locks.reset()
        shop.events.forget()
        shop.clock.reset()
        shop.mail.reset()
        idempotency.reset()
        exchange.reset()
        shop.shelves.forget()
        shop.kept_pages.forget()
        shop.catalogue = make_catalogue(seed)
        shop.books.reset(shop.catalogue)

    def addresses(call: Call) -> Mapping[str, str]:
        return {service: shop.address_of(service, call) for service in SERVICES[1:]}

    async def pass_on(path: str, content: Mapping[str, Any]) -> None:
        for service in SERVICES[1:]:
            async with session.post(_url(start, service) + path, data=orjson.dumps(content)) as answer:
                answer.raise_for_status()

    backstage = Backstage(
        start,
        shop.counter,
        reset,
        addresses,
        pass_reset=lambda content: pass_on("/admin/reset", content),
        pass_faults=lambda content: pass_on("/admin/faults", content),
    )
    # The busiest first: Starlette tries routes in this order.
    return [
        *carts.routes(shop),
        *native_checkout.routes(shop),
        *browsing.routes(shop),
        *wallet.routes(shop, idempotency),
        *shop.mail.routes(),
        *upsell.routes(shop),
        *exchange.routes(shop.counter.faults),
        *shop_backstage.routes(shop),
        *backstage.routes(),
    ]


def mailbox_service(start: Start) -> Router:
    """Where the shop's messages arrive."""
    from doorbuster.staging.mailbox.service import mailbox_router  # brings SMTP, which no other process needs

    return mailbox_router(start, _counter(start))


def back_office_service(start: Start) -> Router:
    """Where the shop's sales are booked and registered."""
    return back_office_router(start, _counter(start))


ROUTERS: Final[Mapping[str, Callable[[Start], Router]]] = {
    "back_office": back_office_service,
    "collector": collector_service,
    "gateway": gateway_service,
    "mailbox": mailbox_service,
    "shop": shop_service,
}
