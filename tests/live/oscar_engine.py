"""django-oscar 4.2.1 with its books in PostgreSQL: 40 products, three vouchers, 20 % tax, a dummy payment; no adapter's
code is its own, it is walked by scenarios/shops/oscar.toml alone.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT, free_port
from tests.live.engine import FOLDER, BookedOrder, Books, Running
from tests.live.group import Group, answers, carry_out
from tests.live.postgres import DATABASE, Postgres, postgres

_SOURCE = FOLDER / "oscar"
_ORDERS = """
    select number, round(total_incl_tax * 100)::int, currency, guest_email,
           coalesce((select sum(amount_debited) from payment_source s where s.order_id = o.id), 0) = total_incl_tax
    from order_order o
"""
_STOCK = "select product_id, num_in_stock - coalesce(num_allocated, 0) from partner_stockrecord"


class Oscar:
    """`tests.live.engine.Engine`."""

    name = "oscar"
    platform = "html"
    keeps = (
        "a confirmed order exists",
        "one order per intent",
        "price honoured from cart to order",
        "stock is never oversold",
        "stock is released when a purchase falls through",
        "coupons within their limits",
    )

    def install(self, cache: Path) -> None:
        """A virtual environment of its own: Django and ours need not agree on anything."""
        wanted = hashlib.sha256((_SOURCE / "requirements.txt").read_bytes() + sys.version.encode()).hexdigest()
        done = cache / "installed.sha256"
        if done.is_file() and done.read_text() == wanted:
            return
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        carry_out([sys.executable, "-m", "venv", str(cache / "venv")], cache)
        pip = [str(cache / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
        carry_out([*pip, "-r", str(_SOURCE / "requirements.txt")], cache)
        done.write_text(wanted)

    @contextmanager
    def running(self, cache: Path, work: Path) -> Iterator[Running]:
        token, address, binaries = secrets.token_hex(8), f"127.0.0.1:{free_port()}", cache / "venv/bin"
        with Group(work) as group, postgres(group) as database:
            env = {
                "OSCAR_FOLDER": str(work),
                "OSCAR_POSTGRESQL_PORT": str(database.port),
                "OSCAR_DATABASE": DATABASE,
                "OSCAR_BOOKS_TOKEN": token,
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            carry_out([str(binaries / "python"), "seed.py"], _SOURCE, env)
            gunicorn = [
                "--worker-class",
                "gthread",
                "--threads",
                "4",
                "--timeout",
                "300",
                "--no-control-socket",
                "--bind",
                address,
            ]
            group.start("oscar", [str(binaries / "gunicorn"), *gunicorn, "wsgi"], env, cwd=_SOURCE)
            group.wait_until(answers(f"http://{address}/catalogue/linen-shirt-1_1/"), "oscar")
            description = {"description": str(ROOT / "scenarios/shops/oscar.toml")}
            admin = {"DOORBUSTER_ADMIN_TOKEN": token}
            yield Running(f"http://{address}", lambda: _books(database), description, admin, database.rows)


def _books(database: Postgres) -> Books:
    orders = {
        number: BookedOrder(int(total_minor), currency, email, paid == "t")
        for number, total_minor, currency, email, paid in database.rows(_ORDERS)
    }
    return Books(orders, {product: int(units) for product, units in database.rows(_STOCK)})


ENGINE = Oscar()
