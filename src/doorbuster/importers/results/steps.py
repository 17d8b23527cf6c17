"""Which of our steps a request of another tool is, and why; what nobody can say stays out of all steps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.log.platform import Platform, Rule, load
from doorbuster.importers.results.steps_file import StepsFile, shipped_names
from doorbuster.importers.results.tally import Name
from doorbuster.vocabulary import JOURNEYS, STEPS

NOT_TOLD: Final = "not_told"
"""The journey of a request whose scenario is none of ours."""
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_CALL: Final = re.compile(rf"({'|'.join(_METHODS)})\s+(\S.*)", re.I)
_NUMBERED: Final = re.compile(r"(?:[a-z]{0,2}\d{1,3}[.):]?\s*[-: ]\s*)+", re.I)


@dataclass(frozen=True)
class Mapped:
    """One request name and what it was taken for."""

    name: Name
    count: int
    step: str | None
    journey: str
    why: str
    """How it was told; of one that is no step, why not."""


def map_names(names: Sequence[Name], counts: NDArray[np.int64], steps: StepsFile) -> tuple[Mapped, ...]:
    """One entry for each name, in order. Raises LogError for a platform that does not exist."""
    platform = load(steps.platform or "generic")
    host = _leading_host(names, counts)
    mapped = []
    for name, count in zip(names, counts.tolist(), strict=True):
        step, why = _step(name, steps, platform, host)
        mapped.append(Mapped(name, int(count), step, journey_of(name.group, steps), why))
    return tuple(mapped)


def journey_of(group: str, steps: StepsFile) -> str:
    """By the map, else where a scenario or thread group is called as a journey is."""
    for rule in steps.journey:
        if any(_fits(pattern, group) for pattern in rule.groups):
            return rule.name
    plain = "_".join(re.findall(r"[a-z]+", group.casefold()))
    return plain if plain in JOURNEYS else NOT_TOLD


def _step(name: Name, steps: StepsFile, platform: Platform, host: str) -> tuple[str | None, str]:
    method, rest = _call(name)
    for rule in steps.step:
        if (not rule.method or not method or rule.method.upper() == method) and any(
            _fits(pattern, text) for pattern in rule.requests for text in {name.name, rest}
        ):
            return rule.name, "the map"
    if "/" in rest:
        target = _target(rest)
        if target is None:
            return None, "no name that is known"
        at, path, query = target
        if at and host and at != host:
            return None, f"another host than {host}"
        return _by_path(platform, method, path, query)
    plain = _plain(rest)
    for rule in shipped_names():
        if plain in rule.requests:
            return rule.name, "its name"
    return None, "no name that is known"


def _call(name: Name) -> tuple[str, str]:
    """`GET /cart` is a method and what follows, where the file has no method of its own."""
    found = _CALL.fullmatch(name.name.strip())
    if found:
        return found[1].upper(), found[2].strip()
    return (name.method.upper() if name.method.upper() in _METHODS else ""), name.name.strip()


def _target(text: str) -> tuple[str, str, str] | None:
    """(host, path, target) of a URL or a path; None for words that hold a slash."""
    if not re.match(r"(?:https?://|/)\S*$", text, re.I):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return None
    path = parts.path or "/"
    return host.removeprefix("www."), path, f"{path}?{parts.query}" if parts.query else path


def _by_path(platform: Platform, method: str, path: str, target: str) -> tuple[str | None, str]:
    """Where the method is unknown, all methods must agree."""
    page = path.rstrip("/") if path.endswith("/") else path
    asked = (
        [method] if method else sorted({"GET", "POST", *(rule.method for rule in platform.rules if rule.method != "*")})
    )
    found = {rule.step for one in asked if (rule := _first(platform.rules, one, page, target)) is not None}
    if len(found) == 1:
        return STEPS[next(iter(found))], f"its path ({platform.name})"
    if found:
        either = " or ".join(STEPS[step] for step in sorted(found))
        return None, f"{either}, by its method, which the file does not say"
    return None, f"no path that {platform.name} knows"


def _first(rules: Sequence[Rule], method: str, page: str, target: str) -> Rule | None:
    for rule in rules:
        if rule.method not in ("*", method) or not re.fullmatch(rule.pattern, page):
            continue
        if not rule.query or re.search(rule.asked, target):
            return rule
    return None


def _leading_host(names: Sequence[Name], counts: NDArray[np.int64]) -> str:
    """The shop's own host is the one asked most; a tracker's `/` is no home page."""
    hosts: Counter[str] = Counter()
    for name, count in zip(names, counts.tolist(), strict=True):
        target = _target(_call(name)[1])
        if target is not None and target[0]:
            hosts[target[0]] += count
    return hosts.most_common(1)[0][0] if hosts else ""


@cache
def _pattern(words: str) -> re.Pattern[str]:
    """`*` alone is special: names hold brackets and question marks."""
    return re.compile(".*".join(re.escape(part) for part in words.casefold().split("*")), re.DOTALL)


def _fits(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text.casefold().strip()) is not None


def _plain(name: str) -> str:
    """A name as names are compared.

    >>> _plain("T03_Add-to_Cart"), _plain("02 - Home page")
    ('add to cart', 'home page')
    """
    words = re.sub(r"[-_\s]+", " ", name.casefold()).strip()
    return _NUMBERED.sub("", words, count=1) if _NUMBERED.match(words) else words
