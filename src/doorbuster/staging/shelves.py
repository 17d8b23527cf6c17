"""What the pages say is in stock: as it is, or with a bug on as it was before the last stock count."""

from __future__ import annotations

from doorbuster.staging.books import Books
from doorbuster.staging.faults import stale_search_stock
from doorbuster.staging.switchboard import Switchboard


class Shelves:
    """Asked by every page that shows goods, and before anything is put into a cart."""

    def __init__(self, books: Books, faults: Switchboard) -> None:
        self._books = books
        self._faults = faults
        self._snapshot: frozenset[str] | None = None

    def forget(self) -> None:
        """At a reset the books are new, and nothing was counted yet."""
        self._snapshot = None

    def empty(self) -> frozenset[str]:
        """Variants that pages show as sold out."""
        self.count()
        return self._books.sold_out() if self._snapshot is None else self._snapshot

    def count(self) -> None:
        """With the fault on, once: what a stock count found gone is written off, and pages keep what was before."""
        if not self._faults.any or self._faults.value(stale_search_stock.FAULT) is None or self._snapshot is not None:
            return
        self._snapshot = self._books.sold_out()
        gone = [name for name, *_ in self._books.all_stock() if self._faults.hits(stale_search_stock.FAULT, name)]
        with self._books.transaction():
            for variant in gone:
                self._books.write_off(variant)
