"""Where a shop's own pages are, for platforms that are an API alone: addresses with names in them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator

from doorbuster.storefronts.answers import read_page
from doorbuster.storefronts.base import Answer, Client, Shop
from doorbuster.storefronts.escaped import part

_NAMES: Final = {"product": "", "variant": "", "sku": "", "query": ""}


def _address(text: str) -> str:
    if not text.startswith(("/", "https://", "http://")):
        raise ValueError(f"{text!r}: a path that begins with / or a whole address")
    return text


def _template(text: str) -> str:
    try:
        text.format_map(_NAMES)
    except (KeyError, ValueError, IndexError, AttributeError):
        raise ValueError(f"{text!r}: it may hold {', '.join(f'{{{name}}}' for name in _NAMES)}") from None
    return _address(text)


Address = Annotated[str, AfterValidator(_address)]
"""A path on the target, or a whole address among the allowed hosts."""
Page = Annotated[str, AfterValidator(_template)]
"""The same with {product}, {variant}, {sku} or {query} in it."""


def look_at(step: str, client: Client, shop: Shop, named: Mapping[str, str]) -> Answer:
    """Fetch the page that `storefront.options.<step>` names; refused where it names none."""
    template: str | None = shop.options[step]
    if template is None:
        return Answer("rejected", f"no page of the protocol's: storefront.options.{step} can name the shop's own")
    return read_page(step, client.request("GET", _page_url(shop.base_url, template, **named)))


@lru_cache(maxsize=4096)  # most shoppers look at the same pages
def _page_url(base_url: str, template: str, **named: str) -> str:
    path = template.format_map({name: part(value) for name, value in named.items()})
    return path if "://" in path else base_url + path
