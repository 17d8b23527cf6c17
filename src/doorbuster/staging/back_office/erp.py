"""The ERP: comes to the shop for its orders as 1C does, books each sale once, and brings the units in stock."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from starlette.routing import Route

from doorbuster.staging.back_office.commerceml import NotCommerceML, Sale, read_sales, write_stock
from doorbuster.staging.catalogue import make_catalogue
from doorbuster.staging.faults import back_office_down
from doorbuster.staging.web import PAGE, Call, Counter, Endpoint, Refusal, Reply

EXCHANGE_PATH: Final = "/bitrix/admin/1c_exchange.php"
"""Where 1C-Bitrix has it; most other shops take the same questions at an address of their own."""
USER, PASSWORD = "erp", "staging"
EVERY_S: Final = 0.25
"""Real ones come every few minutes; a rehearsal of four minutes could not tell their patience from a lost sale."""
OFFERS: Final = "offers.xml"


class ShopRefuses(Exception):
    """The shop did not answer the exchange's question as the protocol says."""


@dataclass(frozen=True, slots=True)
class Partner:
    """The shop that the ERP exchanges with."""

    url: str
    user: str = USER
    password: str = PASSWORD


class Erp:
    """Sales and stock since the last reset. `session` is given by who serves the event loop."""

    session: aiohttp.ClientSession

    def __init__(self, counter: Counter, own_shop_url: str, seed: int) -> None:
        self._counter = counter
        self._own = self._partner = Partner(own_shop_url + EXCHANGE_PATH)
        self._resets = 0
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Empty books and the catalogue's stock; the partner stays."""
        self._resets += 1
        self._sales: dict[str, tuple[Sale, int]] = {}
        self._units = {variant.id: variant.units for variant in make_catalogue(seed).variants.values()}
        self._to_tell: dict[str, int] = {}
        self._cookie: tuple[str, str] | None = None
        self._last_trouble = ""

    async def exchange_for_ever(self) -> None:
        """Come to the shop again and again, until cancelled; a shop that does not answer is asked again."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.exchange()
                self._last_trouble = ""
            except (aiohttp.ClientError, TimeoutError, ShopRefuses, NotCommerceML) as trouble:
                self._cookie, self._last_trouble = None, f"{type(trouble).__name__}: {trouble}"

    async def exchange(self) -> None:
        """Fetch orders, book them, say that they are booked, and bring the stock that they left."""
        resets = self._resets
        if self._cookie is None:
            said = (await self._ask("sale", "checkauth")).split("\n")
            self._cookie = _cookie_of(said)
            await self._ask("sale", "init")
        sales = read_sales((await self._ask("sale", "query")).encode())
        if resets != self._resets:
            return  # what was fetched is from before a reset
        for sale in sales:
            self._book(sale)
        if sales:
            await self._ask("sale", "success")
        if self._to_tell:
            telling, self._to_tell = self._to_tell, {}
            try:
                await self._ask("catalog", "init")
                await self._ask("catalog", "file", write_stock(telling))
                await self._ask("catalog", "import")
            except BaseException:
                self._to_tell = {**telling, **self._to_tell} if resets == self._resets else self._to_tell
                raise

    def _book(self, sale: Sale) -> None:
        """Once for each id, however often the shop tells it."""
        if sale.id in self._sales:
            return
        self._sales[sale.id] = (sale, time.time_ns() // 1000)
        for line in sale.lines:
            if line.article in self._units:
                self._units[line.article] -= line.quantity
                self._to_tell[line.article] = self._units[line.article]

    async def _ask(self, kind: str, mode: str, body: bytes | None = None) -> str:
        """One question of the exchange, in the protocol's words. Raises ShopRefuses."""
        if self._counter.faults.value(back_office_down.FAULT) is not None:
            raise ShopRefuses("the back office is down and asks nobody")
        question = {"type": kind, "mode": mode, **({"filename": OFFERS} if mode in ("file", "import") else {})}
        headers = {"Cookie": "=".join(self._cookie)} if self._cookie else {}
        auth = aiohttp.BasicAuth(self._partner.user, self._partner.password)
        async with self.session.request(
            "GET" if body is None else "POST",
            self._partner.url, params=question, data=body, headers=headers, auth=auth, allow_redirects=False,
        ) as answer:  # fmt: skip
            text = (await answer.read()).decode(answer.get_encoding(), "replace")
        if answer.status != 200 or text.startswith("failure"):
            raise ShopRefuses(f"{mode}: HTTP {answer.status} {text[:80]}")
        return text

    def settle_with(self, call: Call) -> Reply:
        """POST /admin/exchange {url, user, password}: whose orders are fetched; without url the staging shop's."""
        body = call.json()
        url = body.get("url")
        if url is not None and (not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https")):
            raise Refusal(400, "invalid_url", "url must be an http or https address.")
        user, password = str(body.get("user", USER)), str(body.get("password", PASSWORD))
        self._partner = Partner(url, user, password) if url else self._own
        self._cookie = None
        return self.show(call)

    def show(self, call: Call) -> Reply:
        """GET /admin/exchange: with whom, and what went wrong the last time."""
        return Reply({"url": self._partner.url, "trouble": self._last_trouble})

    def page(self, call: Call) -> Reply:
        """GET /admin/sales?after=N&limit=N: every sale booked, oldest first."""
        after, limit = call.query_number("after", 0), call.query_number("limit", PAGE)
        page: list[Any] = [
            {"id": sale.id, "number": sale.number, "amount_minor": sale.amount_minor, "currency": sale.currency,
             "booked_unix_us": booked_unix_us}
            for sale, booked_unix_us in list(self._sales.values())[after : after + limit]
        ]  # fmt: skip
        return Reply({"sales": page, "next": after + len(page) if len(page) == limit else None})

    def stock(self, call: Call) -> Reply:
        """GET /admin/stock: units by article, as the ERP counts them."""
        return Reply({"stock": self._units})

    def routes(self) -> list[Route]:
        return [
            Route("/admin/sales", Endpoint(self._counter, self.page), methods=["GET"]),
            Route("/admin/stock", Endpoint(self._counter, self.stock), methods=["GET"]),
            Route("/admin/exchange", Endpoint(self._counter, self.show), methods=["GET"]),
            Route("/admin/exchange", Endpoint(self._counter, self.settle_with), methods=["POST"]),
        ]


def _cookie_of(said: list[str]) -> tuple[str, str]:
    """`success`, the cookie's name and its value, a line each."""
    if len(said) < 3 or said[0].strip() != "success":
        raise ShopRefuses("checkauth: the answer is not success, a name and a value")
    return said[1].strip(), said[2].strip()
