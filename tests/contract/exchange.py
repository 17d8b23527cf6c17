"""A shop played from canned answers: what every adapter is put through without its platform.

A platform adds `tests/contract/<platform>_exchange.py` with one `EXCHANGE`; `test_every_adapter.py` finds it. The
answers are recorded from the platform, or made from its schema, and each request is checked by `check` before it is
answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from doorbuster.journeys import WALKS
from doorbuster.journeys.shopper import Call, LeftShop
from doorbuster.storefronts.base import Answer, Client, Line, Product, Response, Storefront, Visit

BASE_URL = "https://shop.example"
RUN = "20261122T101500Z-contract"


class Request(NamedTuple):
    """What an adapter sent."""

    method: str
    url: str
    json: Any
    form: Mapping[str, str] | None
    headers: Mapping[str, str]
    """Lower-case names."""


class Failure(NamedTuple):
    """A way in which the platform says no, and what it means."""

    name: str
    step: str
    response: Response
    outcome: str
    again_s: float | None = None
    when: Callable[[Request], bool] = lambda request: True
    """Which of the step's requests is answered so; the first that fits."""


@dataclass(frozen=True)
class Exchange:
    """One platform's side of the contract."""

    platform: str
    storefront: Callable[[Client, Visit], Storefront]
    shop: Callable[[], Callable[[Request], Response]]
    """A new shop: request to answer; it may keep what it was told."""
    product: Product
    coupon: str
    failures: Sequence[Failure]
    journeys: Sequence[str] = ("browse", "cart", "native_checkout", "express_wallet")
    """Those that HTTP can drive on this platform."""
    check: Callable[[Request], None] = lambda request: None
    """Raises where a request is not what the platform's schema asks for; skips by itself where the schema is absent."""
    hosts: frozenset[str] = frozenset({"shop.example"})
    marked: bool = True
    """Whether an order can be marked as a rehearsal's: by e-mail address, note or tag."""
    idempotency_header: str | None = None
    """Lower-case name, where the platform has one."""


@dataclass
class CannedClient:
    """`base.Client` that asks an exchange; one request may be answered otherwise."""

    exchange: Exchange
    answer: Callable[[Request], Response]
    sent: list[tuple[str, Request]] = field(default_factory=list)
    """(step, request)"""
    step: str = ""
    instead: Callable[[str, Request], Response | None] = lambda step, request: None

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        # As it travels: what JSON cannot say must fail here too.
        request = Request(method, url, None if json is None else orjson.loads(orjson.dumps(json)), form, lower)
        self.sent.append((self.step, request))
        self.exchange.check(request)
        other = self.instead(self.step, request)
        response = other if other is not None else self.answer(request)
        return response if response.url else response._replace(url=url)


@dataclass
class ContractShopper:
    """Walks at once, keeps every answer by step, and looks an unknown purchase up once."""

    visit: Visit
    client: CannedClient
    answers: list[tuple[str, Answer]] = field(default_factory=list)

    def step(self, name: str, call: Call, *, optional: bool = False, read_back: Call | None = None) -> Answer:
        self.client.step = name
        answer = call()
        for _ in range(20):
            if answer.again_s is None or answer.outcome != "ok":
                break
            answer = call()
        self.answers.append((name, answer))
        if answer.outcome == "unknown" and read_back is not None:
            answer = self.step("order.read", read_back)
        if answer.outcome != "ok" and not (optional and answer.outcome == "rejected") and not answer.offer:
            raise LeftShop
        return answer

    def buy(self, name: str, call: Call, read_back: Call) -> Answer:
        return self.step(name, call, read_back=read_back)

    def last(self, step: str) -> Answer:
        return next(answer for name, answer in reversed(self.answers) if name == step)


def visit_of(exchange: Exchange, journey: str, session: int = 7) -> Visit:
    """Somebody who tries a coupon and wants one product."""
    buying = journey in ("native_checkout", "express_wallet")
    intent = f"{RUN}-{session}" if buying else None
    return Visit(session, journey, intent, (Line(exchange.product, 1),), "linen", exchange.coupon, 30.0, None)


def walk(
    exchange: Exchange,
    journey: str,
    instead: Callable[[str, Request], Response | None] = lambda step, request: None,
) -> ContractShopper:
    """Walk a journey through a new canned shop, to its end or to where its shopper leaves."""
    client = CannedClient(exchange, exchange.shop(), instead=instead)
    visit = visit_of(exchange, journey)
    shopper = ContractShopper(visit, client)
    with suppress(LeftShop):
        WALKS[journey](shopper, exchange.storefront(client, visit))
    return shopper


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, headers or {}, orjson.dumps(body))
