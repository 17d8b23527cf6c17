"""Texts with variables in braces, filled in for one shopper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import quote

_VARIABLE: Final = re.compile(r"\{([A-Za-z_]\w*)\}")
Lookup = Callable[[str], str]
"""A variable's value. Raises LookupError where nothing gave it one."""


@cache
def _parts(template: str) -> tuple[str, ...]:
    """Text and names by turns."""
    return tuple(_VARIABLE.split(template))


def names_in(template: str) -> Iterator[str]:
    yield from _parts(template)[1::2]


def only_a_name(template: str) -> str | None:
    """The variable of which a text consists and nothing else."""
    parts = _parts(template)
    return parts[1] if len(parts) == 3 and not parts[0] and not parts[2] else None


def filled(template: str, value: Lookup) -> str:
    parts = _parts(template)
    if len(parts) == 1:
        return template
    return "".join([value(part) if at % 2 else part for at, part in enumerate(parts)])


def filled_url(template: str, value: Lookup) -> str:
    """What is filled in is escaped; a slash stays one."""
    return filled(template, lambda name: quote(value(name), safe="/"))


def filled_json(template: Any, value: Lookup) -> Any:
    """Every text in it filled; `{quantity}` alone becomes a number, because shops insist."""
    if isinstance(template, str):
        return int(value("quantity")) if template == "{quantity}" else filled(template, value)
    if isinstance(template, Mapping):
        return {filled(name, value): filled_json(one, value) for name, one in template.items()}
    if isinstance(template, list | tuple):
        return [filled_json(one, value) for one in template]
    return template
