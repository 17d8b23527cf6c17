"""A shop of the Universal Commerce Protocol from backstage: what it says of itself, and its catalogue.

The protocol shows an order to whoever knows its id and lists none: the books come from the shop's own export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Client, Product, ReadBack, Response, Shop
from doorbuster.storefronts.ucp_agent import UcpAgent
from doorbuster.storefronts.ucp_session import VERSION

_DISCOVERY: Final = "/.well-known/ucp"
_SERVICE: Final = "dev.ucp.shopping"
_CHECKOUT: Final = "dev.ucp.shopping.checkout"
_LIVE: Final = frozenset({"production", "live"})
_PAGES: Final = 200
"""Pages of the catalogue that are read at most, 100 products each: enough to pick from."""


@dataclass(frozen=True, slots=True)
class UcpBackstage:
    """`base.Backstage` as far as the protocol goes."""

    client: Client
    shop: Shop

    def check(self) -> str:
        """One line that names what the shop offers. Raises TargetError where it does not speak this version here."""
        url, profile = self.shop.base_url + _DISCOVERY, self._profile()
        if profile["version"] != VERSION:
            raise TargetError(f"{url}: it speaks version {profile['version']}; this adapter speaks {VERSION}")
        if _CHECKOUT not in profile.get("capabilities", {}):
            raise TargetError(f"{url}: it offers no checkout ({_CHECKOUT})")
        services = profile["services"].get(_SERVICE, ())
        endpoints = [one["endpoint"].rstrip("/") for one in services if one["transport"] == "rest"]
        if self.shop.base_url + self.shop.options["api"] not in endpoints:
            raise TargetError(
                f"{url}: it is spoken to over REST at {', '.join(endpoints) or 'no address'}; aim the target at that "
                "host and set storefront.options.api to the path"
            )
        offers = sorted(name.removeprefix(f"{_SERVICE}.") for name in profile["capabilities"])
        return f"Universal Commerce Protocol {VERSION} at {self.shop.base_url}: {', '.join(offers)}"

    def hazards(self) -> Sequence[str]:
        """Ways to pay whose configuration says that they are live."""
        handlers = self._profile().get("payment_handlers", {})
        return [
            f"the way to pay {name} ({handler['id']}) says that it is in production; switch it to its test environment"
            for name, named in handlers.items()
            for handler in named
            if str(handler.get("config", {}).get("environment", "")).lower() in _LIVE
        ]

    def reset(self, seed: int) -> None:
        """Nothing: the scenario's own commands must put such a shop into its known state."""

    def catalogue(self) -> Sequence[Product]:
        """What the catalogue says can be bought now. Raises TargetError where it says nothing."""
        products = [
            Product(
                str(product["id"]),
                str(variant["id"]),
                str(variant.get("sku", variant["id"])),
                int(variant["price"]["amount"]),
                variant["price"]["currency"],
                None,
            )
            for product in self._products()
            for variant in product["variants"]
            if variant.get("availability", {}).get("available", True)
        ]
        if not products:
            raise TargetError(
                f"{self.shop.base_url}: its catalogue has nothing to buy; fill it, or give the scenario "
                "a file of products"
            )
        return products

    def coupons(self) -> Sequence[str]:
        """The protocol lists none."""
        return ()

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        return dict.fromkeys(
            order_ids, "the protocol cancels checkouts that are not completed, no orders; the shop's admin can"
        )

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Such a shop has no faults to switch on."""

    def read_back(self) -> ReadBack:
        """Raises TargetError: nobody can ask by this protocol for the orders that no shopper of ours made."""
        raise TargetError(
            "the protocol shows an order to whoever knows its id alone; export the shop's books and judge by them: "
            "doorbuster audit RUN --orders orders.csv"
        )

    def _profile(self) -> Any:
        url = self.shop.base_url + _DISCOVERY
        return self._json(url, self.client.request("GET", url))["ucp"]

    def _products(self) -> Iterator[Any]:
        agent, cursor = UcpAgent(self.client, self.shop, "catalogue"), None
        for _ in range(_PAGES):
            page = {"limit": 100, **({"cursor": cursor} if cursor else {})}
            said = self._json("/catalog/search", agent.send("POST", "/catalog/search", {"pagination": page}))
            yield from said["products"]
            cursor = said.get("pagination", {}).get("cursor")
            if not cursor or not said["pagination"]["has_next_page"]:
                return

    def _json(self, url: str, response: Response) -> Any:
        if response.failure or not response.status:
            raise TargetError(f"{url}: {response.failure or 'no answer'}; is the shop running?")
        if response.status != 200:
            raise TargetError(f"{url}: HTTP {response.status}; is this a shop of the Universal Commerce Protocol?")
        try:
            said = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            said = None
        if not isinstance(said, dict):
            raise TargetError(f"{url}: no JSON object; is this a shop of the Universal Commerce Protocol?")
        return said
