"""Medusa 2.21.2 with its books in PostgreSQL and nothing else beside it: 40 products, four coupons, 20 % tax."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import free_port
from tests.live.engine import FOLDER, BookedOrder, Books, Running
from tests.live.group import Group, answers, carry_out
from tests.live.npm import install
from tests.live.postgres import Postgres, postgres

_SOURCE = FOLDER / "medusa"
_CLI = "node_modules/@medusajs/cli/cli.js"
# The order keeps its totals as JSON, a version of them at each change; the payment collection is what was authorised.
_ORDERS = """
    select o.id, round((s.totals->>'current_order_total')::numeric * 100), upper(o.currency_code), o.email,
           o.status <> 'canceled' and coalesce(
               (select sum(coalesce(c.captured_amount, 0) + coalesce(c.authorized_amount, 0))
                from order_payment_collection l join payment_collection c on c.id = l.payment_collection_id
                where l.order_id = o.id), 0) >= (s.totals->>'current_order_total')::numeric
    from "order" o join order_summary s on s.order_id = o.id and s.version = o.version
    where not o.is_draft_order and o.deleted_at is null
"""
_STOCK = """
    select v.variant_id, sum(l.stocked_quantity - l.reserved_quantity)
    from product_variant_inventory_item v join inventory_level l on l.inventory_item_id = v.inventory_item_id
    where v.deleted_at is null and l.deleted_at is null group by 1
"""


class Medusa:
    """`tests.live.engine.Engine`."""

    name = "medusa"
    platform = "medusa"
    keeps = (
        "a confirmed order exists",
        "one order per intent",
        "price honoured from cart to order",
        "tax charged in every region",
        "stock is never oversold",
        "stock is released when a purchase falls through",
        "coupons within their limits",
    )

    def install(self, cache: Path) -> None:
        install(_SOURCE, cache)

    @contextmanager
    def running(self, cache: Path, work: Path) -> Iterator[Running]:
        # It looks for its packages where it is started, and for its own files beside them.
        shutil.copy(_SOURCE / "medusa-config.js", cache)
        shutil.copytree(_SOURCE / "src", cache / "src", dirs_exist_ok=True)
        port, keys = free_port(), work / "keys.json"
        with Group(work) as group, postgres(group) as database:
            env = {"MEDUSA_DISABLE_TELEMETRY": "true", "NODE_ENV": "production", "DATABASE_URL": database.url}

            def medusa(*words: str) -> list[str]:
                return ["node", _CLI, *words]

            carry_out(medusa("db:migrate", "--skip-scripts", "--execute-safe-links"), cache, env)
            carry_out(medusa("exec", "src/scripts/seed.js", str(keys)), cache, env)
            group.start("shop", medusa("start", "--host", "127.0.0.1", "--port", str(port)), env, cwd=cache)
            base_url = f"http://127.0.0.1:{port}"
            group.wait_until(answers(f"{base_url}/health"), "shop", within_s=180)
            tokens = _tokens(json.loads(keys.read_text()))
            yield Running(base_url, lambda: _books(database), env=tokens, sql=database.rows)


def _tokens(keys: dict[str, Any]) -> dict[str, str]:
    return {f"DOORBUSTER_{name.upper()}": keys[name] for name in ("storefront_token", "admin_token")}


def _books(database: Postgres) -> Books:
    orders = {
        order_id: BookedOrder(int(total), currency, email, paid == "t")
        for order_id, total, currency, email, paid in database.rows(_ORDERS)
    }
    return Books(orders, {variant: int(units) for variant, units in database.rows(_STOCK)})


ENGINE = Medusa()
