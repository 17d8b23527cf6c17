"""CommerceML, the XML that shops and 1C exchange: orders one way, units in stock the other.

The element names are 1C's own, so they are Russian. Written and read: what an order and its lines, and an offer and
its units, need of the format; everything else in a document is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

VERSION: Final = "2.09"
_ROOT, _VERSION, _MADE = "КоммерческаяИнформация", "ВерсияСхемы", "ДатаФормирования"
_DOCUMENT, _ID, _NUMBER, _DATE, _TIME = "Документ", "Ид", "Номер", "Дата", "Время"
_OPERATION, _ORDER, _ROLE, _SELLER = "ХозОперация", "Заказ товара", "Роль", "Продавец"
_CURRENCY, _SUM, _GOODS, _LINE = "Валюта", "Сумма", "Товары", "Товар"
_PRICE, _QUANTITY = "ЦенаЗаЕдиницу", "Количество"
_PACKAGE, _OFFERS, _OFFER = "ПакетПредложений", "Предложения", "Предложение"


class NotCommerceML(Exception):
    """The document is none, or lacks what it must say."""


@dataclass(frozen=True, slots=True)
class SoldLine:
    """An article, how many of it, and the price of one."""

    article: str
    quantity: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Sale:
    """A paid order as the exchange carries it."""

    id: str
    """What the receiver knows it by: told twice under one id it is one sale."""
    number: str
    """What people know it by."""
    at_unix_us: int
    amount_minor: int
    currency: str
    lines: tuple[SoldLine, ...]


def write_sales(sales: Iterable[Sale]) -> bytes:
    """A document of orders, as a shop answers `mode=query`."""
    root = _root()
    for sale in sales:
        at = datetime.fromtimestamp(sale.at_unix_us / 1e6, UTC)
        goods = [
            _element(
                _LINE, {_ID: line.article, _PRICE: _units(line.price_minor), _QUANTITY: str(line.quantity),
                        _SUM: _units(line.price_minor * line.quantity)}
            )
            for line in sale.lines
        ]  # fmt: skip
        said = {_ID: sale.id, _NUMBER: sale.number, _DATE: f"{at:%Y-%m-%d}", _TIME: f"{at:%H:%M:%S}"}
        said |= {_OPERATION: _ORDER, _ROLE: _SELLER, _CURRENCY: sale.currency, _SUM: _units(sale.amount_minor)}
        document = _element(_DOCUMENT, said)
        SubElement(document, _GOODS).extend(goods)
        root.append(document)
    return _text(root)


def read_sales(document: bytes) -> list[Sale]:
    """The orders of a document; other business documents in it are left alone. Raises NotCommerceML."""
    sales = []
    for found in _parse(document).iter(_DOCUMENT):
        if found.findtext(_OPERATION, _ORDER) != _ORDER:
            continue
        try:
            at = datetime.fromisoformat(f"{_said(found, _DATE)}T{found.findtext(_TIME) or '00:00:00'}+00:00")
            lines = [
                SoldLine(_said(line, _ID), int(Decimal(_said(line, _QUANTITY))), _minor(_said(line, _PRICE)))
                for line in found.iterfind(f"{_GOODS}/{_LINE}")
            ]
            amount_minor, currency = _minor(_said(found, _SUM)), _said(found, _CURRENCY)
        except (ValueError, ArithmeticError):
            raise NotCommerceML("an order's date, quantity or amount is none") from None
        number = found.findtext(_NUMBER) or _said(found, _ID)
        at_unix_us = int(at.timestamp() * 1e6)
        sales.append(Sale(_said(found, _ID), number, at_unix_us, amount_minor, currency, tuple(lines)))
    return sales


def write_stock(units: Mapping[str, int]) -> bytes:
    """A package of offers, as 1C sends it: article to units."""
    root = _root()
    offers = SubElement(SubElement(root, _PACKAGE), _OFFERS)
    offers.extend([_element(_OFFER, {_ID: article, _QUANTITY: str(count)}) for article, count in units.items()])
    return _text(root)


def read_stock(document: bytes) -> dict[str, int]:
    """Article to units. Raises NotCommerceML."""
    offers = _parse(document).iterfind(f"{_PACKAGE}/{_OFFERS}/{_OFFER}")
    try:
        return {_said(offer, _ID): int(Decimal(_said(offer, _QUANTITY))) for offer in offers}
    except (ValueError, ArithmeticError):
        raise NotCommerceML("a quantity is none") from None


def _root() -> Element:
    return Element(_ROOT, {_VERSION: VERSION, _MADE: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"})


def _element(name: str, said: Mapping[str, str]) -> Element:
    element = Element(name)
    for child, text in said.items():
        SubElement(element, child).text = text
    return element


def _text(root: Element) -> bytes:
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _parse(document: bytes) -> Element:
    try:
        root: Element = fromstring(document)
    except (ParseError, DefusedXmlException, LookupError, ValueError):  # LookupError: an encoding that is none
        raise NotCommerceML("it is not XML, or not XML to be trusted") from None
    if root.tag != _ROOT:
        raise NotCommerceML(f"its root is not {_ROOT}")
    return root


def _said(element: Element, name: str) -> str:
    text = (element.findtext(name) or "").strip()
    if not text:
        raise NotCommerceML(f"{element.tag} has no {name}")
    return text


def _units(amount_minor: int) -> str:
    return f"{Decimal(amount_minor) / 100:.2f}"


def _minor(units: str) -> int:
    # 1C writes a comma in some languages.
    try:
        return int((Decimal(units.replace(",", ".")) * 100).to_integral_value())
    except InvalidOperation:
        raise NotCommerceML(f"{units!r} is no amount") from None
