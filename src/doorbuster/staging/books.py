"""The shop's books: stock, carts, coupon uses and orders in one SQLite file, changed in whole transactions only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from doorbuster.staging.catalogue import Catalogue
from doorbuster.staging.discounts import COUPONS

_TABLES = """
DROP TABLE IF EXISTS stock; DROP TABLE IF EXISTS coupon; DROP TABLE IF EXISTS cart;
DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS answered; DROP TABLE IF EXISTS unsent;
CREATE TABLE stock (variant TEXT PRIMARY KEY, units INTEGER NOT NULL, initial INTEGER NOT NULL, erp_units INTEGER)
  WITHOUT ROWID;
CREATE INDEX sold_out ON stock (variant) WHERE units <= 0;
CREATE TABLE coupon (code TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE cart (id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE orders (
  number INTEGER PRIMARY KEY, intent TEXT NOT NULL, status TEXT NOT NULL, at_unix_us INTEGER NOT NULL,
  total_minor INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX orders_by_intent ON orders (intent);
CREATE INDEX orders_unsettled ON orders (status) WHERE status = 'pending';
CREATE TABLE answered (key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL)
  WITHOUT ROWID;
CREATE TABLE unsent (receiver TEXT, number INTEGER, told_as TEXT NOT NULL, PRIMARY KEY (receiver, number))
  WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Cart:
    """What a shopper has gathered so far, up to the payment; a wallet's checkout session is one of these, too."""

    id: str
    session: str
    channel: str
    """`native` or `wallet`."""
    lines: dict[str, int] = field(default_factory=dict)
    """Variant id to quantity."""
    codes: list[str] = field(default_factory=list)
    email: str | None = None
    address: dict[str, Any] | None = None
    shipping: str | None = None
    intent: str | None = None
    authorisation: str | None = None
    """The gateway's payment id; set by the payment step."""
    authorised_minor: int = 0
    source: str | None = None
    """The gateway's token for the means of payment: a shop never keeps a card number."""
    order_number: int | None = None
    canceled: bool = False
    upsell: str | None = None
    """The variant that the upsell app put in."""
    automatic: list[str] = field(default_factory=list)
    """Discounts that came by themselves, as the combiner last worked them out."""

    repriced: bool = False
    """The price_changed fault: it costs more than its shopper was shown."""

    @property
    def in_force(self) -> list[str]:
        """Every discount of this cart, those that were typed in first."""
        return [*self.codes, *self.automatic]


class Books:
    """One connection, one writer: a transaction runs without a pause, so nothing else comes between its statements."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        # What a crash of the machine could lose here is rehearsal data that the next reset deletes anyway, and a
        # staging shop whose disk is slow would be measured instead of the release: so the file is not synced.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self.query = self._db.execute
        self.on_cart: Callable[[Cart], None] = lambda cart: None
        """Told of each cart that was saved."""

    def close(self) -> None:
        self._db.close()

    def reset(self, catalogue: Catalogue) -> None:
        """Empty books with the catalogue's stock."""
        self._db.executescript(_TABLES)
        with self.transaction():
            stock = [(variant.id, variant.units, variant.units) for variant in catalogue.variants.values()]
            self._db.executemany("INSERT INTO stock VALUES (?, ?, ?, NULL)", stock)
            self._db.executemany("INSERT INTO coupon VALUES (?, 0)", [(code,) for code in COUPONS])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Must not be awaited in: that is what makes it atomic for other requests as well."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def cart(self, cart_id: str) -> Cart | None:
        row = self.query("SELECT body FROM cart WHERE id = ?", (cart_id,)).fetchone()
        return Cart(**orjson.loads(row[0])) if row else None

    def save_cart(self, cart: Cart) -> None:
        self.query("INSERT OR REPLACE INTO cart VALUES (?, ?)", (cart.id, orjson.dumps(cart)))
        self.on_cart(cart)

    def carts(self) -> int:
        """How many carts there are by now, wallets' sessions included."""
        return int(self.query("SELECT count(*) FROM cart").fetchone()[0])

    def units(self, variant: str) -> int:
        """Units in stock; 0 for a variant that is not sold."""
        row = self.query("SELECT units FROM stock WHERE variant = ?", (variant,)).fetchone()
        return int(row[0]) if row else 0

    def take(self, variant: str, quantity: int, *, even_if_short: bool = False) -> bool:
        """Take units out of stock if they are there; a negative quantity puts them back."""
        enough = -(10**9) if even_if_short else quantity
        taken = self.query(
            "UPDATE stock SET units = units - ? WHERE variant = ? AND units >= ?", (quantity, variant, enough)
        )
        return taken.rowcount == 1

    def sold_out(self) -> frozenset[str]:
        """Variants of which nothing is left."""
        return frozenset(row[0] for row in self.query("SELECT variant FROM stock WHERE units <= 0"))

    def write_off(self, variant: str) -> None:
        """What is left of a variant was never there: the stale_search_stock fault's stock count."""
        self.query("UPDATE stock SET initial = initial - units, units = 0 WHERE variant = ? AND units > 0", (variant,))

    def uses(self, code: str) -> int:
        """How often a coupon was used; 0 for one that does not exist."""
        row = self.query("SELECT used FROM coupon WHERE code = ?", (code,)).fetchone()
        return int(row[0]) if row else 0

    def count_use(self, code: str, uses: int = 1) -> None:
        self.query("UPDATE coupon SET used = used + ? WHERE code = ?", (uses, code))

    def all_stock(self) -> Sequence[tuple[str, int, int, int | None]]:
        """Rows (variant, units now, units at the start, units by the ERP's last count)."""
        return self.query("SELECT variant, units, initial, erp_units FROM stock ORDER BY variant").fetchall()
