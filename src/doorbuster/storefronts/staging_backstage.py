"""The staging shop from backstage: its known start, its catalogue, its faults, and all its books after a run.

Facts that `read_back` returns, one row each; the columns are those of the facts table, with `at_unix_us` (unix
microseconds, null where the fact is a state) in place of `at_us`:

    witness    kind                                     amount_minor   detail
    shop       order, order_pending, order_failed       total          prices in parts, codes, lines, channel
    shop       stock                                    null           variant, units, initial
    shop       coupon                                   null           code, limit, used
    gateway    authorised, captured, voided, refunded,  of this step   payment
               declined
    analytics  purchase_event                           value          none
    all three  books_read                               null           none; its books were read, if they are empty
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Client, Product, ReadBack

_NAME: Final = "doorbuster-staging"
_DRAIN_MS: Final = 10_000
_KIND: Final = {"paid": "order", "pending": "order_pending", "failed": "order_failed"}


@dataclass(frozen=True, slots=True)
class StagingBackstage:
    """`base.Backstage` for the staging shop and the two services behind it."""

    client: Client
    base_url: str

    def check(self) -> str:
        """One line that names the shop and its version. Raises TargetError when it is not this platform."""
        info = self._info()
        return f"Doorbuster staging shop {info['version']} at {self.base_url}"

    def reset(self, seed: int) -> None:
        """Empty books, full shelves, the catalogue of this seed, no timetable of faults; in all three services."""
        self._ask("POST", f"{self.base_url}/admin/reset", {"seed": seed})

    def catalogue(self) -> Sequence[Product]:
        rows = self._ask("GET", f"{self.base_url}/admin/catalogue")["catalogue"]
        return [
            Product(row["product"], row["variant"], row["sku"], row["price_minor"], row["currency"], row["stock"])
            for row in rows
        ]

    def coupons(self) -> Sequence[str]:
        return [row["code"] for row in self._ask("GET", f"{self.base_url}/admin/coupons")["coupons"]]

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Give all three services their timetable at once; it replaces the one before and ends by itself."""
        self._ask("POST", f"{self.base_url}/admin/faults", {"faults": [dict(fault) for fault in faults]})

    def read_back(self) -> ReadBack:
        """Everything the three services have in their books, once what is under way has settled or 10 s are over."""
        self._ask("POST", f"{self.base_url}/admin/drain", {"within_ms": _DRAIN_MS})
        addresses = self._info()["addresses"]
        rows: list[Mapping[str, Any]] = [_order(row) for row in self._pages(f"{self.base_url}/admin/orders", "orders")]
        rows += (
            _fact("shop", "stock", detail=row) for row in self._ask("GET", f"{self.base_url}/admin/stock")["stock"]
        )
        rows += (
            _fact("shop", "coupon", detail=row) for row in self._ask("GET", f"{self.base_url}/admin/coupons")["coupons"]
        )
        for payment in self._pages(f"{addresses['gateway']}/admin/payments", "payments"):
            rows += _payment(payment)
        rows += (_event(event) for event in self._pages(f"{addresses['collector']}/admin/events", "events"))
        rows += (_fact(witness, "books_read") for witness in ("shop", "gateway", "analytics"))
        return ReadBack(orders=rows, stock=self.catalogue())

    def _info(self) -> Mapping[str, Any]:
        info = self._ask("GET", f"{self.base_url}/admin/info")
        if info.get("name") != _NAME:
            raise TargetError(f'{self.base_url}: not a Doorbuster staging shop; check the target and "platform"')
        for name, address in info["addresses"].items():
            # Our credentials go wherever the shop says its services are: only ever to the host that we were aimed at.
            if urlsplit(address).hostname != urlsplit(self.base_url).hostname:
                raise TargetError(f"{self.base_url}: its {name} is on another host ({address}); nothing was sent there")
        return info

    def _pages(self, url: str, name: str) -> Iterator[Mapping[str, Any]]:
        after: int | None = 0
        while after is not None:
            page = self._ask("GET", f"{url}?after={after}")
            yield from page[name]
            after = page["next"]

    def _ask(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        response = self.client.request(method, url, json=body)
        if response.failure or not response.status:
            raise TargetError(f"{url}: {response.failure or 'no answer'}; is the staging shop running?")
        try:
            answer = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise TargetError(f'{self.base_url}: not a Doorbuster staging shop; check the target and "platform"')
        if response.status >= 300:
            error = answer.get("error")
            said = error.get("message") if isinstance(error, dict) else None
            raise TargetError(f"{url}: {said or f'HTTP {response.status}'}")
        return answer


def _fact(
    witness: str,
    kind: str,
    *,
    at_unix_us: int | None = None,
    intent: str | None = None,
    order_id: str | None = None,
    amount_minor: int | None = None,
    currency: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "at_unix_us": at_unix_us,
        "witness": witness,
        "kind": kind,
        "session": None,  # the shop knows intents, not sessions
        "intent": intent,
        "order_id": order_id,
        "amount_minor": amount_minor,
        "currency": currency,
        "detail": orjson.dumps(detail or {}).decode(),
    }


def _order(row: Mapping[str, Any]) -> dict[str, Any]:
    detail = {**row["totals"], "codes": row["codes"], "lines": row["lines"], "channel": row["channel"]}
    return _fact(
        "shop",
        _KIND[row["status"]],
        at_unix_us=row["at_unix_us"],
        intent=row["intent"],
        order_id=row["id"],
        amount_minor=row["totals"]["total_minor"],
        currency=row["currency"],
        detail=detail,
    )


def _payment(payment: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every state a payment went through, each at its time."""
    for status, at_unix_us, amount_minor in payment["history"]:
        yield _fact(
            "gateway",
            status,
            at_unix_us=at_unix_us,
            intent=payment["intent"],
            order_id=payment["order_id"] or None,
            amount_minor=amount_minor,
            currency=payment["currency"],
            detail={"payment": payment["id"]},
        )


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Analytics knows the order, not the intent, and speaks of units of money, not of cents."""
    value = event.get("value")
    return _fact(
        "analytics",
        f"{event.get('name')}_event",
        at_unix_us=event["at_unix_us"],
        order_id=event.get("transaction_id"),
        amount_minor=round(value * 100) if isinstance(value, int | float) else None,
        currency=event.get("currency"),
    )
