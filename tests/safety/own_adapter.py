"""A user's own adapter, as a file beside a scenario: the staging shop's, with something of its own by option."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from doorbuster.storefronts.base import OK, Answer, Platform, Product, ReadBack
from doorbuster.storefronts.staging import StagingStorefront
from doorbuster.storefronts.staging_backstage import StagingBackstage


class OwnStorefront(StagingStorefront):
    """As the staging shop's, but for what `without` names."""

    def cart_discount(self, code: str) -> Answer:
        return OK if self.shop.options.get("without") == "discount" else super().cart_discount(code)

    def cart_view(self) -> Answer:
        if self.shop.options.get("without") == "view":
            raise KeyError("total")
        return super().cart_view()


class OwnBackstage(StagingBackstage):
    """Writes into the file `cancelled` what it was asked to cancel; one order is sent already."""

    def hazards(self) -> Sequence[str]:
        return self.shop.options.get("hazards", ())

    def catalogue(self) -> Sequence[Product]:
        rows = super().catalogue()
        return [replace(one, stock=None) for one in rows] if self.shop.options.get("without") == "stock" else rows

    def read_back(self) -> ReadBack:
        """As `without` says: no books, or books that give every order to a stranger."""
        without = self.shop.options.get("without")
        if without == "books":
            return ReadBack()
        books = super().read_back()
        return ReadBack([{**row, "intent": "ana"} for row in books.orders]) if without == "intents" else books

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        Path(self.shop.options["cancelled"]).write_text(json.dumps(list(order_ids)))
        first, *others = order_ids
        return {first: "it is on its way already", **dict.fromkeys(others)}


PLATFORM = Platform(OwnStorefront, OwnBackstage, lambda given, folder: given)
