"""A described shop from backstage: its catalogue from its own lists, its books where it offers them as CSV."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from doorbuster.errors import ExportError, TargetError
from doorbuster.export_file import read_export
from doorbuster.storefronts.base import Client, Product, ReadBack, Response, Shop, Visit
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.html_description import Books, Description
from doorbuster.storefronts.html_hazards import gateways_in
from doorbuster.storefronts.html_page import Page, amount_minor
from doorbuster.storefronts.html_reading import description_in
from doorbuster.storefronts.html_template import filled, filled_url

_MOST_REDIRECTS: Final = 10
_NO_BOOKS: Final = (
    "the shop's description has no [books]; give its orders with --orders orders.csv, as docs/audit.md shows"
)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Following:
    """The client backstage, which follows no redirects by itself; these stay on the shop's host, and ask with GET."""

    client: Client

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        response = self.client.request(method, url, json=json, form=form, headers=headers)
        for _ in range(_MOST_REDIRECTS):
            there = urljoin(response.url or url, response.headers.get("location", ""))
            if response.status not in (301, 302, 303, 307, 308) or urlsplit(there)[:2] != urlsplit(url)[:2]:
                break
            response = self.client.request("GET", there, headers=headers)
        return response


@dataclass(frozen=True, slots=True)
class HtmlBackstage:
    """`base.Backstage` for a described shop."""

    client: Client
    shop: Shop

    @property
    def _about(self) -> Description:
        return description_in(self.shop.options)

    def check(self) -> str:
        """One line that names the shop. Raises TargetError where its first page is not as the description has it."""
        from doorbuster.storefronts.html import HtmlStorefront

        looked = HtmlStorefront(
            _Following(self.client), self.shop, Visit(0, "browse", None, (), "", None, 60.0, None)
        ).home()
        if looked.outcome != "ok":
            raise TargetError(
                f"{self.shop.base_url}: not as its description says ({looked.detail}); check the target and "
                f"{self.shop.options['description']}"
            )
        return f"{self._about.name} at {self.shop.base_url}, by description"

    def hazards(self) -> Sequence[str]:
        """What the described pages show of gateways."""
        said: dict[str, None] = {}
        for path in self._about.hazards.pages:
            page = Page(self._get(path))
            said |= dict.fromkeys(gateways_in(page.text))
            said |= {sign.says: None for sign in self._about.hazards.signs if page.shows(sign)}
        return list(said)

    def reset(self, seed: int) -> None:
        """Nothing: the scenario's hooks put the shop into its known state."""

    def catalogue(self) -> Sequence[Product]:
        """From the shop's lists, in their order, or from the file. Raises TargetError where they show nothing."""
        about = self._about.catalogue
        rows: Iterator[Mapping[str, str]] = iter(about.rows) if about.rows else self._listed()
        products = {product.variant: product for product in map(self._product, rows)}
        if not products:
            raise TargetError(
                f"{self.shop.base_url}: {about.url} shows no {about.items}; mend catalogue in the description"
            )
        return list(products.values())

    def coupons(self) -> Sequence[str]:
        return self._about.coupons

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        return dict.fromkeys(
            order_ids, "a description cannot cancel; find them by their e-mail address in the back office"
        )

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Such a shop has no faults to switch on."""

    def read_back(self) -> ReadBack:
        """What the books say, where there are any. Raises TargetError where there are none."""
        books = self._about.books
        if books is None:
            raise TargetError(_NO_BOOKS)
        return ReadBack(orders=[*self._orders(books), *self._told(books), fact("shop", "books_read")])

    def _listed(self) -> Iterator[Mapping[str, str]]:
        """What each item of the lists shows, until a page has nothing new."""
        about = self._about.catalogue
        seen: set[str] = set()
        for number in range(1, about.pages + 1):
            url = filled_url(about.url or "", {"page": str(number)}.__getitem__)
            response = _Following(self.client).request("GET", self.shop.base_url + url)
            if number > 1 and response.status == 404:
                return
            page = Page(self._good(response, url))
            new = 0
            for item in page.tree.css(about.items or ""):
                row: dict[str, str] = {
                    name: found for name, finder in about.fields.items() if (found := page.find(finder, item))
                }
                if {"product", "price"} <= set(row) and row["product"] not in seen:
                    seen.add(row["product"])
                    new += 1
                    yield row
            if not new or "{page}" not in (about.url or ""):
                return

    def _product(self, row: Mapping[str, str]) -> Product:
        about = self._about
        currency = row.get("currency", about.currency)
        mark = "." if about.catalogue.rows else about.decimal_mark
        variant = row.get("variant", row["product"])
        stock = int(row["stock"]) if row.get("stock", "").isdecimal() else None
        price_minor = amount_minor(row["price"], mark, currency)
        return Product(row["product"], variant, row.get("sku", variant), price_minor, currency, stock)

    def _orders(self, books: Books) -> Iterator[Row]:
        from doorbuster.audit.exports import orders_in  # late: no shopper reads books

        for told in self._book(books, books.orders, partial(orders_in, zero_us=0)):
            row = told._asdict()
            at_unix_us = row.pop("at_us")
            yield {**row, "at_unix_us": at_unix_us}

    def _told(self, books: Books) -> Iterator[Row]:
        """What the shop has of goods and codes."""
        if books.stock:
            yield from self._book(books, books.stock, partial(_rows, "stock", "variant", ("units", "initial")))
        if books.coupons:
            yield from self._book(books, books.coupons, partial(_rows, "coupon", "code", ("limit", "used")))

    def _book(self, books: Books, url: str, read: Callable[[Path], Iterator[Any]]) -> list[Any]:
        """A book's rows. Raises TargetError that names its address and line."""
        headers = {
            name: filled(text, {"admin_token": self.shop.admin_token}.__getitem__)
            for name, text in books.headers.items()
        }
        response = self._get(url, headers)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "book.csv"
            path.write_bytes(response.body)
            try:
                return list(read(path))
            except ExportError as wrong:
                raise TargetError(str(wrong).replace(str(path), self.shop.base_url + url)) from None

    def _get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        return self._good(_Following(self.client).request("GET", self.shop.base_url + path, headers=headers), path)

    def _good(self, response: Response, path: str) -> Response:
        if response.failure or not 200 <= response.status < 300:
            said = response.failure or f"HTTP {response.status}"
            raise TargetError(f"{self.shop.base_url}{path}: {said}; mend the address in the description, or the shop")
        return response


def _rows(kind: str, name: str, numbers: tuple[str, str], path: Path) -> Iterator[Row]:
    """Facts from a book of names and two numbers each. Raises ExportError."""
    for row in read_export(path, (name,), (name, *numbers), "docs/html-shops.md"):
        yield fact("shop", kind, detail={name: row.needed(name), **{one: row.whole(one) for one in numbers}})
