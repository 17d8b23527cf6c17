"""A Shopify online store from backstage: its catalogue from the pages that anybody may read, its books with a token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from doorbuster.errors import TargetError
from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.base import Client, Product, ReadBack, Response, Shop
from doorbuster.storefronts.shopify_admin import Admin
from doorbuster.storefronts.shopify_backstage import hazards, json_of, no_faults

_PAGE: Final = 250
_MOST_PAGES: Final = 40
"""Ten thousand products: as many as shoppers of one rehearsal can tell apart."""


@dataclass(frozen=True, slots=True)
class ShopifyOnlineStoreBackstage:
    """`base.Backstage`: the shop's public lists."""

    client: Client
    shop: Shop

    def check(self) -> str:
        """One line that names the shop. Raises TargetError."""
        self._enter()
        return f"Shopify online store at {self.shop.base_url}, selling in {self._get('/cart.js', 'currency')}"

    def hazards(self) -> Sequence[str]:
        return hazards(self.client, self.shop, self._admin)

    def reset(self, seed: int) -> None:
        """Shopify has no known start to go back to: what the scenario's hooks do is all there is."""

    def catalogue(self) -> Sequence[Product]:
        """Every variant for sale, as `/products.json` lists them; it says nothing of stock."""
        self._enter()
        currency = self._get("/cart.js", "currency")
        found = []
        for page in range(1, _MOST_PAGES + 1):
            products = self._get(f"/products.json?limit={_PAGE}&page={page}", "products")
            found += [
                _product(product["handle"], variant, currency)
                for product in products
                for variant in product["variants"]
                if variant["available"]
            ]
            if len(products) < _PAGE:
                break
        return found

    def coupons(self) -> Sequence[str]:
        """None: codes are the shop's secret; the scenario names those to try."""
        return ()

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        return self._admin.cancel(order_ids)

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        no_faults(faults)

    def read_back(self) -> ReadBack:
        """Orders of the last hours: none is expected, since HTTP stops before the checkout."""
        return ReadBack(list(self._admin.facts()), ())

    @property
    def _admin(self) -> Admin:
        return Admin(self.client, self.shop, variant=lambda gid: gid.rpartition("/")[2])

    def _enter(self) -> None:
        if self.shop.token and open_door(self.client, self.shop) is not None:
            raise TargetError(f"{self.shop.base_url}: its password did not open it; check DOORBUSTER_STOREFRONT_TOKEN")

    def _get(self, path: str, name: str) -> Any:
        """What a public list says under a name. Raises TargetError where it says nothing there."""
        response = self.client.request("GET", self.shop.base_url + path)
        if response.status in (301, 302) and _is_password(response.headers.get("location", "")):
            raise TargetError(f"{self.shop.base_url} asks for its password; set DOORBUSTER_STOREFRONT_TOKEN to it")
        told = json_of(response, self.shop.base_url + path).get(name)
        if told is None:
            raise TargetError(
                f"{self.shop.base_url}{path}: HTTP {response.status} without {name}: not a Shopify online store; "
                'check the target and "platform"'
            )
        return told


def open_door(client: Client, shop: Shop) -> Response | None:
    """Give a shop its visitors' password, which a cookie remembers; None once inside, else what it answered."""
    form = {"form_type": "storefront_password", "utf8": "✓", "password": shop.token}
    response = client.request("POST", f"{shop.base_url}/password", form=form)
    # A client that follows redirects is sent to the shop, one that does not is told where it is.
    where = response.headers.get("location") if 300 <= response.status < 400 else response.url
    inside = 200 <= response.status < 400 and not _is_password(where or "")
    return None if inside and not response.failure else response


def _is_password(url: str) -> bool:
    return urlsplit(url).path.endswith("/password")


def _product(handle: str, variant: Mapping[str, Any], currency: str) -> Product:
    price_minor = minor(variant["price"], currency)
    return Product(handle, str(variant["id"]), variant["sku"] or "", price_minor, currency, None)
