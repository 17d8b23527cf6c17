"""What holds for the closed loop without an engine: who shopped, how it ended, and what it took."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from doorbuster.scenario import load_scenario
from doorbuster.storefronts.base import Answer, Client, Line, Platform, Product, Shop, Visit
from doorbuster.storefronts.noop import NoopStorefront
from doorbuster.storefronts.options import NO_OPTIONS
from tests.conftest import free_port, write_scenario
from tests.live.capacity import Capacity, capacity


@dataclass
class Asking(NoopStorefront):
    """Asks twice for a cart line, at a door that is shut, and once a journey runs out of goods."""

    client: Client
    base_url: str
    sold_out: bool

    def cart_add(self, line: Line) -> Answer:
        for _ in range(2):
            assert self.client.request("GET", self.base_url).failure
        return Answer("rejected", "out of stock") if self.sold_out else Answer("ok")


class Shelf:
    def catalogue(self) -> list[Product]:
        return [Product("linen-1", "1", "L1", 1000, "EUR", 5)]

    def coupons(self) -> list[str]:
        return []


def measured(folder: Path, sold_out: bool) -> Capacity:
    def storefront(client: Client, shop: Shop, visit: Visit) -> Asking:
        return Asking(client, shop.base_url, sold_out and visit.journey == "cart")

    platform = Platform(storefront, lambda client, shop: Shelf(), NO_OPTIONS)  # type: ignore[arg-type, return-value]  # what is asked of it
    shop = Shop(f"http://127.0.0.1:{free_port()}")
    return capacity(platform, shop, load_scenario(write_scenario(folder, [1.0])), "run", 0.3)


@pytest.mark.parametrize("sold_out", [False, True], ids=["all is there", "sold out"])
def test_a_closed_loop_counts_what_it_did(tmp_path: Path, sold_out: bool) -> None:
    told = measured(tmp_path, sold_out)
    assert told.sessions_per_s > 0
    assert (told.requests_of["cart.add"], told.requests_of["home"]) == (2, 0)
    assert set(told.errors) == ({"cart.add: rejected, out of stock"} if sold_out else set())
