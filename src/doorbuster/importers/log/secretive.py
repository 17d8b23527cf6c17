"""Which names of products could be a person's or a secret: an address, a card, a token that stood in a path."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

_LONGEST: Final = 80
_PERSONAL: Final = re.compile(
    r"""[@\s&=?]                                # an e-mail, a name, a query that lost its question mark
    | (?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])  # IPv4
    | ^\d{1,3}(?:[-_]\d{1,3}){3}$              # the same, as names of hosts spell it
    | :.*:                                     # IPv6
    | (?:\d[-._]?){11}                         # cards, phones; numbers of products are shorter
    | \+\d{7}                                  # phones
    | (?:^|\W)eyj[\w-]{5,}\.                   # JSON Web Token
    | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-     # UUID
    | (?=[0-9]*[a-f])[0-9a-f]{20}              # a hash: as good as never a word
    | [a-z0-9]{32}                             # words are shorter
    """,
    re.VERBOSE,
)
_RUN: Final = re.compile(r"[a-z0-9]{16,}")
_SWITCH: Final = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")
_MOST_SWITCHES: Final = 3
"""Between letters and digits in sixteen of them on end: `kaffeevollautomat3000deluxe` has two, a token has many."""


def secretive(name: str) -> bool:
    """In doubt it is: a product too few on the page harms nobody.

    >>> [secretive(name) for name in ("lamp-1", "b07xj8c8f5", "1234567890", "galaxy-s24-ultra-512gb")]
    [False, False, False, False]
    >>> [secretive(name) for name in ("jane%40example.com", "203.0.113.77", "2001:db8::1", "a1b2c3d4e5f6a7b8")]
    [True, True, True, True]
    """
    plain = _decoded(name)
    if len(plain) > _LONGEST or _PERSONAL.search(plain):
        return True
    return any(len(_SWITCH.findall(run)) > _MOST_SWITCHES for run in _RUN.findall(plain))


def _decoded(name: str) -> str:
    """Down to what no decoder shortens any more; the full-width signs of some keyboards as plain ones."""
    while (shorter := unquote(name)) != name:
        name = shorter
    return unicodedata.normalize("NFKC", name).lower()
