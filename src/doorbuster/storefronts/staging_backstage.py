"""The staging shop from backstage: its known start, its catalogue, its faults, and all its books after a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Client, Product, ReadBack, Shop
from doorbuster.storefronts.staging_facts import WITNESSES
from doorbuster.storefronts.staging_services import NAME, ServiceBooks, ask

_DRAIN_MS: Final = 4_000
_DRAINS: Final = 3
_ADVANCE_S: Final = 48 * 3600
"""Past the last reminder of whoever left last: two nights may lie between, and a few hours."""


@dataclass(frozen=True, slots=True)
class StagingBackstage:
    """`base.Backstage` for the staging shop and the services behind it."""

    client: Client
    shop: Shop

    def check(self) -> str:
        """One line that names the shop and its version. Raises TargetError when it is not this platform."""
        info = self._info()
        return f"Doorbuster staging shop {info['version']} at {self.shop.base_url}"

    def hazards(self) -> Sequence[str]:
        """None: its services take no real money and send no real mail."""
        return ()

    def reset(self, seed: int) -> None:
        """Empty books, full shelves, the catalogue of this seed, no timetable of faults; in all services."""
        self._ask("POST", f"{self.shop.base_url}/admin/reset", {"seed": seed})

    def catalogue(self) -> Sequence[Product]:
        rows = self._ask("GET", f"{self.shop.base_url}/admin/catalogue")["catalogue"]
        return [
            Product(row["product"], row["variant"], row["sku"], row["price_minor"], row["currency"], row["stock"])
            for row in rows
        ]

    def coupons(self) -> Sequence[str]:
        rows = self._ask("GET", f"{self.shop.base_url}/admin/coupons")["coupons"]
        return [row["code"] for row in rows if not row["automatic"]]

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """It has nothing to cancel: its next reset empties the books."""
        return dict.fromkeys(order_ids, "the staging shop forgets its orders at its next reset")

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Give all services their timetable at once; it replaces the one before and ends by itself."""
        self._ask("POST", f"{self.shop.base_url}/admin/faults", {"faults": [dict(fault) for fault in faults]})

    def read_back(self) -> ReadBack:
        """Everything the services have in their books, once what is under way has settled or 12 s are over.

        The shop's virtual clock is moved ahead in between, so that what it would send hours later has been sent.
        """
        self._drain()
        self._ask("POST", f"{self.shop.base_url}/admin/clock", {"advance_s": _ADVANCE_S})
        self._drain()
        books = ServiceBooks(self.client, {"shop": self.shop.base_url, **self._info()["addresses"]})
        rows = (row for witness in WITNESSES for row in witness(books))
        return ReadBack(orders=rows, stock=self.catalogue())

    def _drain(self) -> None:
        """Wait for what is under way, in turns shorter than any client's patience; what is left shows in the books."""
        for _ in range(_DRAINS):
            left = self._ask("POST", f"{self.shop.base_url}/admin/drain", {"within_ms": _DRAIN_MS})
            if not any(left.values()):
                return

    def _info(self) -> Mapping[str, Any]:
        info = self._ask("GET", f"{self.shop.base_url}/admin/info")
        if info.get("name") != NAME:
            raise TargetError(f'{self.shop.base_url}: not a Doorbuster staging shop; check the target and "platform"')
        for name, address in info["addresses"].items():
            # Our credentials go wherever the shop says its services are: only ever to the host that we were aimed at.
            if urlsplit(address).hostname != urlsplit(self.shop.base_url).hostname:
                raise TargetError(
                    f"{self.shop.base_url}: its {name} is on another host ({address}); nothing was sent there"
                )
        return info

    def _ask(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return ask(self.client, method, url, body)
