"""Vendure 3.7.3 with its books in PostgreSQL: 40 products, three coupons, 20 % tax, dummy payments."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import httpx

from tests.conftest import free_port
from tests.live.engine import FOLDER, BookedOrder, Books, Running
from tests.live.group import Group
from tests.live.npm import install
from tests.live.postgres import Postgres, postgres

_SOURCE = FOLDER / "vendure"
_PRODUCTS = 40
_OPTIONS = {"payment_method": "card", "wallet_method": "wallet"}
_SEARCH = "{ search(input: {collectionSlug: %s, groupByProduct: true}) { totalItems } }"
_ORDERS = """
    select o.code, o."subTotalWithTax" + o."shippingWithTax", o."currencyCode", c."emailAddress",
           coalesce((select sum(p.amount) from payment p where p."orderId" = o.id and p.state in ('Authorized', 'Settled')), 0)
    from "order" o left join customer c on c.id = o."customerId"
    where o."orderPlacedAt" is not null or exists (select from payment p where p."orderId" = o.id and p.state <> 'Declined')
"""
_STOCK = 'select "productVariantId", sum("stockOnHand" - "stockAllocated") from stock_level group by 1'


class Vendure:
    """`tests.live.engine.Engine`."""

    name = "vendure"
    platform = "vendure"
    # Not that stock adds up: at some sessions a second 3.7.3 forgets an allocation now and then, two orders writing
    # stock_level at once. Its own stock_movement has all of them (docs/field-report.md).
    keeps = (
        "a confirmed order exists",
        "one order per intent",
        "price honoured from cart to order",
        "stock is never oversold",
        "coupons within their limits",
        "a cart belongs to its shopper",
    )

    documents: ClassVar = {"/shop-api": "vendure", "/admin-api": "vendure_backstage"}

    def install(self, cache: Path) -> None:
        install(_SOURCE, cache)

    @contextmanager
    def running(self, cache: Path, work: Path) -> Iterator[Running]:
        shutil.copy(_SOURCE / "shop.js", cache / "shop.js")
        password, port = secrets.token_hex(8), free_port()
        with Group(work) as group, postgres(group) as database:
            env = {
                "VENDURE_DISABLE_TELEMETRY": "true",
                "SHOP_PORT": str(port),
                "DATABASE_PORT": str(database.port),
                "ADMIN_PASSWORD": password,
                "WORK": str(work),
            }
            group.start("shop", ["node", str(cache / "shop.js")], env, cwd=work)
            base_url = f"http://127.0.0.1:{port}"
            group.wait_until(lambda: (work / "seeded").exists() and _indexed(base_url), "shop", within_s=180)
            admin = {"DOORBUSTER_ADMIN_TOKEN": f"superadmin:{password}"}
            yield Running(base_url, lambda: _books(database), _OPTIONS, admin, database.rows)


def _indexed(base_url: str) -> bool:
    """Whether the search knows every product, by collection too: it learns them in the background."""
    found = 0
    for slug in ('"clothes"', '"home"'):
        answer = httpx.post(f"{base_url}/shop-api", json={"query": _SEARCH % slug}, timeout=20, trust_env=False)
        found += answer.json()["data"]["search"]["totalItems"]
    return found == _PRODUCTS


def _books(database: Postgres) -> Books:
    orders = {
        code: BookedOrder(int(total), currency, email, paid == total)
        for code, total, currency, email, paid in database.rows(_ORDERS)
    }
    return Books(orders, {variant: int(units) for variant, units in database.rows(_STOCK)})


ENGINE = Vendure()
