"""Reads what a shop hands over for its shoppers: products, addresses, discount codes, accounts; one CSV each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from doorbuster.errors import ExportError
from doorbuster.export_file import ExportRow, read_export
from doorbuster.scenario import PoolsCard
from doorbuster.storefronts.base import Address, Customer, Product
from doorbuster.traffic.pools import Pools

POOL_FILES: Final = ("products", "addresses", "coupons", "single_use_coupons")
"""Those that a run keeps a copy of, as pools/<name>.csv. Accounts are not among them: nobody keeps passwords."""
_PAGE: Final = "docs/pools.md"
_PRODUCT: Final = ("product", "price", "currency")
_ADDRESS: Final = ("name", "line_one", "city", "country", "postal_code")


def pool_paths(card: PoolsCard, folder: Path) -> dict[str, Path]:
    """The scenario's pools by name, its paths taken from the folder that it lies in."""
    return {name: folder / getattr(card, name) for name in POOL_FILES if getattr(card, name) is not None}


def read_pools(paths: Mapping[str, Path], card: PoolsCard, customers: Path | None) -> Pools:
    """Every pool of the scenario; accounts are only read where somebody logs in. Raises ExportError."""
    products, weighted = _products(paths["products"]) if "products" in paths else (None, False)
    addresses, weights = _addresses(paths["addresses"]) if "addresses" in paths else ((), ())
    return Pools(
        products=products,
        weighted=weighted,
        coupons=_codes(paths["coupons"]) if "coupons" in paths else None,
        single_use=_codes(paths["single_use_coupons"]) if "single_use_coupons" in paths else None,
        addresses=addresses,
        address_weights=weights,
        customers=_customers(customers) if customers and card.customers_share else (),
        customers_share=card.customers_share,
    )


def _products(path: Path) -> tuple[tuple[Product, ...], bool]:
    """The products, and whether the file says how popular each is."""
    products: list[Product] = []
    weighted = False
    seen: dict[str, int] = {}
    for row in _rows(path, _PRODUCT, ("variant", "sku", "stock", "weight")):
        name, currency = row.needed("product"), row.needed("currency").upper()
        if not (currency.isascii() and currency.isalpha() and len(currency) == 3):
            row.wrong("currency", f'"{currency}" is no currency; write it as EUR')
        price_minor = row.amount_minor("price", currency)
        if price_minor is None or price_minor < 0:
            row.wrong("price", "is empty or below zero; write it as 19.90")
        variant = row.text("variant") or name
        _once(row, "variant" if "variant" in row.cells else "product", variant, seen)
        weighted = weighted or "weight" in row.cells
        sku, stock, weight = row.text("sku") or variant, row.whole("stock"), _weight(row)
        products.append(Product(name, variant, sku, price_minor, currency, stock, weight))
    _some_weight(path, [product.weight for product in products])
    return tuple(products), weighted


def _addresses(path: Path) -> tuple[tuple[Address, ...], tuple[float, ...]]:
    addresses, weights = [], []
    for row in _rows(path, _ADDRESS, ("state", "phone", "weight")):
        name, line_one, city, country, postal_code = (row.needed(column) for column in _ADDRESS)
        if not (country.isascii() and country.isalpha() and len(country) == 2):
            row.wrong("country", f'"{country}" is no country; write its two letters (ISO 3166-1), as ES')
        state, phone = row.text("state") or "", row.text("phone") or ""
        addresses.append(Address(name, line_one, city, state, country.upper(), postal_code, phone))
        weights.append(_weight(row))
    _some_weight(path, weights)
    return tuple(addresses), tuple(weights)


def _codes(path: Path) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for row in _rows(path, ("code",), ()):
        _once(row, "code", row.needed("code"), seen)
    return tuple(seen)


def _customers(path: Path) -> tuple[Customer, ...]:
    """No message here holds a cell: a column in the wrong place could be the passwords'."""
    customers: dict[str, Customer] = {}
    for row in _rows(path, ("email", "password"), ()):
        email = row.needed("email")
        if "@" not in email:
            row.wrong("email", "holds no e-mail address; the header must be email,password")
        if email.casefold() in customers:
            row.wrong("email", "stands in the file twice; keep one line for each account")
        customers[email.casefold()] = Customer(email, row.needed("password"))
    return tuple(customers.values())


def _rows(path: Path, needed: Sequence[str], optional: Sequence[str]) -> Iterator[ExportRow]:
    """The rows, at least one. Raises ExportError."""
    row = None
    for row in read_export(path, needed, (*needed, *optional), _PAGE):
        yield row
    if row is None:
        raise ExportError(f"{path}: holds no rows; add some, or leave this pool out of the scenario")


def _once(row: ExportRow, column: str, value: str, seen: dict[str, int]) -> None:
    if value in seen:
        row.wrong(column, f'"{value}" stood in line {seen[value]} before; keep one of the two')
    seen[value] = row.line


def _weight(row: ExportRow) -> float:
    text = row.text("weight")
    try:
        weight = 1.0 if text is None else float(text)
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        row.wrong("weight", f'"{text}" is no weight; write a number from 0, as 2.5')
    return weight


def _some_weight(path: Path, weights: Sequence[float]) -> None:
    if not sum(weights):
        raise ExportError(f"{path}, column weight: every row weighs 0, so nothing can be drawn; raise one")
