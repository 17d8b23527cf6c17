"""The shop's books, read from backstage: what it sold, what is left, what is still on its way."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from starlette.routing import Route

from doorbuster.staging import orders
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.discounts import COUPONS, excluded_by
from doorbuster.staging.pricing import REGION_TAX_PERCENT
from doorbuster.staging.till import Shop, page
from doorbuster.staging.web import PAGE, Call, Refusal, Reply

_DRAIN_MS: Final = 10_000
_LOOK_AGAIN_S: Final = 0.01
_LAST_PAGES_S: Final = 1.0
_MOST_AHEAD_S: Final = 30 * 86_400


def _catalogue(shop: Shop, call: Call) -> Reply:
    """GET /admin/catalogue: every variant, with the units it has now."""
    units = {variant: now for variant, now, *_ in shop.books.all_stock()}
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
    """GET /admin/stock: units now, at the start, and by the ERP's last count (null where it sent none)."""
    names = ("variant", "units", "initial", "erp_units")
    rows = [dict(zip(names, row, strict=True)) for row in shop.books.all_stock()]
    return Reply({"stock": rows})


def _coupons(shop: Shop, call: Call) -> Reply:
    """GET /admin/coupons: limit (null for none), uses, the codes it excludes, and whether it comes by itself."""
    rows = [
        {
            "code": code,
            "limit": coupon.limit,
            "used": shop.books.uses(code),
            "excludes": excluded_by(code),
            "automatic": coupon.automatic,
        }
        for code, coupon in COUPONS.items()
    ]
    return Reply({"coupons": rows})


def _carts(shop: Shop, call: Call) -> Reply:
    """GET /admin/carts: how many writers wait for a cart that somebody else is writing to."""
    return Reply({"waiting": shop.locks.waiting})


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
    """POST /admin/drain {within_ms}: wait until all purchases are settled, all events and letters sent and
    answered and all sales booked, and say what is not."""
    within_ms = call.json().get("within_ms", _DRAIN_MS)
    try:
        await _last_pages(shop)
        until_unix_s = time.time() + float(within_ms) / 1e3
        async with asyncio.timeout(float(within_ms) / 1e3):
            answered = False
            while _busy(shop, until_unix_s) or not answered:
                while _busy(shop, until_unix_s):
                    await asyncio.sleep(_LOOK_AGAIN_S)
                # A letter may be answered, and the answer answered: over when both sides have nothing left to say.
                await shop.mail.wait_for_answers()
                answered = True
    except TimeoutError:
        pass  # what is left is in the answer
    pending = shop.books.query("SELECT count(*) FROM orders WHERE status = 'pending'").fetchone()[0]
    letters = shop.mail.outgoing.waiting
    waiting = {"events_waiting": shop.events.waiting, "letters_waiting": letters, "sales_waiting": shop.sales.waiting}
    return Reply({**waiting, "orders_pending": pending})


async def _last_pages(shop: Shop) -> None:
    """Whoever was cut off may have clicked "place order" just before; a page that hangs is not waited for."""
    try:
        async with asyncio.timeout(_LAST_PAGES_S):
            while shop.counter.under_way:
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError:
        return


def _busy(shop: Shop, until_unix_s: float) -> bool:
    to_send = shop.events.due_by(until_unix_s) or shop.mail.outgoing.waiting or shop.sales.waiting
    return bool(to_send or shop.purchases.running or shop.purchases.to_ask_about())


async def _advance(shop: Shop, call: Call) -> Reply:
    """POST /admin/clock {advance_s}: move the shop's virtual clock ahead, through every timer on the way."""
    by_s = call.json().get("advance_s")
    if isinstance(by_s, bool) or not isinstance(by_s, int | float) or not 0 <= by_s <= _MOST_AHEAD_S:
        raise Refusal(400, "invalid_clock", f"advance_s must be a number from 0 to {_MOST_AHEAD_S}.")
    await shop.clock.advance(by_s)
    return _clock(shop, call)


def _clock(shop: Shop, call: Call) -> Reply:
    """GET /admin/clock: how far the virtual clock is ahead of the wall clock."""
    return Reply({"now_unix_us": shop.clock.now_us(), "ahead_s": shop.clock.ahead_s})


def _events_held(shop: Shop, call: Call) -> Reply:
    """GET /admin/events-held: purchase events that the shop keeps back, and until when."""
    return Reply({"held": shop.events.held()})


def _owner(shop: Shop, call: Call) -> Reply:
    """Who agrees that this shop is put under load: what a rehearsal asks before it leaves the loopback."""
    return Reply(b"owner: doorbuster staging environment\n", headers=((b"content-type", b"text/plain"),))


def routes(shop: Shop) -> list[Route]:
    return [
        page(shop, "GET", "/admin/catalogue", "", _catalogue),
        page(shop, "GET", "/admin/stock", "", _stock),
        page(shop, "GET", "/admin/coupons", "", _coupons),
        page(shop, "GET", "/admin/carts", "", _carts),
        page(shop, "GET", "/admin/tax", "", _tax),
        page(shop, "GET", "/admin/orders", "", _orders),
        page(shop, "POST", "/admin/drain", "", _drain),
        page(shop, "GET", "/admin/events-held", "", _events_held),
        page(shop, "GET", "/admin/clock", "", _clock),
        page(shop, "POST", "/admin/clock", "", _advance),
        page(shop, "GET", "/.well-known/doorbuster.txt", "", _owner),
    ]
