"""Backstage of a Medusa shop: the catalogue as shoppers see it, and the books through the admin API."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts import medusa_books as books
from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.base import OK, Answer, Client, Product, ReadBack, Response, Shop, Visit
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.medusa_session import MedusaSession, store_headers

MANUAL: Final = "pp_system_default"
"""The provider that says yes to every payment and moves no money."""
_PAGE: Final = 50
_MAIL: Final = ("email", "sms")
_KEPT_AT_HOME: Final = "local"
"""The notification provider that only writes to the shop's log."""
_SOMEBODY: Final = Visit(0, "browse", None, (), "", None, 30.0, None)
_SHOWN: Final = (
    "handle,variants.id,variants.sku,variants.manage_inventory,*variants.calculated_price,+variants.inventory_quantity"
)


@dataclass
class MedusaBackstage:
    """`base.Backstage` for Medusa 2. The admin token is a secret API key, or `user:password` of an admin user."""

    client: Client
    shop: Shop
    _authorization: str = field(default="", init=False, repr=False)

    def check(self) -> str:
        """One line that names the shop. Raises TargetError when it is not this platform, or its keys do not fit."""
        url = f"{self.shop.base_url}/store/regions?limit=1"
        response = self.client.request("GET", url, headers=store_headers(self.shop))
        if response.status == 400 and b"publishable" in response.body:
            raise TargetError(
                f"{self.shop.base_url}: it takes no request without a publishable API key; "
                "set DOORBUSTER_STOREFRONT_TOKEN to one of its sales channel's"
            )
        if "regions" not in self._read(url, response):
            raise TargetError(f'{self.shop.base_url}: not a Medusa shop; check the target and "platform"')
        if not self.shop.admin_token:
            return f"Medusa shop at {self.shop.base_url}, its books closed (no DOORBUSTER_ADMIN_TOKEN)"
        return f"Medusa shop {self._admin('/admin/stores')['stores'][0]['name']} at {self.shop.base_url}"

    def hazards(self) -> Sequence[str]:
        """Payment providers that may take real money, and messages that left the house. Needs the admin token."""
        if not self.shop.admin_token:
            return ()
        found: dict[str, None] = {}
        for region in self._pages("/admin/regions", "regions", "name,payment_providers.id"):
            for provider in region["payment_providers"]:
                if provider["id"] not in (MANUAL, self.shop.options["payment_provider"]):
                    found[
                        f"its region {region['name']} takes payments through {provider['id']}, which may be live; "
                        f"switch it off there, or name it as payment_provider if it leads to a stub of yours"
                    ] = None
        latest = f"/admin/notifications?{urlencode({'limit': _PAGE, 'order': '-created_at'})}"
        for message in self._admin(latest)["notifications"]:
            if message["channel"] in _MAIL and message["provider_id"] != _KEPT_AT_HOME:
                found[
                    f"it has sent {message['channel']} through {message['provider_id']}; "
                    "use a provider that sends nothing out of the house"
                ] = None
        return tuple(found)

    def reset(self, seed: int) -> None:
        """Nothing: Medusa cannot go back to a known state by itself; the scenario's hooks can."""

    def catalogue(self) -> Sequence[Product]:
        """Published variants of the key's sales channel, at the prices of the first shopper's region."""
        session = MedusaSession(self.client, self.shop, _SOMEBODY)
        found: list[Product] = []
        pages: list[int] = []

        def keep(body: Any) -> Answer:
            found.extend(_product(one, variant) for one in body["products"] for variant in one["variants"])
            pages.append(len(body["products"]))
            return OK

        while not pages or pages[-1] == _PAGE:
            wanted = {"fields": _SHOWN, "order": "id", "limit": _PAGE, "offset": _PAGE * len(pages)}
            answer = session.products("product", wanted, keep)
            if answer.outcome != "ok":
                raise TargetError(f"{self.shop.base_url}: its catalogue cannot be read ({answer.detail})")
        return found

    def coupons(self) -> Sequence[str]:
        """Active codes that a shopper types; none without the admin token."""
        if not self.shop.admin_token:
            return ()
        promotions = self._pages("/admin/promotions", "promotions", books.COUPON_FIELDS)
        return [one["code"] for one in promotions if one["status"] == "active" and not one["is_automatic"]]

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Cancel each order, which gives its stock back; one that was cancelled before is cancelled."""
        return {order_id: self._cancel(order_id) for order_id in order_ids}

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Raises TargetError for any fault: this shop has no switches."""
        if faults:
            raise TargetError(f"{self.shop.base_url}: a Medusa shop has no faults to switch on; leave [[faults]] out")

    def read_back(self) -> ReadBack:
        """All orders, stock levels, codes and tax rates. Raises TargetError without the admin token."""
        orders = list(self._pages("/admin/orders", "orders", books.ORDER_FIELDS, "created_at"))
        variants = list(self._pages("/admin/product-variants", "variants", books.STOCK_FIELDS))
        promotions = self._pages("/admin/promotions", "promotions", books.COUPON_FIELDS)
        rates = map(books.tax_row, self._pages("/admin/tax-regions", "tax_regions", books.TAX_FIELDS))
        rows = [
            *map(books.order_row, orders),
            *books.stock_rows(variants, orders),
            *(books.coupon_row(one) for one in promotions if not one["is_automatic"]),
            *(row for row in rates if row),
            fact("shop", "books_read"),
        ]
        return ReadBack(orders=rows, stock=self.catalogue())

    def _cancel(self, order_id: str) -> str | None:
        url = f"{self.shop.base_url}/admin/orders/{quote(order_id, safe='')}/cancel"
        response = self.client.request("POST", url, json={}, headers=self._opened())
        if response.status < 300 or b"has been canceled" in response.body:
            return None
        try:
            self._read(url, response)
        except TargetError as refused:
            return str(refused)
        return f"{url}: HTTP {response.status}"

    def _pages(self, path: str, name: str, fields: str, order: str = "id") -> Iterator[Mapping[str, Any]]:
        offset, count = 0, 1
        while offset < count:
            query = {"fields": fields, "order": order, "limit": _PAGE, "offset": offset}
            page = self._admin(f"{path}?{urlencode(query)}")
            yield from page[name]
            offset, count = offset + _PAGE, page["count"]

    def _admin(self, path: str) -> dict[str, Any]:
        url = self.shop.base_url + path
        return self._read(url, self.client.request("GET", url, headers=self._opened()))

    def _opened(self) -> dict[str, str]:
        """What opens the admin API; a user logs in once."""
        token = self.shop.admin_token
        if not self._authorization:
            if token.startswith("sk_"):
                self._authorization = "Basic " + b64encode(f"{token}:".encode()).decode()
            elif ":" in token:
                email, _, password = token.partition(":")
                url = f"{self.shop.base_url}/auth/user/emailpass"
                login = {"email": email, "password": password}
                self._authorization = f"Bearer {self._read(url, self.client.request('POST', url, json=login))['token']}"
            else:
                raise TargetError(
                    f"{self.shop.base_url}: its books need DOORBUSTER_ADMIN_TOKEN: a secret API key (sk_...), or "
                    "user:password of an admin user"
                )
        return {"authorization": self._authorization}

    def _read(self, url: str, response: Response) -> dict[str, Any]:
        """The body of a success. Raises TargetError, in the shop's own words where it has any."""
        where = url.partition("?")[0]
        if response.failure or not response.status:
            raise TargetError(f"{where}: {response.failure or 'no answer'}; is the shop running?")
        try:
            body = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            body = None
        if response.status >= 300:
            said = body.get("message") if isinstance(body, dict) else None
            raise TargetError(f"{where}: {said or f'HTTP {response.status}'}")
        if not isinstance(body, dict):
            raise TargetError(f'{self.shop.base_url}: not a Medusa shop; check the target and "platform"')
        return body


def _product(product: Mapping[str, Any], variant: Mapping[str, Any]) -> Product:
    price = variant["calculated_price"]
    currency = price["currency_code"].upper()
    stock = int(variant["inventory_quantity"]) if variant["manage_inventory"] else None
    price_minor = minor(price["calculated_amount"], currency)
    return Product(product["handle"], variant["id"], variant["sku"] or "", price_minor, currency, stock)
