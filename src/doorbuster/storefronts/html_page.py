"""An answer as a browser holds it: text, elements, JSON, forms; each worked out when somebody asks and not before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urljoin

import orjson
from selectolax.lexbor import LexborHTMLParser, LexborNode

from doorbuster.storefronts.answers import minor
from doorbuster.storefronts.base import Response

if TYPE_CHECKING:
    from doorbuster.storefronts.html_request import Finder

_CHARSET: Final = re.compile(r"charset=[\"']?([\w-]+)", re.I)
_NUMBER: Final = re.compile(r"-?(?:\d(?:[\d.,'\u2019]|\s(?=\d{3}(?!\d))|(?<=\d)-(?!\w))*|(?<!\w)[.,]\d+)")
"""As pages write them: three digits after a blank go on with the number."""
_NOT_SENT: Final = frozenset({"submit", "button", "image", "reset", "file"})


class Form(NamedTuple):
    """What a browser would send on."""

    method: str
    url: str
    fields: dict[str, str]


class Page:
    """One answer."""

    __slots__ = ("_body", "_charset", "_json", "_text", "_tree", "is_json", "url")

    def __init__(self, response: Response) -> None:
        self._body = response.body
        kind = response.headers.get("content-type", "")
        self.is_json = "json" in kind
        said = _CHARSET.search(kind)
        self._charset = said[1].lower() if said else "utf-8"
        self._text: str | None = None
        self._tree: LexborHTMLParser | None = None
        self._json: Any = _NOT_READ
        self.url = response.url

    @property
    def text(self) -> str:
        if self._text is None:
            try:
                self._text = self._body.decode(self._charset, "replace")
            except LookupError:
                self._text = self._body.decode("utf-8", "replace")
        return self._text

    @property
    def tree(self) -> LexborHTMLParser:
        if self._tree is None:
            self._tree = LexborHTMLParser(self._body if self._charset == "utf-8" else self.text)
        return self._tree

    def says(self, text: str) -> bool:
        """Whether this stands in the page's source."""
        return _encoded(text) in self._body if self._charset == "utf-8" else text in self.text

    def find(self, finder: Finder, within: LexborNode | None = None) -> str | None:
        """The first that fits, without blanks around it; None where there is none, or nothing in it."""
        found: str | None
        if finder.text is not None:
            return finder.text if self.says(finder.text) else None
        if finder.address:
            found = self.url
        elif finder.json_path is not None:
            found = self._by_path(finder.json_path)
        elif finder.css is not None:
            found = _of(finder.css, finder.attribute, within or self.tree)
        else:
            found = self.text if within is None else within.html
        if found and finder.regex:
            match = finder.regex.search(found)
            found = None if match is None else match[1] if match.re.groups else match[0]
            if found and "&" in found and finder.css is None:
                found = unescape(found)
        return (found or "").strip() or None

    def shows(self, sign: Finder) -> bool:
        """Whether it is there; an element may be empty."""
        if sign.css is not None and not sign.attribute and not sign.regex:
            return self.tree.css_first(sign.css) is not None
        return self.find(sign) is not None

    def form(self, css: str) -> Form | None:
        """A form with all that a browser sends when nobody clicks a button; None where the page has no such form."""
        node = self.tree.css_first(css)
        if node is None:
            return None
        action = node.attributes.get("action") or ""
        method = (node.attributes.get("method") or "get").upper()
        return Form(method, urljoin(self.url, action), dict(_fields(node)))

    def _by_path(self, path: str) -> str | None:
        if self._json is _NOT_READ:
            try:
                self._json = orjson.loads(self._body)
            except orjson.JSONDecodeError:
                self._json = None
        found = self._json
        for name in path.split("."):
            if isinstance(found, dict):
                found = found.get(name)
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return None
        if found is None or found is False or found in ("", [], {}):
            return None
        return found if isinstance(found, str) else orjson.dumps(found).decode()


_NOT_READ: Final = object()


@cache
def _encoded(text: str) -> bytes:
    return text.encode()


def selector(css: str) -> str:
    """The same text. Raises ValueError where it is no CSS selector."""
    try:
        LexborHTMLParser("<p>").css_first(css)
    except Exception as broken:  # noqa: BLE001  (selectolax promises no class for it)
        raise ValueError(f"{css!r} is no CSS selector ({broken})") from None
    return css


def amount_minor(text: str, decimal_mark: str, currency: str) -> int:
    """An amount as pages write it, in minor units. Raises ValueError.

    >>> amount_minor("€ 1.234,50", ",", "EUR"), amount_minor("£12.00", ".", "GBP")
    (123450, 1200)
    """
    numbers = _NUMBER.findall(text)  # of two, nobody knows which is meant
    bare = re.sub(rf"[^\d{re.escape(decimal_mark)}-]", "", numbers[0]).replace(decimal_mark, ".") if numbers else ""
    if len(numbers) != 1 or not re.fullmatch(r"-?\d+(\.\d*)?|-?\.\d+", bare):
        raise ValueError(f"{text!r} is no amount")
    try:
        return minor(Decimal(bare), currency)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount") from None


def _of(css: str, attribute: str | None, within: Any) -> str | None:
    node = within.css_first(css)
    if node is None:
        return None
    found: str | None = node.attributes.get(attribute) if attribute else node.text()
    return found


def _fields(form: LexborNode) -> Iterator[tuple[str, str]]:
    """Name and value of each field that is sent."""
    for field in form.css("input[name], select[name], textarea[name]"):
        said = field.attributes
        name, kind = said["name"] or "", (said.get("type") or "text").lower()
        if "disabled" in said or (field.tag == "input" and kind in _NOT_SENT):
            continue
        if field.tag == "textarea":
            yield name, field.text()
        elif field.tag == "select":
            chosen = field.css_first("option[selected]") or field.css_first("option")
            if chosen is not None:
                value = chosen.attributes.get("value")
                yield name, chosen.text().strip() if value is None else value
        elif kind not in ("checkbox", "radio") or "checked" in said:
            yield name, said.get("value") or ("on" if kind in ("checkbox", "radio") else "")
