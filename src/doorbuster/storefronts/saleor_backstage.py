"""A Saleor shop from backstage: its catalogue as shoppers see it, its codes and its books through an app's token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.base import Client, Product, ReadBack, Shop
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.saleor_books import books, units_of
from doorbuster.storefronts.saleor_options import MARK

_PAYS: Final = "HANDLE_PAYMENTS"
_MAILS: Final = "NOTIFY_USER"
_AT_ONCE: Final = 100
_ENDED: Final = ("CANCELED", "EXPIRED")
_NEEDS: Final = "MANAGE_ORDERS, MANAGE_PRODUCTS, MANAGE_DISCOUNTS and MANAGE_APPS"


@dataclass(frozen=True, slots=True)
class SaleorBackstage:
    """`base.Backstage`. DOORBUSTER_ADMIN_TOKEN is the token of an app that may manage orders, products, discounts and
    apps.
    """

    client: Client
    shop: Shop

    def check(self) -> str:
        """One line that names the shop. Raises TargetError when it is not this platform, or has no such channel."""
        told = self._data("Shop", self._in_channel())
        if told["products"] is None or not told["products"]["totalCount"]:
            raise TargetError(
                f"{self.shop.base_url}: channel {self.shop.options['channel']} shows no products; correct "
                "storefront.options.channel, or publish some there"
            )
        return f"Saleor shop {told['shop']['name']} at {self.shop.base_url}, channel {self.shop.options['channel']}"

    def hazards(self) -> Sequence[str]:
        """Gateways with a live key, and apps that may move money or send mail and are not said to be harmless."""
        found = [
            f"gateway {one['name']} ({one['id']}) is set up with a live key; give it a test key"
            for one in self._data("Shop", self._in_channel())["shop"]["availablePaymentGateways"]
            if any("live_" in str(line["value"]) for line in one["config"])
        ]
        apps = self._pages("Apps", "apps", {}) if self.shop.admin_token else ()
        for app in apps:
            if app["identifier"] in self.shop.options["test_apps"]:
                continue
            named = f"app {app['name']} ({app['identifier']})"
            remedy = "set it to test mode and name it in storefront.options.test_apps, or deactivate it"
            if _PAYS in [one["code"] for one in app["permissions"] or ()]:
                found.append(f"{named} may take real money; {remedy}")
            hooks = [hook for hook in app["webhooks"] or () if hook["isActive"]]
            if any(event["eventType"] == _MAILS for hook in hooks for event in hook["asyncEvents"]):
                found.append(f"{named} may send real mail; {remedy}")
        return found

    def reset(self, seed: int) -> None:
        """Saleor has no reset: the scenario's hooks put it into its known state."""

    def catalogue(self) -> Sequence[Product]:
        """What the channel sells, its price as shoppers see it; units where the shop counts them, and to shoppers only
        as many as one of them may buy."""
        stock = self._pages("Stock", "productVariants", self._in_channel()) if self.shop.admin_token else ()
        units = {one["id"]: units_of(one) for one in stock if one["trackInventory"]}
        return [
            Product(
                str(product["slug"]),
                str(variant["id"]),
                str(variant["sku"] or variant["id"]),
                minor(price["amount"], price["currency"]),
                str(price["currency"]),
                units.get(variant["id"], variant["quantityAvailable"]) if variant["trackInventory"] else None,
            )
            for product in self._pages("Catalogue", "products", self._in_channel())
            for variant in product["variants"] or ()
            if (price := ((variant["pricing"] or {}).get("price") or {}).get("gross"))
        ]

    def coupons(self) -> Sequence[str]:
        """Codes that anybody can use now; none where vouchers may not be read."""
        now = datetime.now(UTC)
        return [
            str(code["code"])
            for voucher in (self._pages("Vouchers", "vouchers", self._in_channel()) if self.shop.admin_token else ())
            if not voucher["onlyForStaff"] and _is_now(voucher, now)
            for code in _codes(voucher)
            if code["isActive"]
        ]

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Cancel each; what was paid is not paid back, because that is the payment app's to do."""
        told: dict[str, str | None] = dict.fromkeys(order_ids, "the shop has no such order")
        numbers = [int(one) for one in order_ids if one.isdecimal()]
        for first in range(0, len(numbers), _AT_ONCE):
            wanted = {"numbers": numbers[first : first + _AT_ONCE]}
            for edge in self._data("OrderIds", wanted)["orders"]["edges"]:
                order = edge["node"]
                told[str(order["number"])] = None if order["status"] in _ENDED else self._cancelled(order["id"])
        return told

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Saleor has no faults to switch on."""

    def read_back(self) -> ReadBack:
        """Every order that carries a rehearsal's mark, the stock of every variant, and every code's uses."""
        if not self.shop.admin_token:
            raise TargetError(
                f"{self.shop.base_url}: its orders cannot be read; set DOORBUSTER_ADMIN_TOKEN to an app's token with "
                + _NEEDS
            )
        # A staging shop may hold years of its own orders.
        orders = self._pages("Orders", "orders", {"where": {"metadata": {"key": MARK}}})
        stock = self._pages("Stock", "productVariants", self._in_channel())
        vouchers = [(one, _codes(one)) for one in self._pages("Vouchers", "vouchers", self._in_channel())]
        return ReadBack(list(books(orders, stock, vouchers)), self.catalogue())

    def _cancelled(self, order: str) -> str | None:
        errors = self._data("Cancel", {"id": order})["orderCancel"]["errors"]
        return f"Saleor refused ({errors[0]['code']})" if errors else None

    def _in_channel(self) -> dict[str, str]:
        return {"channel": self.shop.options["channel"]}

    def _pages(self, operation: str, name: str, variables: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """All rows of a list, page by page."""
        after: str | None = None
        while True:
            page = self._data(operation, {**variables, "after": after})[name]
            yield from (edge["node"] for edge in page["edges"])
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _data(self, operation: str, variables: Mapping[str, Any]) -> Any:
        """Data of one operation. Raises TargetError."""
        url = self.shop.base_url + self.shop.options["api"]
        token = self.shop.admin_token
        headers = {"authorization-bearer": token} if token else {}
        response = ask(self.client, url, "saleor_backstage", operation, variables, headers)
        if response.failure or not response.status:
            raise TargetError(f"{url}: {response.failure or 'no answer'}; is the shop running?")
        try:
            body = orjson.loads(response.body)
            errors, data = body.get("errors"), body.get("data")
        except (orjson.JSONDecodeError, AttributeError):
            raise TargetError(
                f"{url} does not answer as a Saleor API does; check the target and the platform"
            ) from None
        if errors or data is None:
            said = str(errors[0].get("message", ""))[:200] if errors else f"HTTP {response.status}"
            raise TargetError(f"{url}: {operation}: {said}; the app of DOORBUSTER_ADMIN_TOKEN needs {_NEEDS}")
        return data


def _codes(voucher: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A voucher's codes. Raises TargetError for one with more than fit into one answer: half would pass for all."""
    codes = voucher["codes"]
    if codes["pageInfo"]["hasNextPage"]:
        raise TargetError(
            f"a voucher has more than {_AT_ONCE} codes; give the codes in pools.coupons or pools.single_use_coupons"
        )
    return [edge["node"] for edge in codes["edges"]]


def _is_now(voucher: Mapping[str, Any], now: datetime) -> bool:
    end = voucher["endDate"]
    return datetime.fromisoformat(voucher["startDate"]) <= now and (end is None or now < datetime.fromisoformat(end))
