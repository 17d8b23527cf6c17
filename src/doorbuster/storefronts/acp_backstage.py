"""A shop of the Agentic Commerce Protocol from backstage: what it says of itself, and its product feed.

The protocol shows an order to the session that made it and to nobody else: the books come from the shop's own export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.acp_session import API_VERSION
from doorbuster.storefronts.base import Client, Product, ReadBack, Shop

_DISCOVERY: Final = "/.well-known/acp.json"


@dataclass(frozen=True, slots=True)
class AcpBackstage:
    """`base.Backstage` as far as the protocol goes."""

    client: Client
    shop: Shop

    def check(self) -> str:
        """One line that names what the shop offers. Raises TargetError where it does not speak this version here."""
        url = self.shop.base_url + _DISCOVERY
        said = self._get(url)
        protocol = said["protocol"]
        if API_VERSION not in (protocol["version"], *protocol["supported_versions"]):
            raise TargetError(f"{url}: it speaks version {protocol['version']}; this adapter speaks {API_VERSION}")
        services = said["capabilities"]["services"]
        if "checkout" not in services:
            raise TargetError(f"{url}: it offers no checkout, only {', '.join(services) or 'nothing'}")
        api = urlsplit(said["api_base_url"])
        here = urlsplit(self.shop.base_url + self.shop.options["api"])
        if (api.netloc, api.path.rstrip("/")) != (here.netloc, here.path):
            raise TargetError(
                f"{url}: its API is at {said['api_base_url']}; aim the target at that host and set "
                f'storefront.options.api = "{api.path.rstrip("/")}"'
            )
        return f"Agentic Commerce Protocol {API_VERSION} at {self.shop.base_url}: {', '.join(services)}"

    def hazards(self) -> Sequence[str]:
        """None that it could tell: the protocol does not say whether a payment handler is a live one."""
        return ()

    def reset(self, seed: int) -> None:
        """Nothing: the scenario's own commands must put such a shop into its known state."""

    def catalogue(self) -> Sequence[Product]:
        """What the feed says can be bought now. Raises TargetError without a feed."""
        feed = self.shop.options["feed"]
        if feed is None:
            raise TargetError(
                f"{self.shop.base_url}: the protocol lists products in a feed alone; set storefront.options.feed, or "
                "give the scenario a file of products"
            )
        url = feed if "://" in feed else self.shop.base_url + feed
        products = [
            Product(
                str(product["id"]),
                str(variant["id"]),
                str(variant["id"]),
                int(variant["price"]["amount"]),
                variant["price"]["currency"],
                None,
            )
            for product in self._get(url)["products"]
            for variant in product["variants"]
            if "price" in variant and variant.get("availability", {}).get("available", True)
        ]
        if not products:
            raise TargetError(f"{url}: the feed has no product with a price that can be bought")
        return products

    def coupons(self) -> Sequence[str]:
        """The protocol lists none."""
        return ()

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        return dict.fromkeys(
            order_ids, "the protocol cancels checkout sessions that are not completed, no orders; the shop's admin can"
        )

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Such a shop has no faults to switch on."""

    def read_back(self) -> ReadBack:
        """Raises TargetError: nobody can ask by this protocol for the orders that no shopper of ours made."""
        raise TargetError(
            "the protocol shows an order to the session that made it alone; export the shop's books and judge by them: "
            "doorbuster audit RUN --orders orders.csv"
        )

    def _get(self, url: str) -> Any:
        headers = {"API-Version": API_VERSION}
        if self.shop.token:
            headers["Authorization"] = f"Bearer {self.shop.token}"
        response = self.client.request("GET", url, headers=headers)
        if response.failure or not response.status:
            raise TargetError(f"{url}: {response.failure or 'no answer'}; is the shop running?")
        if response.status != 200:
            raise TargetError(f"{url}: HTTP {response.status}; is this a shop of the Agentic Commerce Protocol?")
        try:
            said = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            said = None
        if not isinstance(said, dict):
            raise TargetError(f"{url}: no JSON object; is this a shop of the Agentic Commerce Protocol?")
        return said
