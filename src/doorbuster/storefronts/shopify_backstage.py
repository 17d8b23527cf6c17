"""A Shopify shop from backstage: its catalogue as its Storefront API tells it, its books where a token opens them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.base import Client, Product, ReadBack, Response, Shop
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.shopify_admin import Admin

_OPEN: Final = (
    "its online store is open to everybody, so it may be a live shop, and nothing tells whether it takes live "
    "payments; rehearse on a development store, which asks visitors for a password, or give the owner's word with "
    "storefront.options.no_live_payments"
)
_NO_DEVELOPMENT: Final = (
    "Shopify does not know it as a development store, so it can take live payments; rehearse on one, or give the "
    "owner's word with storefront.options.no_live_payments"
)


@dataclass(frozen=True, slots=True)
class ShopifyBackstage:
    """`base.Backstage`: what Shopify lets a shop's own people see."""

    client: Client
    shop: Shop

    def check(self) -> str:
        """The shop's own name and the version of the API. Raises TargetError."""
        name = self._ask("ShopName", {})["shop"]["name"]
        return f"Shopify shop {name} at {self.shop.base_url}, Storefront API {self.shop.options['api_version']}"

    def hazards(self) -> Sequence[str]:
        return hazards(self.client, self.shop, self._admin)

    def reset(self, seed: int) -> None:
        """Shopify has no known start to go back to: what the scenario's hooks do is all there is."""

    def catalogue(self) -> Sequence[Product]:
        """Every variant for sale; stock where the token may see it (unauthenticated_read_product_inventory)."""
        try:
            return list(self._products("CatalogueWithStock"))
        except TargetError:
            return list(self._products("Catalogue"))

    def coupons(self) -> Sequence[str]:
        """None: codes are the shop's secret; the scenario names those to try."""
        return ()

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        return self._admin.cancel(order_ids)

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        no_faults(faults)

    def read_back(self) -> ReadBack:
        """Orders of the last hours and, where the token may see it, the stock that is left."""
        rows = list(self._admin.facts())
        stock = self.catalogue()
        rows += [
            fact("shop", "stock", detail={"variant": one.variant, "units": one.stock})
            for one in stock
            if one.stock is not None
        ]
        return ReadBack(rows, stock)

    @property
    def _admin(self) -> Admin:
        return Admin(self.client, self.shop)

    def _products(self, operation: str) -> Iterator[Product]:
        after = None
        while True:
            page = self._ask(operation, {"after": after})["products"]
            for product in page["nodes"]:
                for variant in product["variants"]["nodes"]:
                    if variant["availableForSale"]:
                        yield _product(product["handle"], variant)
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _ask(self, operation: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        url = f"{self.shop.base_url}/api/{self.shop.options['api_version']}/graphql.json"
        headers = {"X-Shopify-Storefront-Access-Token": self.shop.token} if self.shop.token else None
        response = ask(self.client, url, "shopify", operation, variables, headers)
        body = json_of(response, url)
        data = body.get("data")
        if body.get("errors") or not isinstance(data, dict):
            raise TargetError(
                f"{url}: HTTP {response.status}, {operation} was refused; "
                "check DOORBUSTER_STOREFRONT_TOKEN and its scopes"
            )
        return data


def json_of(response: Response, url: str) -> Mapping[str, Any]:
    """An object. Raises TargetError for anything else."""
    if response.failure or not response.status:
        raise TargetError(f"{url}: {response.failure or 'no answer'}; is the target the shop's address?")
    try:
        body = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise TargetError(f'{url}: HTTP {response.status} and not a Shopify shop; check the target and "platform"')
    return body


def hazards(client: Client, shop: Shop, admin: Admin) -> Sequence[str]:
    """What can be told of a shop's being live: by its plan with an admin token, else by its front door.

    How it takes payments cannot be told from outside, so nothing is said of that but by its owner.
    """
    if shop.options["no_live_payments"]:
        return ()
    if admin.opens:
        return () if admin.is_development_store() else (_NO_DEVELOPMENT,)
    door = client.request("GET", f"{shop.base_url}/")
    where = urlsplit(door.headers.get("location", "") or door.url).path
    ours = "shopify" in door.headers.get("powered-by", "").lower() or "x-shopid" in door.headers
    # A redirect to anywhere else is an open door too: to the shop's own name, or to a language.
    return (_OPEN,) if 200 <= door.status < 400 and ours and not where.endswith("/password") else ()


def no_faults(faults: Sequence[Mapping[str, Any]]) -> None:
    """Raises TargetError where a scenario wants some: nobody can switch a fault on in a shop that is not ours."""
    if faults:
        raise TargetError("a Shopify shop has no faults to switch on; take [[faults]] out of the scenario")


def _product(handle: str, variant: Mapping[str, Any]) -> Product:
    price = variant["price"]
    price_minor = minor(price["amount"], price["currencyCode"])
    stock = variant.get("quantityAvailable")
    return Product(handle, variant["id"], variant["sku"] or "", price_minor, price["currencyCode"], stock)
