"""Adobe Commerce from backstage: its catalogue by GraphQL, its books by the admin REST API, for both adapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode, urlsplit

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.base import Client, Product, ReadBack, Response, Shop
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.magento_books import coupon_row, order_row, skus_of, stock_row
from doorbuster.storefronts.magento_lookup import criteria, rest_url
from doorbuster.storefronts.people import EMAIL_DOMAIN

_PAGE: Final = 100
_ORDER: Final = "searchCriteria[sortOrders][0]"
_RIGHTS: Final = (
    "DOORBUSTER_ADMIN_TOKEN must be an integration's token with rights to sales, cart price rules and inventory"
)


@dataclass(frozen=True, slots=True)
class MagentoBackstage:
    """`base.Backstage`. The books need an integration's access token in DOORBUSTER_ADMIN_TOKEN."""

    order_id: ClassVar[str] = "increment_id"
    """The order's field that shoppers are shown."""
    client: Client
    shop: Shop

    def check(self) -> str:
        """One line that names the shop and its version. Raises TargetError when it is not this platform."""
        config = self._config()
        version = self.client.request("GET", f"{self.shop.base_url}/magento_version")
        named = version.body.decode("utf-8", "replace").strip() if version.status == 200 else ""
        software = named if named.startswith("Magento/") else "Adobe Commerce or Magento (version not told)"
        return f"{software}, store view {config['store_code']}, at {self.shop.base_url}"

    def hazards(self) -> Sequence[str]:
        """What the store's public settings tell; other gateways' live modes are not among them."""
        config, found = self._config(), []
        if config.get("braintree_environment") == "production":
            found.append("Braintree is set to production and takes real cards; set it to sandbox or switch it off")
        elif config.get("braintree_environment") == "sandbox" and self.shop.options["payment"].startswith("braintree"):
            found.append("payments go to Braintree's sandbox, which others share; pay by an offline method or a stub")
        own = {urlsplit(str(config.get(name) or "")).hostname for name in ("base_url", "secure_base_url")} - {None}
        elsewhere = sorted(str(host) for host in own if host != urlsplit(self.shop.base_url).hostname)
        if elsewhere:
            found.append(
                f"the shop takes itself for {' and '.join(elsewhere)}: its links, mails and payment "
                "returns lead there; set web/unsecure/base_url and web/secure/base_url of this copy"
            )
        return found

    def reset(self, seed: int) -> None:
        """Nothing: the scenario's hooks restore the shop's database."""

    def catalogue(self) -> Sequence[Product]:
        """`product` is the page's url key, `variant` the SKU that is bought, `sku` that of the product on the page."""
        products: list[Product] = []
        page, pages = 1, 1
        while page <= pages and len(products) < self.shop.options["most_products"]:
            listed = self._graphql("Catalogue", {"page": page})["products"]
            pages = int(listed["page_info"]["total_pages"])
            products += (product for item in listed["items"] for product in _products(item))
            page += 1
        return products[: self.shop.options["most_products"]]

    def coupons(self) -> Sequence[str]:
        given: Sequence[str] = self.shop.options["coupons"]
        if given or not self.shop.admin_token:
            return given
        return [str(coupon["code"]) for coupon in self._search("coupons/search", "coupon_id")]

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """An order that is invoiced already stays; the shop then wants a credit memo, made by a person."""
        told: dict[str, str | None] = dict.fromkeys(order_ids, "the shop does not have it")
        for start in range(0, len(order_ids), _PAGE):
            some = ",".join(order_ids[start : start + _PAGE])
            for order in self._search("orders", "entity_id", (self.order_id, "in", some)):
                answer = self._admin("POST", f"orders/{int(order['entity_id'])}/cancel")
                done = answer.status == 200 and answer.body.strip() == b"true"
                told[str(order[self.order_id])] = None if done else f"the shop keeps it as {order['status']}"
        return told

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Nothing: a real shop has no faults to switch on."""

    def read_back(self) -> ReadBack:
        """All orders of rehearsals, the units left of what they sold, and the uses of the codes they used."""
        if not self.shop.admin_token:
            raise TargetError("the shop's books need an integration's access token in DOORBUSTER_ADMIN_TOKEN")
        orders = list(self._search("orders", "entity_id", ("customer_email", "like", f"%@{EMAIL_DOMAIN}")))
        rows = [order_row(order, str(order[self.order_id])) for order in orders]
        rows += [stock_row(sku, units) for sku in skus_of(orders) if (units := self._salable(sku)) is not None]
        used = [str(order["coupon_code"]) for order in orders if order.get("coupon_code")]
        codes = ",".join(dict.fromkeys((*self.shop.options["coupons"], *used)))
        if codes:
            rows += map(coupon_row, self._search("coupons/search", "coupon_id", ("code", "in", codes)))
        return ReadBack(orders=[*rows, fact("shop", "books_read")])

    def _salable(self, sku: str) -> Any:
        """What may still be sold, reservations taken off; None where the shop keeps no count of it."""
        stock_id = self.shop.options["stock_id"]
        answer = self._admin("GET", f"inventory/get-product-salable-quantity/{quote(sku, safe='')}/{stock_id}")
        return orjson.loads(answer.body) if answer.status == 200 else None

    def _search(self, path: str, order_by: str, *filters: tuple[str, str, str]) -> Iterator[Mapping[str, Any]]:
        """All rows of one of the admin API's searches, page by page; filters are (field, condition, value)."""
        ordered = urlencode({f"{_ORDER}[field]": order_by, f"{_ORDER}[direction]": "ASC"})
        page, read = 1, 0
        while True:
            asked = criteria(filters, pageSize=_PAGE, currentPage=page)
            answer = self._admin("GET", f"{path}?{asked}&{ordered}")
            body = _json(answer)
            if answer.status != 200 or not isinstance(body, dict):
                raise TargetError(
                    f"{self.shop.base_url}: the admin API refused {path} (HTTP {answer.status}); {_RIGHTS}"
                )
            yield from body["items"] or ()
            read += len(body["items"] or ())
            # Past its last page the shop gives the last one again.
            if not body["items"] or read >= body["total_count"]:
                return
            page += 1

    def _admin(self, method: str, path: str) -> Response:
        headers = {"Authorization": f"Bearer {self.shop.admin_token}"}
        response = self.client.request(method, rest_url(self.shop, path), headers=headers)
        if response.failure or not response.status:
            raise TargetError(f"{self.shop.base_url}: {response.failure or 'no answer'} from the admin API")
        return response

    def _config(self) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self._graphql("Shop", {})["storeConfig"]
        return config

    def _graphql(self, operation: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        url = f"{self.shop.base_url}/graphql"
        response = ask(self.client, url, "magento", operation, variables, {"Store": self.shop.options["store"]})
        if response.failure or not response.status:
            raise TargetError(f"{url}: {response.failure or 'no answer'}; is the shop running?")
        body = _json(response)
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict) or body.get("errors"):
            raise TargetError(
                f'{url}: no answer as Magento 2.4.8 gives it; check the target, "platform" and the store view'
            )
        return data


def _products(item: Mapping[str, Any]) -> Iterator[Product]:
    """What can be bought of one product page."""
    children = [variant["product"] for variant in item.get("variants") or ()]
    if not children and item["__typename"] not in ("SimpleProduct", "VirtualProduct"):
        return  # bundles and the like ask for choices that shoppers here do not make
    for one in children or (item,):
        price = one["price_range"]["minimum_price"]["final_price"]
        currency = str(price["currency"])
        units = one.get("quantity")
        stock = 0 if one["stock_status"] == "OUT_OF_STOCK" else None if units is None else int(units)
        yield Product(item["url_key"], one["sku"], item["sku"], minor(price["value"], currency), currency, stock)


def _json(response: Response) -> Any:
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None
