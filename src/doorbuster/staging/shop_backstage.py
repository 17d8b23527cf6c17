"""The shop's books, read from backstage: what it sold, what is left, what is still on its way."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.routing import Route

from doorbuster.staging import orders
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.discounts import COUPONS
from doorbuster.staging.pricing import REGION_TAX_PERCENT
from doorbuster.staging.till import Shop, page
from doorbuster.staging.web import PAGE, Call, Reply

_DRAIN_MS: Final = 10_000
_LOOK_AGAIN_S: Final = 0.01


def _catalogue(shop: Shop, call: Call) -> Reply:
    """GET /admin/catalogue: every variant, with the units it has now."""
    units = {variant: now for variant, now, _ in shop.books.all_stock()}
    rows = [
        {
            "product": variant.product,
            "variant": variant.id,
            "sku": variant.id,
            "name": variant.name,
            "price_minor": variant.price_minor,
            "currency": CURRENCY,
            "stock": units[variant.id],
        }
        for variant in shop.catalogue.variants.values()
    ]
    return Reply({"catalogue": rows})


def _stock(shop: Shop, call: Call) -> Reply:
    """GET /admin/stock: units now and at the start."""
    rows = [{"variant": name, "units": now, "initial": initial} for name, now, initial in shop.books.all_stock()]
    return Reply({"stock": rows})


def _coupons(shop: Shop, call: Call) -> Reply:
    """GET /admin/coupons: limit (null for none) and uses."""
    rows = [{"code": code, "limit": coupon.limit, "used": shop.books.uses(code)} for code, coupon in COUPONS.items()]
    return Reply({"coupons": rows})


def _tax(shop: Shop, call: Call) -> Reply:
    """GET /admin/tax: the rate of each country that the shop delivers to, as its tax office has it."""
    rows = [{"region": region, "percent": percent} for region, percent in REGION_TAX_PERCENT.items()]
    return Reply({"tax": rows})


def _orders(shop: Shop, call: Call) -> Reply:
    """GET /admin/orders?after=N&limit=N: oldest first; `next` is null on the last page."""
    limit = call.query_number("limit", PAGE)
    rows = orders.page(shop.books, call.query_number("after", 0), limit)
    return Reply({"orders": rows, "next": rows[-1]["number"] if len(rows) == limit else None})


async def _drain(shop: Shop, call: Call) -> Reply:
    """POST /admin/drain {within_ms}: wait until all purchases are settled and all events sent, and say what is not."""
    within_ms = call.json().get("within_ms", _DRAIN_MS)
    try:
        async with asyncio.timeout(float(within_ms) / 1e3):
            while shop.events.waiting or shop.purchases.running or orders.unsettled(shop.books, 1):
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError:
        pass  # what is left is in the answer
    pending = shop.books.query("SELECT count(*) FROM orders WHERE status = 'pending'").fetchone()[0]
    return Reply({"events_waiting": shop.events.waiting, "orders_pending": pending})


def _owner(shop: Shop, call: Call) -> Reply:
    """Who agrees that this shop is put under load: what a rehearsal asks before it leaves the loopback."""
    return Reply(b"owner: doorbuster staging environment\n", headers=((b"content-type", b"text/plain"),))


def routes(shop: Shop) -> list[Route]:
    return [
        page(shop, "GET", "/admin/catalogue", "", _catalogue),
        page(shop, "GET", "/admin/stock", "", _stock),
        page(shop, "GET", "/admin/coupons", "", _coupons),
        page(shop, "GET", "/admin/tax", "", _tax),
        page(shop, "GET", "/admin/orders", "", _orders),
        page(shop, "POST", "/admin/drain", "", _drain),
        page(shop, "GET", "/.well-known/doorbuster.txt", "", _owner),
    ]
