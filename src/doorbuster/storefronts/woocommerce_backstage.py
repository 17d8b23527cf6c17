"""WooCommerce from backstage: its catalogue by the Store API, its books by the admin REST API."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.base import Client, Product, ReadBack, Response, Shop
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.people import EMAIL_DOMAIN, NOTE
from doorbuster.storefronts.woocommerce_books import coupon_row, is_ours, order_row, stock_row, variant_of

_STORE: Final = "/wp-json/wc/store/v1"
_ADMIN: Final = "/wp-json/wc/v3"
_PAGE: Final = 100
_NEEDS: Final = "DOORBUSTER_ADMIN_TOKEN must be a REST key as consumer_key:consumer_secret, and the shop on HTTPS"
_TEST_SWITCHES: Final = ("testmode", "test_mode", "sandbox")


@dataclass(frozen=True, slots=True)
class WooBackstage:
    """`base.Backstage`. The books need a REST API key, `consumer_key:consumer_secret`, in DOORBUSTER_ADMIN_TOKEN."""

    client: Client
    shop: Shop

    def check(self) -> str:
        """One line that names the shop and its version. Raises TargetError when it is not this platform."""
        index = self._index()
        version = ""
        if self.shop.admin_token:
            version = f" {self._read(f'{_ADMIN}/system_status', admin=True)['environment']['version']}"
        return f'WooCommerce{version}, "{index["name"]}", at {self.shop.base_url}'

    def hazards(self) -> Sequence[str]:
        """What the shop's index tells, and with a REST key the switches of its payment methods."""
        index, found = self._index(), []
        own = {urlsplit(str(index.get(name) or "")).hostname for name in ("url", "home")} - {None}
        for host in sorted(str(one) for one in own if one != urlsplit(self.shop.base_url).hostname):
            found.append(
                f"the shop takes itself for {host}: its links, mails and payment returns lead there; "
                "set the site's addresses in this copy"
            )
        gateways = self._read(f"{_ADMIN}/payment_gateways", admin=True) if self.shop.admin_token else ()
        used = (self.shop.options["payment"], self.shop.options["wallet"])
        for gateway in gateways:
            settings = gateway.get("settings") or {}
            told = [settings[name].get("value") for name in _TEST_SWITCHES if name in settings]
            if gateway["enabled"] and "no" in told:
                found.append(f'payment method "{gateway["id"]}" is live; switch its test mode on or the method off')
            elif gateway["enabled"] and "yes" in told and gateway["id"] in used:
                found.append(
                    f'payment method "{gateway["id"]}" points at a sandbox that others share; '
                    "pay by cod or cheque, or let a stub answer for it"
                )
        return found

    def reset(self, seed: int) -> None:
        """Nothing: the scenario's hooks restore the shop's database."""

    def catalogue(self) -> Sequence[Product]:
        """`product` is the page's slug, `variant` the id that goes into the cart."""
        most, slugs, found = self.shop.options["most_products"], {}, list[Product]()
        for kind in ({}, {"type": "variation"}):
            for row in self._pages(f"{_STORE}/products", kind, admin=False):
                slugs[row["id"]] = row["slug"]
                if row["is_purchasable"] and not row.get("has_options") and len(found) < most:
                    found.append(_product(row, slugs.get(row.get("parent") or 0, row["slug"])))
        return found

    def coupons(self) -> Sequence[str]:
        given: Sequence[str] = self.shop.options["coupons"]
        if given or not self.shop.admin_token:
            return given
        return [str(coupon["code"]) for coupon in self._pages(f"{_ADMIN}/coupons", {}, admin=True)]

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """The shop puts a cancelled order's goods back on the shelf, and refunds nothing by itself."""
        told: dict[str, str | None] = {}
        for order_id in order_ids:
            answer = self._ask("PUT", f"{_ADMIN}/orders/{int(order_id)}", admin=True, body={"status": "cancelled"})
            body = _json(answer)
            done = answer.status == 200 and isinstance(body, dict) and body.get("status") == "cancelled"
            told[order_id] = None if done else f"the shop did not cancel it (HTTP {answer.status})"
        return told

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Nothing: a real shop has no faults to switch on."""

    def read_back(self) -> ReadBack:
        """All orders of rehearsals, the units left of what they sold, and the uses of the codes they used."""
        if not self.shop.admin_token:
            raise TargetError(f"the shop's books cannot be read: {_NEEDS}")
        orders: dict[int, Mapping[str, Any]] = {}
        for word in (EMAIL_DOMAIN, NOTE):
            for order in self._pages(f"{_ADMIN}/orders", {"search": word, "dp": 6, "status": "any"}, admin=True):
                if is_ours(order):
                    orders[order["id"]] = order
        rows = [row for order in orders.values() if (row := order_row(order))]
        sold = {variant_of(item): item for order in orders.values() for item in order["line_items"]}
        rows += [row for variant, item in sold.items() if (row := stock_row(variant, self._bought(item)))]
        codes = dict.fromkeys(self.shop.options["coupons"])
        codes |= dict.fromkeys(str(one["code"]) for order in orders.values() for one in order["coupon_lines"])
        for code in codes:
            rows += map(coupon_row, self._pages(f"{_ADMIN}/coupons", {"code": code}, admin=True))
        return ReadBack(orders=[*rows, fact("shop", "books_read")])

    def _bought(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """The product or variation as it is in the shop now; nothing where it is gone."""
        below = f"/variations/{int(item['variation_id'])}" if item["variation_id"] else ""
        body = _json(self._ask("GET", f"{_ADMIN}/products/{int(item['product_id'])}{below}", admin=True))
        return body if isinstance(body, dict) else {}

    def _index(self) -> Mapping[str, Any]:
        index = self._read("/wp-json/", admin=False)
        if not isinstance(index, dict) or "wc/store/v1" not in index.get("namespaces", ()):
            raise TargetError(f'{self.shop.base_url}: not a WooCommerce shop; check the target and "platform"')
        return index

    def _pages(self, path: str, wanted: Mapping[str, Any], *, admin: bool) -> Iterator[Mapping[str, Any]]:
        """All rows of a list, page by page, in the order in which they were made."""
        page = 1
        while True:
            ordered = {"orderby": "id", "order": "asc", "per_page": _PAGE, "page": page}
            rows = self._read(f"{path}?{urlencode({**wanted, **ordered})}", admin=admin)
            yield from rows
            if len(rows) < _PAGE:
                return
            page += 1

    def _read(self, path: str, *, admin: bool) -> Any:
        response = self._ask("GET", path, admin=admin)
        body = _json(response)
        if response.status != 200 or body is None:
            hint = _NEEDS if admin else 'check the target and "platform"'
            told = urlsplit(path).path
            raise TargetError(f"{self.shop.base_url}{told}: no answer as expected (HTTP {response.status}); {hint}")
        return body

    def _ask(self, method: str, path: str, *, admin: bool, body: Any = None) -> Response:
        key = b64encode(self.shop.admin_token.encode()).decode()
        headers = {"Authorization": f"Basic {key}"} if admin else None
        response = self.client.request(method, self.shop.base_url + path, json=body, headers=headers)
        if response.failure or not response.status:
            raise TargetError(f"{self.shop.base_url}: {response.failure or 'no answer'}; is the shop running?")
        return response


def _product(row: Mapping[str, Any], slug: str) -> Product:
    prices = row["prices"]
    currency, units = str(prices["currency_code"]), row.get("low_stock_remaining")
    price = minor(Decimal(str(prices["price"])).scaleb(-int(prices["currency_minor_unit"])), currency)
    stock = 0 if not row["is_in_stock"] else None if units is None else int(units)
    variant = str(row["id"])
    return Product(slug, variant, row.get("sku") or variant, price, currency, stock)


def _json(response: Response) -> Any:
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None
