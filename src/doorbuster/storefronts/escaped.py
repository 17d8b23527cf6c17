"""What goes into an address, escaped as it has to be; kept, because most shoppers ask for the same."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlencode

_KEPT: Final = 4096


@lru_cache(maxsize=_KEPT)
def part(text: str) -> str:
    """A text as one part of a path, or as one value of a query.

    >>> part("gid/7 ä")
    'gid%2F7%20%C3%A4'
    """
    return quote(text, safe="")


def query(wanted: Mapping[str, str | int]) -> str:
    """The query of an address, without its question mark.

    >>> query({"q": "linen shirt", "limit": 12})
    'q=linen+shirt&limit=12'
    """
    return _query(tuple(wanted.items()))


@lru_cache(maxsize=_KEPT)
def _query(pairs: tuple[tuple[str, str | int], ...]) -> str:
    return urlencode(pairs)
